VERSION "1.2"
PREFIX : <urn:>
INSERT { ?s :says <<( _:x :p ?o )>> } WHERE { ?s :p ?o }
