VERSION "1.2"
PREFIX : <urn:>
INSERT { ?s :p ?o ~ ?r {| :seen true |} . << ?s :q :b >> :known 1 } WHERE { ?r :q :c . ?s :p ?o ; :q :b }
