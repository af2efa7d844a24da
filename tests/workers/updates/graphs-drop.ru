PREFIX : <urn:>
DROP GRAPH :empty ; DROP GRAPH :g
