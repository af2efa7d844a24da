"""Commands to copy hold the query, all of it and nothing else, whatever a stranger has written."""

from __future__ import annotations

import ast
import shlex
from urllib.parse import parse_qs

import pytest

from samvirke.web import snippets

QUERIES = {
    "plain": "SELECT * {\n  ?s ?p ?o\n}",
    "single quotes": "ASK { ?s ?p 'it''s' }",
    "leaves the shell's quotes": 'ASK { ?s ?p "\'; rm -rf ~ #" }',
    "shell's own signs": 'ASK { ?s ?p "$(id) `id` ${HOME} ! \\\\ *" }',
    "file of curl": "@/etc/passwd",
    "leaves python's quotes": 'ASK { ?s ?p """x""" } #"""\nimport os',
    "ends in a quote": 'ASK { ?s ?p "',
    "backslash at the end": "ASK { } #\\",
    "backslashes": 'ASK { ?s ?p "a\\n\\t\\u00e6\\"" }',
    "braces of a format": 'ASK { ?s ?p "{0} %s %(x)s" }',
    "carriage return": "ASK {\r\n?s ?p ?o }",
    "terminal's signs": "ASK { } #\x1b[2J\x07\x00",
    "turned around": "ASK { } # \u202egnp.exe\u202c \u2066x\u2069",
    "invisible": "ASK { } # a\u200bb\ufeff\u00ad",
    "letters": 'ASK { ?s ?p "æøå – 東京 🐳" }',
    "lines of the web": "ASK { } #\u2028x\u2029\x85",
}
FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")


def test_enough_hostile_queries_are_tried():
    assert len(QUERIES) >= 15


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("form", FORMS)
def test_a_shell_reads_the_query_and_nothing_else(name, form):
    text = QUERIES[name]
    before, after = snippets.curl(text, form)
    program, header, accept, option, given, address = shlex.split(f"{before}https://x.example{after}")

    assert (program, header, address) == ("curl", "-H", "https://x.example/sparql")
    assert accept.startswith("Accept: ")
    name_of_it, _, value = given.partition("=")
    assert name_of_it == "query"
    assert (value if option == "--data-urlencode" else parse_qs(given)["query"][0]) == text
    assert option in ("--data-urlencode", "--data")
    assert all(sign.isprintable() or sign in "\n\t" for sign in before + after)


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("form", FORMS)
def test_python_reads_the_query_and_nothing_else(name, form):
    before, after = snippets.python(QUERIES[name], form)
    tree = ast.parse(f"{before}https://x.example{after}")
    assigned = {
        node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)
    }  # `query` and `asked`

    assert ast.literal_eval(assigned["query"]) == QUERIES[name]
    assert assigned["asked"].args[0].value == "https://x.example/sparql"
    assert [type(node).__name__ for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)] == [
        "Assign",
        "Assign",
        "With",
    ]
    assert all(sign.isprintable() or sign in "\n\t" for sign in before + after)
