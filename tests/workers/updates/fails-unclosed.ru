PREFIX : <urn:>
DELETE { ?s :p ?o WHERE { ?s :p ?o }
