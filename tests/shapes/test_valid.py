"""What is right passes: no shape finds anything to forbid or to warn of in the examples of `valid/`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pyoxigraph
import pytest

from samvirke.gate import check
from samvirke.gate.compiled.compiler import targets_of
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import Facts, Schema
from samvirke.gate.shapes import Shapes
from samvirke.gate.visible import schema_quads
from samvirke.model import Candidate, DefaultGraph, DocumentVersion, Quad, Severity
from samvirke.terms import SH, TYPE

from .conftest import HERE, NAMESPACES, expand

FILES = sorted((HERE / "valid").glob("*.trig"))
VERSION = "https://w3id.org/samvirke/document/proeve/2026-01-01"
TEXT = "Blandt andet en ny tekst, som siger det hele."
COMMON = f"""
<https://w3id.org/samvirke/document/proeve> {{
    <https://w3id.org/samvirke/document/proeve> a core:SourceDocument ; dct:title "Prøve"@da .
}}
version: {{
    version: a core:DocumentVersion ; prov:specializationOf <https://w3id.org/samvirke/document/proeve> ;
        dct:modified "2026-01-01"^^xsd:date ; core:sha256 "{hashlib.sha256(TEXT.encode()).hexdigest()}" .
    g: nif:anchorOf "tekst, som siger det hele"@da .
}}
"""
SPACES = {**NAMESPACES, "version": VERSION, "passage": f"{VERSION}#char=", "g": f"{VERSION}#char=19,44"}


def conforming(path: Path) -> list[str]:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return [expand(name) for name in re.fullmatch(r"# conforms: (.+)", first)[1].split()]


def with_data(clean: Candidate, path: Path) -> Candidate:
    """The first site's ontology and shapes, and the facts of one file."""
    prefixes = "".join(f"@prefix {name}: <{space}> .\n" for name, space in SPACES.items())
    filler = "" if re.search(r"^g: \{", path.read_text("utf-8"), re.M) else 'g: { d:x rdfs:comment "x" . }'
    text = prefixes + COMMON + path.read_text("utf-8") + filler
    store = pyoxigraph.Store()
    for graph in clean.schema_graphs:
        store.bulk_extend(clean.store.quads_for_pattern(None, None, None, graph))
    quads = list(pyoxigraph.parse(text, pyoxigraph.RdfFormat.TRIG))
    store.bulk_extend(quads)
    store.bulk_extend(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads)
    document = DocumentVersion(VERSION, "", TEXT, hashlib.sha256(TEXT.encode()).hexdigest(), "proeve.txt")
    asserted = tuple(sorted({quad.graph_name for quad in quads}, key=str))
    return replace(clean, store=store, documents=(document,), asserted=asserted, inferred=())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_right_passes(path: Path, clean: Candidate):
    candidate = with_data(clean, path)

    found = [one for one in check(candidate).findings if one.severity is not Severity.INFO]

    assert found == []
    run = Evaluation(Facts(candidate.store, Schema.of(schema_quads(candidate))))
    shapes = Shapes.read(candidate)
    untried = [shape for shape in conforming(path) if not run.focus(targets_of(shapes, pyoxigraph.NamedNode(shape)))]
    assert untried == [], "the file has something for each shape it names to look at"


def test_every_shape_with_a_target_has_a_right_example(clean: Candidate):
    shapes = Shapes.read(clean)
    with_targets = {
        subject.value
        for subject, row in shapes.rows.items()
        if SH.NodeShape in row.get(TYPE, ()) and shapes.has_targets(subject)
    }

    shown = {shape for path in FILES for shape in conforming(path)}
    assert sorted(with_targets - shown) == []
    assert sorted(shown - with_targets) == []
    assert len(FILES) >= 10
