PREFIX : <urn:>
DELETE WHERE { GRAPH :g { :a ?p ?o } }
