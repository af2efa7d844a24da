PREFIX : <urn:>
INSERT { ?s :p ?x . :tried :p 1 } WHERE { ?s :p 2 SERVICE SILENT <x:> { ?s ?p ?x } }
