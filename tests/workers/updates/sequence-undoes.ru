PREFIX : <urn:>
DELETE DATA { :a :p 1 } ; INSERT DATA { :a :p 1, 55 } ; DELETE DATA { :a :p 55 } ; CREATE GRAPH :t ; DROP GRAPH :t
