PREFIX : <urn:>
DELETE { ?s ?p ?l } WHERE { ?s ?p ?l FILTER(REGEX(STR(?l), "^has \\{", "i")) }
