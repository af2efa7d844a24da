PREFIX : <urn:>
INSERT { ?s :has [ :value ?o ; :other _:x ] . GRAPH :g { _:x :of ?s } } WHERE { ?s :p ?o }
