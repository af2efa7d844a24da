PREFIX : <urn:>
INSERT { ?o :of ?s . ?s ?o 1 . GRAPH ?o { ?s :p 1 } } WHERE { ?s :p|:q ?o }
