PREFIX : <urn:>
DELETE { ?s :q ?o } WHERE { :a :q* ?s . ?s :q ?o }
