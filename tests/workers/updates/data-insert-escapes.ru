PREFIX : <urn:>
INSERT DATA { :x :p "\u0022 }\U0000007D" ; :q <urn:\u0061#frag;ment> , :b\;\(c , :d%7D.e }
