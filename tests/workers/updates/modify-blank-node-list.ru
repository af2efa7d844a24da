PREFIX : <urn:>
INSERT { ?s :list (?o 1 [] ) } WHERE { ?s :p ?o }
