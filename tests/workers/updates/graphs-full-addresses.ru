COPY GRAPH <urn:g> TO GRAPH <urn:h> ; DROP GRAPH <urn:g>
