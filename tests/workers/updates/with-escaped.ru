WITH <urn:\u0067> DELETE { ?s <urn:p> ?o } WHERE { ?s <urn:\u0070> ?o }
