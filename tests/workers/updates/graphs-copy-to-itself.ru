PREFIX : <urn:>
COPY :g TO :g
