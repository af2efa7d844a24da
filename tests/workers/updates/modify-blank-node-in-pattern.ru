PREFIX : <urn:>
INSERT { ?s :r ?o } WHERE { _:x :q ?o . ?s :q _:x . [] :p ?o2 }
