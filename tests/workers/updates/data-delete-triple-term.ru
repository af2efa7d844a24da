VERSION "1.2"
PREFIX : <urn:>
DELETE DATA { :r :reifies <<( :a :q :b )>> }
