PREFIX : <urn:>
# first ; {
INSERT DATA { :x :p 1 } # ; DROP ALL
; # then
DELETE # {
WHERE # }
{ ?s :p 2 } #;
;
# end
