PREFIX : <urn:>
INSERT { ?s :p ?nowhere . ?s :p 8 } WHERE { ?s :p 2 }
