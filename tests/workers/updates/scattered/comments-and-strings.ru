# ; PREFIX
INSERT DATA { <urn:x> <urn:p> "; PREFIX : <urn:no>" } # {
; # PREFIX : <urn:no>
prefix : <urn:> delete { ?s :p ?o } where { ?s :p ?o filter(?o = 2) } ;
PREFIX p: <urn:> BASE <urn:g> WITH <> DELETE { ?s p:p ?o } INSERT { _:n :p ?o } WHERE { ?s :p ?o } ;
INSERT { _:n :p 3 } WHERE {} ; BASE <urn:h> CLEAR GRAPH <>
# is the same as
INSERT DATA { <urn:x> <urn:p> "; PREFIX : <urn:no>" } ;
DELETE { ?s <urn:p> ?o } WHERE { ?s <urn:p> ?o FILTER(?o = 2) } ;
WITH <urn:g> DELETE { ?s <urn:p> ?o } INSERT { _:n <urn:p> ?o } WHERE { ?s <urn:p> ?o } ;
INSERT { [] <urn:p> 3 } WHERE {} ; CLEAR GRAPH <urn:h>
