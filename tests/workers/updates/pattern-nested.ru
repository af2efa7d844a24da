PREFIX : <urn:>
DELETE { ?s :p ?o } WHERE { { { { ?s :p ?o } } UNION { ?s :q ?t { ?t :p ?o } } } FILTER(?o < 3 && ?o>1) }
