PREFIX : <urn:>
INSERT { ?s :reaches ?o } WHERE { ?s (:q/:q)+|^:q?/!(:p|^:q) ?o }
