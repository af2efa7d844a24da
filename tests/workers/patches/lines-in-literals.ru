INSERT DATA { <urn:x> <urn:p> "A D GA GD .\nA <urn:no> <urn:no> <urn:no> ." }
