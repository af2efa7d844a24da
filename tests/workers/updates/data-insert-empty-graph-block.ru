PREFIX : <urn:>
INSERT DATA { GRAPH :nothing { } }
