PREFIX : <urn:>
ADD :empty TO :new
