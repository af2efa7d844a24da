PREFIX : <urn:>
INSERT DATA { :x :p "} ; DROP ALL ; { #" , 'a;b}' ; :q """long } " ; ' # text""" , '''and } ' this''' . # } ; DROP ALL
 :y :p "\"}\\" }
