PREFIX : <urn:>
INSERT { ?s :from ?o . [] :is ?o } USING :g USING <urn:h> WHERE { ?s :p ?o }
