PREFIX : <urn:>
WITH :none INSERT { :x :p 1 } WHERE { OPTIONAL { ?s ?p ?o } }
