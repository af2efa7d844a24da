PREFIX : <urn:>
INSERT DATA { ?s :p 1 }
