PREFIX : <urn:>
DELETE { ?s :p ?o } INSERT { ?s :p 7 } WHERE { ?s :p ?o }
