PREFIX : <urn:>
INSERT DATA { GRAPH :t { :a :p 1 } } ; MOVE :t TO :u ; DROP GRAPH :u ; DROP GRAPH :g ; INSERT DATA { GRAPH :g { :a :p 1 } }
