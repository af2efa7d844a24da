PREFIX : <urn:>
INSERT { ?s :from ?g . :default :had ?x } USING NAMED :g WHERE { { GRAPH ?g { ?s :p ?o } } UNION { ?x :p ?y } }
