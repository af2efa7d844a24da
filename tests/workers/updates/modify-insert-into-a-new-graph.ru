PREFIX : <urn:>
INSERT { GRAPH :new { ?s ?p ?o } } WHERE { ?s ?p ?o }
