PREFIX : <urn:>
INSERT { ?s :p ?x } WHERE { ?s :p ?o BIND(<urn:f>(?o) AS ?x) }
