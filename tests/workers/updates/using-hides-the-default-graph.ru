PREFIX : <urn:>
DELETE { ?s :q ?o } USING :h WHERE { ?s :q ?o }
