PREFIX : <urn:>
INSERT { :a :p 100 } WHERE {}
