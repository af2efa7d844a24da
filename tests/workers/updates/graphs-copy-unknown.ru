PREFIX : <urn:>
COPY :none TO :g
