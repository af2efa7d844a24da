"""What every page says of itself and of the facts on it."""

from __future__ import annotations

import re

PAGES = ["/", "/about", "/data", "/documents", "/help/", "/ontology", "/queries/", "/search", "/sparql", "/validation"]
LICENCE = '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license">CC BY 4.0</a>'


def test_every_page_names_the_licence_and_describes_itself(client):
    for lang in ("da", "en", "fr"):
        texts = [client.get(f"/{lang}{path}").text for path in PAGES]

        assert all(LICENCE in text.partition("<footer")[2] for text in texts)
        described = [re.findall(r'<meta name="description" content="([^"]+)">', text) for text in texts]
        assert all(len(found) == 1 for found in described)
        assert len({found[0] for found in described}) == len(PAGES)


def test_code_that_can_be_scrolled_has_a_name(client):
    for path in ("/da/sparql?query=CONSTRUCT+WHERE+{?s+?p+?o}", "/da/queries/keeper-of", "/da/sparql?query=SELECT+{"):
        for attributes in re.findall(r'<pre class="code"([^>]*)>', client.get(path).text):
            assert 'role="group"' in attributes
            assert "aria-label" in attributes
