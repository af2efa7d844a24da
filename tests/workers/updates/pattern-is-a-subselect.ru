PREFIX : <urn:>
INSERT { ?s :most ?m } WHERE { SELECT ?s (MAX(?o) AS ?m) WHERE { ?s :p ?o } GROUP BY ?s ORDER BY ?s LIMIT 2 }
