PREFIX : <urn:>
INSERT { GRAPH ?b { ?a :in ?b } } WHERE { ?a :q ?b }
