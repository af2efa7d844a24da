PREFIX : <urn:>
INSERT { ?b :of ?s ; :again ?b } WHERE { ?s :p ?o BIND(BNODE() AS ?b) }
