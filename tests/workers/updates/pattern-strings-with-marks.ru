PREFIX : <urn:>
DELETE { ?s :label ?l } INSERT { ?s :label "} WHERE {" } WHERE { ?s :label ?l FILTER(CONTAINS(?l, '{ braces } ; and #')) # } ;
}
