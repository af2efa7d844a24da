PREFIX : <urn:>
INSERT DATA { :a :p 1 } DELETE WHERE { ?s ?p ?o }
