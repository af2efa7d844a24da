PREFIX : <urn:>
DELETE { GRAPH ?g { ?s :p ?o } } INSERT { GRAPH ?g { ?s :was ?o } GRAPH :log { ?g :had ?o } } WHERE { GRAPH ?g { ?s :p ?o } }
