PREFIX : <urn:> VERSION "1.2" INSERT DATA { :a :says <<( :a :p <<( :b :p "x"@ar--rtl )>> )>> }
