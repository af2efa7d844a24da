PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX : <urn:>
INSERT DATA { :x :p "1"^^xsd:integer, 1, 01, "x"@da-DK, true, 1.50, 1e0, -4, +5 }
