PREFIX : <urn:>
INSERT { GRAPH :new { ?s ?p ?o } } WHERE { ?s :never ?o . ?s ?p ?o }
