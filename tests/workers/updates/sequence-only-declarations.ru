PREFIX : <urn:>
BASE <urn:x>
