PREFIX : <urn:>
INSERT { ?s :from ?o } USING :g WHERE { ?s :p ?o }
