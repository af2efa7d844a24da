VERSION "1.2"
PREFIX : <urn:>
DELETE { ?r :reifies ?t } INSERT { ?r :says <<( ?s ?p ?o )>> ; :nested <<( ?o :in <<( ?s ?p ?o )>> )>> ; :bad <<( ?s ?o ?p )>> } WHERE { ?s ?p ?o OPTIONAL { ?r :reifies ?t } }
