INSERT { ?n <urn:r> ?n . GRAPH ?g { ?n <urn:r> 2 } } WHERE { ?n <urn:q> <urn:b> GRAPH ?g { ?s <urn:q> ?o } }
