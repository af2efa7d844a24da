PREFIX : <urn:>
INSERT { [] :is 1 } WHERE { ?s :q ?o }
