PREFIX : <urn:>
DELETE USING :g WHERE { ?s ?p ?o }
