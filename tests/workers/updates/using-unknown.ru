PREFIX : <urn:>
INSERT { :x :p 1 } USING :none WHERE { ?s ?p ?o }
