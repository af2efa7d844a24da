PREFIX : <urn:>
DELETE DATA { _:x :p 1 }
