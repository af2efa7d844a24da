PREFIX : <urn:>
MOVE :g TO :h
