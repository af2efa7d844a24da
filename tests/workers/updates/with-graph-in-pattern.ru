PREFIX : <urn:>
WITH :g INSERT { ?s :seen ?v } WHERE { ?s :p ?o GRAPH :h { ?s :p ?v } }
