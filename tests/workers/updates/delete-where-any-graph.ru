PREFIX : <urn:>
DELETE WHERE { GRAPH ?g { ?s :p ?o } }
