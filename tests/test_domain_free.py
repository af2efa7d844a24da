"""The engine names nothing of any site: every word of the domain comes from the ontology.

The forbidden words are read off the first site's own ontology – local names taken apart, and labels in
Danish and English – so a new class is forbidden in the engine the moment it is declared.
"""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pyoxigraph
import pytest

OWN = ("https://w3id.org/samvirke/network#", "https://w3id.org/samvirke/role#")
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
NAME = "http://www.w3.org/2004/02/skos/core#prefLabel"
_FIXED = """
network networks netværk netværket netværkets funder funders secretariat sekretariat sekretariatet project projects
projekt projekter programme programmer programmes funding finansiering tilskud temadag temadage grant grants bibliotek
biblioteker library libraries boligsocial inkludering ministerråd kulturrådet medborgerskab stiftet founder
samarbejdspartner participant deltager
"""
FIXED = frozenset(_FIXED.split())

# Ordinary words that stand in the ontology's names too, and why the engine needs them.
ALLOWED = {
    "the small words of Danish and English": """
        af all alle are as at by del er for from fra gennem har
        has held in is kan meant of out sammen sig the through til to
        told ved goes""",
    "what the engine is about: documents, versions, passages, sources, pages and their words": """
        document dokumentversion kildedokument listed named nævnt ordlyd page source version wording""",
    "dates, their bounds and how long a query may take": """
        active begin begins begynder date dato day deadline earliest edtf end ends latest period perioden senest slutter
        tidligst time""",
    "SHACL, DASH and the gate: shapes have targets and groups and say what is required; it reports findings": """
        betingelse
        condition covers finding group krav kræver member part purpose reported requirement requires role series
        target""",
    "where something is on the earth": "coordinates",
    "programs, and those who use them": """
        afgøres amount application decided destination event offered open people place program sted""",
}

# A forbidden word with another meaning, where it stands.
ELSEWHERE = {
    ("samvirke/federation/addresses.py", "network"): "the standard library's name for a range of addresses",
    ("samvirke/owl/__init__.py", "project"): "the same",
    ("samvirke/owl/projection.py", "project"): "to project a dataset onto the part a reasoner understands",
    ("samvirke/judgement.py", "project"): "the same",
    ("samvirke/gate/compiled/queries.py", "project"): "Project is an operation of SPARQL's algebra",
    ("samvirke/commands/release_notes.py", "activity"): "prov:Activity is a term of PROV",
    ("samvirke/formats/web_annotations.py", "motivated"): "oa:motivatedBy is a term of Web Annotation",
    ("samvirke/memory.py", "library"): "the standard library of Python",
    ("samvirke/web/protocol.py", "library"): "the standard library of Python",
    ("samvirke/gate/shapes.py", "library"): "sh:jsLibrary is a term of SHACL",
    ("samvirke/workers/client.py", "library"): "the standard library of Python",
    ("samvirke/web/locales/da.po", "programmer"): "computer programs",
}


def words_of(text: str) -> set[str]:
    """The words of a name or label: camel case taken apart, everything folded."""
    parted = re.sub(r"(?<=[a-zæøå])(?=[A-ZÆØÅ])", " ", text)
    return {word.casefold() for word in re.findall(r"[^\W\d_]{2,}", parted)}


@pytest.fixture(scope="module")
def forbidden(root: Path) -> set[str]:
    found: set[str] = set()
    for path in sorted([*(root / "ontology").glob("*.ttl"), *(root / "ontology" / "vocab").glob("*.ttl")]):
        for quad in pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.TURTLE):
            if isinstance(quad.subject, pyoxigraph.NamedNode) and quad.subject.value.startswith(OWN):
                found |= words_of(quad.subject.value.partition("#")[2])
                if quad.predicate.value in {LABEL, NAME}:
                    found |= words_of(quad.object.value)
    return found


def engine_files(root: Path) -> list[Path]:
    endings = {".py", ".ttl", ".rq", ".html", ".xml", ".txt", ".css", ".po", ".svg", ".toml", ".trig", ".json", ".js"}
    return sorted(
        path
        for path in (root / "samvirke").rglob("*")
        if path.suffix in endings
        and not {"__pycache__", "starter", "built"} & set(path.parts)  # a site of its own, on choirs; others' scripts
        and path.is_file()
    )


def spoken(path: Path) -> list[tuple[int, str]]:
    """The lines of a file; of Python every token, so that names, strings and comments are all looked at."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return list(enumerate(text.splitlines(), start=1))
    return [(token.start[0], token.string) for token in tokenize.generate_tokens(io.StringIO(text).readline)]


def test_the_ontology_yields_words_to_look_for(forbidden: set[str]):
    assert len(forbidden) >= 150
    assert {"network", "netværk", "funder", "secretariat", "sekretariat", "project", "projekt"} <= forbidden


@pytest.fixture(scope="module")
def found(root: Path, forbidden: set[str]) -> set[tuple[str, int, str]]:
    """Where words of the domain stand in the engine: file, line and word."""
    files = engine_files(root)
    assert len(files) >= 80
    return {
        (path.relative_to(root).as_posix(), line, word)
        for path in files
        for line, text in spoken(path)
        for word in words_of(text) & (forbidden | FIXED)
    }


def test_no_word_of_the_domain_stands_in_the_engine(found: set[tuple[str, int, str]]):
    allowed = {word for words in ALLOWED.values() for word in words.split()}

    wrong = [
        f"{file}:{line}: {word}"
        for file, line, word in sorted(found)
        if word not in allowed and (file, word) not in ELSEWHERE
    ]
    assert wrong == []


def test_allowances_are_few_and_needed(found: set[tuple[str, int, str]]):
    allowed = {word for words in ALLOWED.values() for word in words.split()}

    assert len(allowed) <= 120
    assert sorted(allowed & FIXED) == []
    assert sorted(set(ELSEWHERE) - {(file, word) for file, _, word in found}) == []
