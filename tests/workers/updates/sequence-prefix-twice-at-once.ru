PREFIX : <urn:no/> PREFIX : <urn:>
DELETE WHERE { :a ?p ?o }
