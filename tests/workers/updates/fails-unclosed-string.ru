PREFIX : <urn:>
INSERT DATA { :a :p "text }
