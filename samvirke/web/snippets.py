"""The same question for programs: a command line and a Python script to copy.

Duty: put a query of a stranger into a shell command and into Python source so that it can only ever be the query.
Level 7; pure. The server is named by a word that stands in neither, for its address never comes from a request.
Sources: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02 (quoting),
https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals
"""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["SERVER", "curl", "python"]

SERVER = "SERVER"
"""What a reader, or the page's script, puts the server's address in place of."""
_KINDS = {"SELECT": "text/csv", "ASK": "application/sparql-results+json"}
_TURTLE = "text/turtle"
_JSON = "application/sparql-results+json"


def curl(text: str, form: str) -> tuple[str, str]:
    """Return a command line in two parts, the server's address between them.

    Within single quotes a POSIX shell reads every sign as itself. Signs that a terminal obeys, or that show a text
    otherwise than it is, are percent-encoded: who pastes the line sees all of it.
    """
    kind = _KINDS.get(form, _TURTLE)
    if _is_plain(text):
        quoted = text.replace("'", "'\\''")
        asked = f"--data-urlencode 'query={quoted}'"
    else:
        asked = f"--data 'query={quote(text, safe='')}'"
    return f"curl -H 'Accept: {kind}' {asked} ", "/sparql"


def python(text: str, form: str) -> tuple[str, str]:
    """Return a script for Python alone in two parts, the server's address between them."""
    readable = _is_plain(text) and "\\" not in text and '"""' not in text and not text.endswith('"')
    literal = f'"""{text}"""' if readable else ascii(text)
    kind, use = {
        "SELECT": (_JSON, 'for row in json.load(answer)["results"]["bindings"]:\n        print(row)'),
        "ASK": (_JSON, 'print(json.load(answer)["boolean"])'),
    }.get(form, (_TURTLE, "print(answer.read().decode())"))
    modules = "import json\n" if kind == _JSON else ""
    before = (
        f"{modules}from urllib.parse import urlencode\nfrom urllib.request import Request, urlopen\n\n"
        f'query = {literal}\nasked = Request(\n    "'
    )
    after = (
        '/sparql",\n    data=urlencode({"query": query}).encode(),\n'
        f'    headers={{"Accept": "{kind}"}},\n)\nwith urlopen(asked) as answer:\n    {use}\n'
    )
    return before, after


def _is_plain(text: str) -> bool:
    """Whether every sign is seen as what it is: no control, no change of direction, nothing invisible."""
    return all(sign in "\n\t" or sign.isprintable() for sign in text)
