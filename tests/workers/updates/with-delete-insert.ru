PREFIX : <urn:>
WITH :g DELETE { ?s :p ?o } INSERT { ?s :was ?o } WHERE { ?s :p ?o }
