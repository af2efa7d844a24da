PREFIX : <urn:>
DELETE DATA { # } ;
 :b :label "has { braces } ; and # signs" # {
 . }
