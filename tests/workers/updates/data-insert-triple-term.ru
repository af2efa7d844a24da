VERSION "1.2"
PREFIX : <urn:>
INSERT DATA { :x :says <<( :b :p <<( :c :p "x"@ar--rtl )>> )>> . << :a :p 1 ~ :r9 >> :q :b . :x :p 5 ~ :r8 {| :sure 1 |} }
