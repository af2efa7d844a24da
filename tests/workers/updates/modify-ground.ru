PREFIX : <urn:>
DELETE { :a :p 1 } INSERT { :a :p 100 . GRAPH :g { :a :p 100 } } WHERE { ?s :p 2 }
