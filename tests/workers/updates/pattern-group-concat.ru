PREFIX : <urn:>
INSERT { ?s :all ?a } WHERE { SELECT ?s (GROUP_CONCAT(?x; SEPARATOR="};{") AS ?a) { SELECT ?s ?x { ?s :q ?x } ORDER BY ?x } GROUP BY ?s }
