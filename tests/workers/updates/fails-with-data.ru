PREFIX : <urn:>
WITH :g INSERT DATA { :a :p 1 }
