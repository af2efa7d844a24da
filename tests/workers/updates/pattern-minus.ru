PREFIX : <urn:>
INSERT { ?s :lonely true } WHERE { ?s :q ?o MINUS { ?s :p 1 } }
