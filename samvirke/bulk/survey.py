"""One pass over the lines of a dataset: what there is in it, and of which kinds.

Duty: gather what the index and the schema of a file without a site are made of. Level 6; looks at a line's
first two terms and reads further only where they matter, so that a million lines take a second.
Standard: https://www.w3.org/TR/n-quads/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from samvirke.model import Literal, NamedNode, Quad
from samvirke.schema import ALTERNATIVE_PROPERTIES, LABEL_PROPERTIES, Schema, compile_schema
from samvirke.schema.hints import readable_name
from samvirke.search import Thing
from samvirke.store import read_rdf
from samvirke.terms import CORE, DCT, NIF, OWL, RDF, RDFS, TYPE

__all__ = ["Survey", "Unusual", "common_base", "schema_of", "survey", "things_of"]

_LABELS = frozenset((*LABEL_PROPERTIES, *ALTERNATIVE_PROPERTIES))
_READ = frozenset((*_LABELS, OWL.deprecated.value, DCT.isReplacedBy.value, RDFS.subClassOf.value, TYPE.value))
_DEFINES = frozenset((OWL.Class, RDFS.Class, RDF.Property, OWL.ObjectProperty, OWL.DatatypeProperty))
_LEAST_PATH = 3  # "https:", "", "host"
_WEB = ("http", "https")


class Unusual(Exception):
    """The lines are not spelt so that their terms can be told apart by the spaces between them."""


@dataclass(slots=True)
class Survey:
    """What was met: subjects that are things, properties, and the facts that name or type something.

    `facts` counts the lines that hold one, `others` those that do not: comments and empty ones.
    """

    subjects: set[str] = field(default_factory=set)
    properties: set[str] = field(default_factory=set)
    named: list[Quad] = field(default_factory=list)
    types: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    facts: int = 0
    others: int = 0


def survey(path: Path) -> Survey:
    """Read the lines of `path`.

    Raises: Unusual when lines are spelt as no tool spells them; `InputError` when a line read further is wrong.
    """
    subjects: set[bytes] = set()
    properties: set[bytes] = set()
    passages: set[bytes] = set()
    wanted = frozenset(f"<{iri}>".encode() for iri in _READ)
    of_type, of_passage = f"<{TYPE.value}>".encode(), f"<{NIF.anchorOf.value}>".encode()
    types: list[tuple[bytes, bytes]] = []
    further: list[bytes] = []
    number, others, last = 0, 0, b""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):  # noqa: B007 - how many there were
            try:
                subject, predicate, rest = line.split(None, 2)
            except ValueError as error:
                if line.strip() and not line.lstrip().startswith(b"#"):
                    raise Unusual from error
                others += 1
                continue
            if subject.startswith(b"#"):
                others += 1
                continue
            if subject != last:  # facts about a thing mostly stand together
                subjects.add(subject)
                last = subject
            properties.add(predicate)
            if predicate in wanted:
                if predicate == of_type and rest.startswith(b"<"):
                    types.append((subject, rest.split(None, 1)[0]))
                else:
                    further.append(line)
            elif predicate == of_passage:
                passages.add(subject)
    found = Survey(facts=number - others, others=others)
    found.subjects = _addresses(subjects - passages)
    found.properties = _addresses(properties)
    for subject, value in types:
        if subject not in passages:
            found.types[_text(subject)].append(_text(value))
    found.named = list(read_rdf(b"".join(further), format="nq"))
    return found


def _addresses(terms: Iterable[bytes]) -> set[str]:
    return {_text(term) for term in terms}


def _text(term: bytes) -> str:
    """Return the address in a term; a stricter reader is needed where it is none, or not all of it."""
    if term[:1] != b"<" or term[-1:] != b">" or b"<" in term[1:] or b"\\" in term:
        raise Unusual
    try:
        return term[1:-1].decode()
    except UnicodeDecodeError as error:
        raise Unusual from error


def common_base(subjects: Iterable[str]) -> str:
    """Return the address that things are named under: what all addresses on the host most of them are on begin with.

    Ends in a slash; empty when no thing has an address on the web.
    """
    hosts: dict[str, list[str]] = defaultdict(list)
    for iri in subjects:
        scheme, sign, rest = iri.partition("://")
        if sign and scheme.lower() in _WEB and "/.well-known/genid/" not in iri:
            hosts[f"{scheme}://{rest.partition('/')[0]}/"].append(iri)
    if not hosts:
        return ""
    host = max(sorted(hosts), key=lambda one: len(hosts[one]))
    least, most = min(hosts[host]), max(hosts[host])  # What these two share, all between them begin with.
    same = next((at for at, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), len(least))
    start = least[:same].partition("#")[0].partition("?")[0].rpartition("/")[0] + "/"
    if start.endswith("/id/"):  # `/id/` is where this engine has its things, so what stands before it is the base.
        start = start.removesuffix("id/")
    return start if start.count("/") >= _LEAST_PATH and start.startswith(host) else host


def schema_of(found: Survey, *, base: str, languages: Sequence[str], prefixes: dict[str, str]) -> Schema:
    """Read classes and properties off the data: what things are of, and what is said of them.

    Their names are those the file gives them, else the last part of their addresses.
    """
    classes = {one for values in found.types.values() for one in values}
    quads = [Quad(NamedNode(iri), TYPE, RDFS.Class) for iri in sorted(classes)]
    quads += [Quad(NamedNode(iri), TYPE, RDF.Property) for iri in sorted(found.properties)]
    terms = classes | found.properties
    labelled = set()
    for quad in found.named:
        if not isinstance(quad.subject, NamedNode) or quad.subject.value not in terms:
            continue
        if quad.predicate.value in LABEL_PROPERTIES:
            labelled.add(quad.subject.value)
            quads.append(Quad(quad.subject, RDFS.label, quad.object))
            if quad.subject.value in classes:
                quads.append(Quad(quad.subject, CORE.plural, quad.object))
        elif quad.predicate == RDFS.subClassOf:
            quads.append(quad)
    # A class that has a plural is one that lists and menus show.
    quads += [Quad(NamedNode(iri), CORE.plural, Literal(readable_name(iri))) for iri in sorted(classes - labelled)]
    return compile_schema(quads, base=base, languages=languages, prefixes=prefixes)


def things_of(found: Survey) -> dict[str, Thing]:
    """Return what the index is written from, by address in order."""
    things = {iri: Thing() for iri in sorted(found.subjects)}
    for iri, types in found.types.items():
        things[iri].types.update(types)
    replaced, deprecated = DCT.isReplacedBy.value, OWL.deprecated.value
    for quad in found.named:
        subject = quad.subject
        thing = things.get(subject.value) if isinstance(subject, NamedNode) else None
        if thing is None:
            continue
        value, predicate = quad.object, quad.predicate.value
        if isinstance(value, NamedNode):
            if predicate == replaced:
                thing.successor = value.value
        elif isinstance(value, Literal):
            text, tag = value.value, value.language or ""
            if predicate in ALTERNATIVE_PROPERTIES:
                thing.alternatives.add((text, tag))
            elif predicate == deprecated:
                thing.withdrawn = text in ("true", "1")
            elif predicate in _LABELS:
                thing.labels.setdefault(predicate, {}).setdefault(tag, set()).add(text)
    return things
