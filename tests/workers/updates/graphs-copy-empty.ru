PREFIX : <urn:>
COPY :empty TO :g
