PREFIX : <urn:>
CLEAR GRAPH :none
