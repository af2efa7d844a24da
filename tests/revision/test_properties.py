"""Whatever is edited in a text: nothing is lost in silence, and nothing is carried that is not there."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samvirke.anchor import anchor
from samvirke.evidence import verify
from samvirke.model import BlankNode, Literal, NamedNode, Quad
from samvirke.revision import revise
from samvirke.site import Site
from samvirke.sources import read_document
from samvirke.store import read_rdf
from samvirke.terms import NIF

BASE = "https://example.org/"
PREFIXES = """\
@prefix core: <https://w3id.org/samvirke/core#> .
@prefix ex: <https://example.org/id/> .
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
"""
WORDS = st.sampled_from(
    ["Koret", "Æblet", "netværk", "øver", "i", "cafe\u0301", "2014", "til", "februar", "byen", "“her”"]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=9).map(lambda words: " ".join(words).capitalize() + ".")
GAPS = st.sampled_from([" ", " ", "\n\n", "\r\n", "  "])
TEXTS = st.lists(st.tuples(SENTENCES, GAPS), min_size=1, max_size=10)


@st.composite
def edited(draw) -> tuple[str, str, list[tuple[int, int]]]:
    """An old text, a new one, and places of the old one that do not cross."""
    pieces = draw(TEXTS)
    later = list(pieces)
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["insert", "delete", "move", "change", "twice"]))
        at = draw(st.integers(0, max(0, len(later) - 1)))
        if kind == "insert" or not later:
            later.insert(at, (draw(SENTENCES), draw(GAPS)))
        elif kind == "delete" and len(later) > 1:
            del later[at]
        elif kind == "move":
            later.insert(draw(st.integers(0, len(later) - 1)), later.pop(at))
        elif kind == "change":
            later[at] = (later[at][0].replace("2014", "2019").replace("cafe\u0301", "café"), "\n")
        elif kind == "twice":
            later.insert(draw(st.integers(0, len(later) - 1)), later[at])
    old, new = ("".join(words + gap for words, gap in some) for some in (pieces, later))
    spans: list[tuple[int, int]] = []
    for _ in range(draw(st.integers(1, 9))):
        start = draw(st.integers(0, len(old) - 1))
        end = draw(st.integers(start + 1, min(len(old), start + 50)))
        if all(end <= a or b <= start or (a <= start and end <= b) or (start <= a and b <= end) for a, b in spans):
            spans.append((start, end))
    return old, new, sorted(set(spans))


def facts(quads, version: str, renamed: dict[str, str]) -> Counter[str]:
    """The triples of a version's passages, as they were called in the old version."""

    def plain(term):
        if isinstance(term, BlankNode):
            return "_:x"
        return renamed.get(term.value, term.value) if isinstance(term, NamedNode) else str(term)

    return Counter(
        " ".join((plain(quad.subject), str(quad.predicate), plain(quad.object)))
        for quad in quads
        if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(f"{version}#")
    )


def quads_of(path: Path, base: str) -> list[Quad]:
    return list(read_rdf(path.read_bytes(), format="trig", base_iri=base, file=str(path))) if path.exists() else []


def written(old: str, spans: list[tuple[int, int]]) -> str:
    """A file of facts in which passages are told apart and together, with comments and blank nodes."""
    parts = [f"# The facts of 1.\n@base <{BASE}document/side/1> .\n{PREFIXES}\n"]
    for number, (start, end) in enumerate(spans):
        quote = str(Literal(old[start:end], language="da"))
        more = ' ; core:note "læst"@da' if number % 2 else f" ; oa:suffix {Literal(old[end : end + 3])}"
        address = f"<#char={start},{end}>" if number % 3 else f"<{BASE}document/side/1#char={start},{end}>"
        if number % 4 == 3:
            parts[-1] = (
                parts[-1].removesuffix("}\n") + f"\n  # more {number}\n  {address} nif:anchorOf {quote}{more} .\n}}\n"
            )
        else:
            parts.append(f"# Passage {number}\n<> {{ {address} nif:anchorOf {quote}{more} . }}\n")
        if number % 5 != 4:
            value = f"[ ex:part ex:p{number} ; ex:of <> ]" if number % 2 else f'"{number}"'
            parts.append(f"{address} {{ ex:thing{number % 3} ex:says {value} , <#char={start},{end}> . }} # so\n\n")
            parts.append("<> { }\n" if number % 4 == 2 else "")
    return "".join(parts)


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(edited())
def test_every_passage_stands_moved_or_is_lost_with_all_its_facts(given_texts) -> None:
    old, new, spans = given_texts
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        document = root / "data/documents/side"
        document.mkdir(parents=True)
        (root / "samvirke.toml").write_text(f'base = "{BASE}"\nlanguages = ["da"]\n')
        (document / "1.txt").write_bytes(old.encode())
        (document / "1.trig").write_text(written(old, spans), newline="")
        (document / "2.txt").write_bytes(new.encode())
        site = Site.open(root)
        before = contents(root)

        revision = revise(site, document / "2.txt")
        after = contents(root)

        addresses = [fate.address for fate in revision.fates]
        assert sorted(addresses) == sorted(f"{BASE}document/side/1#char={start},{end}" for start, end in spans)
        assert {fate.state for fate in revision.fates} <= {"stands", "moved", "lost"}
        for fate in revision.fates:
            if fate.new_place:
                assert new[fate.new_place.start : fate.new_place.end] == fate.new_quote
            assert (fate.new_place is None) == (fate.state == "lost")
        assert {name: content for name, content in after.items() if name in before} == before
        carried = quads_of(document / "2.trig", revision.new)
        lost = quads_of(document / "2.lost", revision.new)
        known = quads_of(document / "1.trig", revision.old)
        was = {fate.new_address: fate.address for fate in revision.fates} | {revision.new: revision.old}
        waiting = facts(lost, revision.old, {})
        assert facts(known, revision.old, {}) == facts(carried, revision.new, was) + waiting
        quotes = [quad for quad in (*carried, *lost) if quad.predicate == NIF.anchorOf]
        assert len(quotes) == len(spans)
        assert not verify([read_document(document / "2.txt", BASE)], carried)
        assert old != new or not lost

        assert revise(site, document / "2.txt") == again(revision)
        assert contents(root) == after
        assert [change for change in anchor(site) if "sha256" not in change.old] == []


def again(revision):
    from dataclasses import replace

    return replace(
        revision,
        files=tuple(
            (path, "there") for path, state in revision.files if state != "changed" and path.name != "about.ttl"
        ),
    )
