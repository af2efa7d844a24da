"""What changed between two releases, for people and for programs.

Level 8. Compares two sorted files of facts line by line; names come from the newer release.
Sources: https://www.w3.org/TR/prov-o/#Revision · https://www.w3.org/TR/vocab-dcat-3/#dataset-versions
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from samvirke.commands.frame import words
from samvirke.model import Literal, NamedNode
from samvirke.terms import DCAT, DCT, PROV, RDFS, TYPE, XSD

if TYPE_CHECKING:
    from samvirke.web.publication import Publication

__all__ = ["STAYS", "Changes", "as_markdown", "as_turtle", "compared", "walked"]

ADDED, REMOVED, STAYS = b"A", b"D", b""
"""What became of a line; the first two are the verbs of RDF Patch."""
_FIRST = words("The first release: {facts} facts.", "Den første udgivelse: {facts} fakta.")
_SINCE = words(
    "Since {previous}: {added} facts added, {removed} removed.",
    "Siden {previous}: {added} fakta er kommet til, {removed} er fjernet.",
)
_NEW, _GONE = words("New", "Nyt"), words("No longer described", "Beskrives ikke længere")
_CHANGED = words("Changed", "Ændret")
_LISTED = 200
"""Things named one by one in the notes; the patch has everything."""


@dataclass(slots=True)
class Changes:
    """What two releases differ in: facts, and the things they are of. `previous` is "" for the first release."""

    previous: str
    version: str
    added: int = 0
    removed: int = 0
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    changed: dict[str, tuple[int, int]] = field(default_factory=dict)


def compared(previous: str, version: str, old: Iterable[bytes], new: Iterable[bytes]) -> Changes:
    """Compare two sorted files of N-Triples. Facts of nodes without an address are counted, and belong to no thing."""
    found = Changes(previous, version)
    added: Counter[bytes] = Counter()
    removed: Counter[bytes] = Counter()
    stays: set[bytes] = set()
    for verb, line in walked(old, new):
        subject = _subject(line)
        if verb == ADDED:
            added[subject] += 1
        elif verb == REMOVED:
            removed[subject] += 1
        else:
            stays.add(subject)
    found.added, found.removed = added.total(), removed.total()
    for subject in sorted((added.keys() | removed.keys()) - {b""}):
        iri = subject.decode()
        if subject in stays or (subject in added and subject in removed):
            found.changed[iri] = (added[subject], removed[subject])
        elif subject in added:
            found.new.append(iri)
        else:
            found.gone.append(iri)
    return found


def walked(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Walk through two sorted files: each line once, with whether it was added, was removed or stays."""
    before, after = iter(old), iter(new)
    one, other = next(before, b""), next(after, b"")
    while one or other:
        if one == other:
            yield STAYS, one
            one, other = next(before, b""), next(after, b"")
        elif one and (not other or one < other):
            yield REMOVED, one
            one = next(before, b"")
        else:
            yield ADDED, other
            other = next(after, b"")


def _subject(line: bytes) -> bytes:
    """The address a line is about, or nothing for a node without one."""
    return line[1 : line.index(b">")] if line.startswith(b"<") else b""


def as_markdown(changes: Changes, publication: Publication, lang: str) -> str:
    """Return the notes for people, in a language."""
    titles = publication.settings.get("title") or {}
    title = titles.get(lang) or next(iter(titles.values()), publication.base)
    lines = [f"# {title} {changes.version}", ""]
    if not changes.previous:
        lines += [_FIRST.in_(lang).format(facts=changes.added), ""]
        return "\n".join(lines)
    lines += [
        _SINCE.in_(lang).format(previous=changes.previous, added=changes.added, removed=changes.removed),
        "",
    ]
    for heading, iris in ((_NEW.in_(lang), changes.new), (_GONE.in_(lang), changes.gone)):
        if iris:
            lines += [f"## {heading} ({len(iris)})", "", *(_named(publication, iri, lang) for iri in iris[:_LISTED])]
            lines += ["- …"] if len(iris) > _LISTED else []
            lines.append("")
    if changes.changed:
        lines += [f"## {_CHANGED.in_(lang)} ({len(changes.changed)})", ""]
        for iri, (added, removed) in list(changes.changed.items())[:_LISTED]:
            lines.append(f"{_named(publication, iri, lang)}: +{added} −{removed}")
        lines += ["- …"] if len(changes.changed) > _LISTED else []
        lines.append("")
    return "\n".join(lines)


def _named(publication: Publication, iri: str, lang: str) -> str:
    label = publication.index.label(iri, lang)
    spelt = (label or iri).replace("[", "\\[").replace("]", "\\]")
    return f"- [{spelt}](<{iri}>)"


def as_turtle(changes: Changes, publication: Publication) -> bytes:
    """Return the same as RDF: the release as a revision of the one before, with what it generated and invalidated."""
    from samvirke.web.void import Fact, write

    dataset = publication.links.void_dataset
    release = NamedNode(f"{dataset}-{changes.version}")
    making = NamedNode(f"{dataset}-{changes.version}-changes")
    facts: list[Fact] = [
        (release, TYPE, DCAT.Dataset),
        (release, DCAT.isVersionOf, NamedNode(dataset)),
        (release, DCAT.version, Literal(changes.version)),
        (release, PROV.wasGeneratedBy, making),
        (making, TYPE, PROV.Activity),
        (making, RDFS.comment, Literal(f"{changes.added} facts added, {changes.removed} removed.", language="en")),
    ]
    if changes.previous:
        before = NamedNode(f"{dataset}-{changes.previous}")
        facts += [(release, DCAT.previousVersion, before), (release, PROV.wasRevisionOf, before)]
        facts += [(making, PROV.generated, NamedNode(iri)) for iri in changes.new]
        facts += [(making, PROV.invalidated, NamedNode(iri)) for iri in changes.gone]
        facts += [(making, PROV.used, NamedNode(iri)) for iri in changes.changed]
    if built := publication.manifest.get("built"):
        facts.append((release, DCT.issued, Literal(str(built), datatype=XSD.dateTime)))
    return write(facts, "ttl", {"dcat": DCAT, "dct": DCT, "prov": PROV, "rdfs": RDFS})
