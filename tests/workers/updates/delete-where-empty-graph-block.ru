PREFIX : <urn:>
DELETE WHERE { :a :p ?o . GRAPH :none { } GRAPH ?g { # }
 } }
