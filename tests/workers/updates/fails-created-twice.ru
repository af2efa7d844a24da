PREFIX : <urn:>
INSERT DATA { :a :p 77 } ; CREATE GRAPH :new ; CREATE GRAPH :new
