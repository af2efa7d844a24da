PREFIX : <urn:>
MOVE :g TO :g
