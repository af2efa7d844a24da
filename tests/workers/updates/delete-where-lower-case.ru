prefix : <urn:> delete where { ?s :p ?o ; :q ?x . }
