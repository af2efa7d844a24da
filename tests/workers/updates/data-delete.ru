PREFIX : <urn:>
DELETE DATA { :a :p 1 . :a :never 1 . GRAPH :g { :a :p 1 } GRAPH :none { :a :p 1 } }
