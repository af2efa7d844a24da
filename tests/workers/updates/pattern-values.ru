PREFIX : <urn:>
DELETE { ?s :p ?o } INSERT { ?s :p ?n } WHERE { VALUES (?s ?n) { (:a 1) (:b UNDEF) (UNDEF 6) } ?s :p ?o }
