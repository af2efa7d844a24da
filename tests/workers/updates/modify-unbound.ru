PREFIX : <urn:>
DELETE { ?s :p ?o . ?s :label ?l } INSERT { ?s :unlabelled true ; :had ?l } WHERE { ?s :p ?o OPTIONAL { ?s :label ?l } }
