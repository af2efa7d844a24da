PREFIX : <urn:>
INSERT { GRAPH ?g { ?s :p 5 } } WHERE { ?s :p 2 OPTIONAL { GRAPH ?g { ?s :p 10 } } }
