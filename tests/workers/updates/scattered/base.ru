BASE <http://example.org/a/>
PREFIX : <sub/>
INSERT DATA { <x> :p <y> } ;
BASE <../b/> INSERT DATA { <x> :p <y> } ; BASE <../b/> PREFIX : <sub2/> INSERT DATA { <x> :p <y> } ; BASE <c/> INSERT DATA { <x> :p <> } ; BASE <c/> INSERT DATA { <x> :p <> }
# is the same as
INSERT DATA { <http://example.org/a/x> <http://example.org/a/sub/p> <http://example.org/a/y> .
  <http://example.org/b/x> <http://example.org/a/sub/p> <http://example.org/b/y> .
  <http://example.org/b/x> <http://example.org/b/sub2/p> <http://example.org/b/y> .
  <http://example.org/b/c/x> <http://example.org/b/sub2/p> <http://example.org/b/c/> .
  <http://example.org/b/c/c/x> <http://example.org/b/sub2/p> <http://example.org/b/c/c/> }
