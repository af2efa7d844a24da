PREFIX : <urn:>
DROP GRAPH :none
