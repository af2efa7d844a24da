PREFIX : <urn:>
INSERT { ?s :count ?n } WHERE { { SELECT ?s (COUNT(?o) AS ?n) { ?s :p ?o } GROUP BY ?s HAVING (COUNT(?o) > 1) } }
