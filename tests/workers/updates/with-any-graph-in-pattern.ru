PREFIX : <urn:>
WITH :g INSERT { ?s :in ?g } WHERE { ?s :p ?o GRAPH ?g { ?s :p ?o } }
