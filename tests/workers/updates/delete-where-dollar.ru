PREFIX : <urn:>
DELETE WHERE { $s :p 2 . ?s :q $o }
