DELETE WHERE { GRAPH <urn:g> { ?s ?p ?o } }
