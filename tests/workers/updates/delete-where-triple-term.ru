VERSION "1.2"
PREFIX : <urn:>
DELETE WHERE { ?s :reifies <<( ?a ?b ?c )>> }
