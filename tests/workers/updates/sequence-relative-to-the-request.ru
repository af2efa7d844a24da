INSERT DATA { <x> <p> <#y> } ; COPY DEFAULT TO <copy>
