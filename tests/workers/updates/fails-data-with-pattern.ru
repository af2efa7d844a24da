PREFIX : <urn:>
INSERT DATA { :a :p 1 } WHERE { ?s ?p ?o }
