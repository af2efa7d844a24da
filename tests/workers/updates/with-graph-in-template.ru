PREFIX : <urn:>
WITH :g DELETE { ?s :p ?o . GRAPH :h { ?s :p ?o } } INSERT { ?s :r 1 . GRAPH :new { ?s :p ?o } } WHERE { ?s :p ?o }
