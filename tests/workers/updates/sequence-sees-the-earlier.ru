PREFIX : <urn:>
INSERT DATA { :x :p 1 } ; INSERT { ?s :seen true } WHERE { ?s :p 1 } ; DELETE WHERE { ?s :seen true ; :p ?o } ;
