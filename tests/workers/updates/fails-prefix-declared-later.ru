DELETE WHERE { ?s x:p ?o } ; PREFIX x: <urn:> CLEAR ALL
