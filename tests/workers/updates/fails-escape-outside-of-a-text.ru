INSERT DATA \u007B <urn:a> <urn:b> 1 }
