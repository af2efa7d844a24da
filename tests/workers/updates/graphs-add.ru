PREFIX : <urn:>
ADD :g TO :h
