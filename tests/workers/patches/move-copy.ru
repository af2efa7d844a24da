MOVE <urn:g> TO <urn:h> ; COPY DEFAULT TO <urn:g>
