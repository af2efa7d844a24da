PREFIX : <urn:>
COPY :g TO :h
