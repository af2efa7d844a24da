"""Where terms stand in Turtle and TriG: the same terms as the parser finds, at their places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from samvirke.anchor.turtle_text import read, resolve
from samvirke.errors import InputError
from samvirke.model import Literal, NamedNode
from samvirke.store import read_rdf
from samvirke.terms import TYPE

ROOT = Path(__file__).resolve().parents[2]
BASE = "https://example.org/document/side/1"
# Every file of the repository that parses, plain and mistaken ones, ours and those of the foreign sites.
FILES = sorted(
    path
    for folder in ("data", "ontology", "samvirke", "tests")
    for ending in ("ttl", "trig")
    for path in (ROOT / folder).rglob(f"*.{ending}")
    if "node_modules" not in path.parts
)


def parsed(content: bytes, ending: str) -> tuple[set[str], set[tuple[str, str, str]]] | None:
    """The addresses that the parser finds, and the strings with their subject and predicate."""
    try:
        quads = list(read_rdf(content, format=ending, base_iri=BASE))
    except InputError:  # a file that is meant to be broken proves nothing here
        return None
    addresses = set()
    strings = set()
    for quad in quads:
        addresses |= {
            term.value
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
            if isinstance(term, NamedNode)
        }
        # Shorthand numbers and booleans are no strings in the text; lists write predicates that nobody wrote.
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            strings.add((quad.subject.value, quad.predicate.value, quad.object.value))
    return addresses, strings


def test_the_files_are_all_there() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_terms_are_those_of_the_parser(path: Path) -> None:
    content = path.read_bytes()
    truth = parsed(content, path.suffix[1:])
    if truth is None:
        return
    addresses, strings = truth
    text = content.decode("utf-8").removeprefix("\ufeff")
    found = read(text, BASE)

    written = {address.full for address in found.addresses}
    lists = {f"{str(TYPE).strip('<>').rpartition('#')[0]}#{name}" for name in ("first", "rest", "nil", "type")}
    assert addresses - written <= lists
    told = {(string.subject, string.predicate, string.value) for string in found.strings}
    shorthand = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?|true|false")
    assert {one for one in strings - told if not shorthand.fullmatch(one[2])} == set()
    for address in found.addresses:
        assert text[address.start : address.end] == address.written
    for string in found.strings:
        assert text[string.start] in "\"'"
        assert text[string.end - 1] == text[string.start]


@pytest.mark.parametrize(
    ("reference", "base", "whole"),
    [
        ("", "https://e.org/a/b#c", "https://e.org/a/b"),
        ("#x", "https://e.org/a/b#c", "https://e.org/a/b#x"),
        ("c", "https://e.org/a/b", "https://e.org/a/c"),
        ("../c#d", "https://e.org/a/b/e", "https://e.org/a/c#d"),
        ("/c", "https://e.org/a/b", "https://e.org/c"),
        ("https://e.org/ns#", "https://e.org/a/b", "https://e.org/ns#"),
        ("/ns#", "https://e.org/a/b", "https://e.org/ns#"),
        ("urn:x:y", "https://e.org/a/b", "urn:x:y"),
        ("//f.org/c", "https://e.org/a/b", "https://f.org/c"),
    ],
)
def test_relative_addresses_are_resolved(reference: str, base: str, whole: str) -> None:
    assert resolve(reference, base) == whole
