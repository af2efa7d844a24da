PREFIX : <urn:>
DELETE WHERE { ?s :p [] }
