PREFIX : <urn:>
DELETE DATA { :c :p 1 . :a :p 01 }
