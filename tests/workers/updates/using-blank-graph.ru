PREFIX : <urn:>
INSERT { ?s :in ?g } WHERE { GRAPH ?g { ?s :p 30 } }
