PREFIX : <urn:>
DELETE { ?s :p ?o } INSERT { ?s :p ?t } WHERE { ?s :p ?o ; :q ?t }
