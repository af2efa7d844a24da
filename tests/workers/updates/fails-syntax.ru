PREFIX : <urn:>
INSERT DATA { :a :p 1 } ; INSERT DATA { :a :p }
