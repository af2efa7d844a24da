DELETE WHERE { ?s nope:p ?o }
