DROP GRAPH <urn:g> ; DROP GRAPH <urn:empty>
