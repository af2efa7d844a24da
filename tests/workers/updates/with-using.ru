PREFIX : <urn:>
WITH :g DELETE { ?s :p ?o } INSERT { ?s :from ?o } USING :h WHERE { ?s :p ?o }
