PREFIX : <urn:>
INSERT DATA { :a :p 1, 99 ; :new :x . }
