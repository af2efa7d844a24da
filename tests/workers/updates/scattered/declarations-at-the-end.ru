PREFIX : <urn:>
CLEAR DEFAULT ; PREFIX x: <urn:x>
# is the same as
CLEAR DEFAULT
