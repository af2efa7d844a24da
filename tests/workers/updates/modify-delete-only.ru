PREFIX : <urn:>
DELETE { ?s :p ?o . GRAPH ?g { ?s :p ?o } } WHERE { ?s :p ?o GRAPH ?g { ?s :p ?o } }
