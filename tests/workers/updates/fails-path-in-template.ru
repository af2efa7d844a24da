PREFIX : <urn:>
INSERT { ?s :p/:q ?o } WHERE { ?s :p ?o }
