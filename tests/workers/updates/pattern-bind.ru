PREFIX : <urn:>
INSERT { ?s :text ?t } WHERE { ?s :p ?o BIND(CONCAT("{", STR(?o), "};") AS ?t) }
