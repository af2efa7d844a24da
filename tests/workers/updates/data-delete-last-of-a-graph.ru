PREFIX : <urn:>
DELETE DATA { GRAPH :h { :a :p 1, 20 . :d :q :a } } ; DELETE WHERE { GRAPH :h { ?s ?p ?o } }
