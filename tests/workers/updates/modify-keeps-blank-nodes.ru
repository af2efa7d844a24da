PREFIX : <urn:>
INSERT { ?n :r ?n . GRAPH ?g { ?n :r 2 } } WHERE { ?n :q :b GRAPH ?g { ?n :q ?o } }
