CREATE GRAPH <urn:new> ; INSERT DATA { GRAPH <urn:other> { <urn:a> <urn:p> _:b } }
