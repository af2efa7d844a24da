PREFIX : <urn:>
INSERT DATA { :a :p 1 . :b }
