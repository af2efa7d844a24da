PREFIX : <urn:>
ADD GRAPH :g TO GRAPH :new
