PREFIX : <urn:>
DELETE { _:x :p ?o } WHERE { ?s :p ?o }
