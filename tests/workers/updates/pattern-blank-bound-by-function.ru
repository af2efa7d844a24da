PREFIX : <urn:>
INSERT { ?s :n ?n } WHERE { ?s :p ?o BIND(BNODE(STR(?o)) AS ?n) }
