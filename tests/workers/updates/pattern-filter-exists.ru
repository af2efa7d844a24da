PREFIX : <urn:>
DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s :p ?v } FILTER EXISTS { ?s :q :b } } }
