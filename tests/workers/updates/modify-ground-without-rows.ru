PREFIX : <urn:>
DELETE { :a :p 1 } INSERT { :a :p 100 } WHERE { ?s :never 2 }
