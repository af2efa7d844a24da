PREFIX : <urn:other/> PREFIX x: <urn:>
INSERT DATA { :a :p 1 } ;
PREFIX : <urn:>
DELETE { ?s :p 1 } INSERT { ?s x:was 1 } WHERE { ?s :p 1 } ;
PREFIX x: <urn:third/> INSERT DATA { x:a :p 1 }
# is the same as
INSERT DATA { <urn:other/a> <urn:other/p> 1 } ;
DELETE { ?s <urn:p> 1 } INSERT { ?s <urn:was> 1 } WHERE { ?s <urn:p> 1 } ;
INSERT DATA { <urn:third/a> <urn:p> 1 }
