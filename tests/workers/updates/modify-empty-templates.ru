DELETE {} INSERT {} WHERE { ?s ?p ?o }
