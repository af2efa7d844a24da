PREFIX : <urn:>
DELETE WHERE { ?s :q ?t . ?t :q ?u . GRAPH ?g { ?s :p ?v } }
