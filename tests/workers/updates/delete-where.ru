PREFIX : <urn:>
DELETE WHERE { :a ?p ?o }
