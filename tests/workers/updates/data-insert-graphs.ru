PREFIX : <urn:>
INSERT DATA { :x :p 1 . GRAPH :g { :x :p 1 . :a :p 1 } GRAPH :new { :x :p 1 } :y :p 2 }
