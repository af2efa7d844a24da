PREFIX : <urn:>
WITH :g INSERT { ?s :from ?g } USING :h USING NAMED :g WHERE { ?s :p ?o GRAPH ?g { ?s :p ?v } }
