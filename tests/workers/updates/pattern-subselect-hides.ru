PREFIX : <urn:>
INSERT { ?s :sees ?o } WHERE { ?s :p 2 { SELECT ?t { ?t :p ?o } } }
