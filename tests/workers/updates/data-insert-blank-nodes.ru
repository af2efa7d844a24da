PREFIX : <urn:>
INSERT DATA { _:x :p [ :q _:x ; :p (1 _:x 2) ] . GRAPH :g { _:x :p [] } }
