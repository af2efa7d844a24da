PREFIX : <urn:>
DELETE WHERE { ?s :never ?o }
