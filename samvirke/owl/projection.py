"""The projection: quads as OWL 2 DL can read them.

Duty: a pure rewriting, so that no datatype, annotation or shape stops a reasoner and no two things are
merged in silence. Level 2; names no term of a site, loads no reasoner.
Standard: OWL 2 mapping to RDF graphs, https://www.w3.org/TR/owl2-mapping-to-rdf/.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from samvirke.model import BlankNode, Literal, NamedNode, Quad, Triple
from samvirke.terms import DASH, OWL, RDF, RDFS, SH, SKOS, TEMPORAL_DATATYPES, TYPE, XSD

__all__ = ["project"]

Node = NamedNode | BlankNode | Literal
Statement = tuple[NamedNode | BlankNode, NamedNode, Node]

_IMPORTS = OWL.imports
_IS_ANNOTATION = (TYPE, OWL.AnnotationProperty)
_NAMED_INDIVIDUAL = OWL.NamedIndividual
_RESERVED = tuple(str(namespace) for namespace in (RDF, RDFS, OWL, XSD))
_LEFT_OUT = (str(SH), str(DASH))
# The datatype map of OWL 2 (https://www.w3.org/TR/owl2-syntax/#Datatype_Maps) without its dates;
# HermiT stops at every other datatype as soon as the property is declared.
_READABLE_NAMES = """
    string normalizedString token language Name NCName NMTOKEN boolean decimal integer nonNegativeInteger
    nonPositiveInteger positiveInteger negativeInteger long int short byte unsignedLong unsignedInt unsignedShort
    unsignedByte double float hexBinary base64Binary anyURI
"""
_READABLE = frozenset(map(XSD.term, _READABLE_NAMES.split())) | {RDF.PlainLiteral, RDF.XMLLiteral, OWL.real}
_NAMING = frozenset({RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy, OWL.versionInfo, OWL.versionIRI})
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # HermiT's strings are XML's


def project(quads: Iterable[Quad]) -> str:
    """Rewrite quads as N-Triples that an OWL 2 DL reasoner reads without stopping.

    Reads: every triple once, whatever its graph. Left out are imports, annotations, shapes and
    triple terms. A date, or any literal of a datatype outside OWL 2's map, becomes a plain string,
    so that domains and functional properties still bite; such a datatype as a range becomes
    `rdfs:Literal`. Individuals and classes are declared, and values of one functional property are
    stated to be different: two addresses never name one thing.
    Returns sorted lines, the same on each run.
    """
    statements = _rooted(set(_readable(quads)))
    statements |= _declarations(statements)
    lines = sorted(f"{subject} {predicate} {value} ." for subject, predicate, value in statements)
    return "\n".join([*lines, *_distinct(statements)]) + "\n"


def _readable(quads: Iterable[Quad]) -> Iterator[Statement]:
    """Yield the statements that carry meaning for the reasoner, each literal in a datatype it knows."""
    kept = [(quad.subject, quad.predicate, quad.object) for quad in quads]
    annotations = {subject for subject, predicate, value in kept if (predicate, value) == _IS_ANNOTATION}
    for subject, predicate, value in kept:
        if not isinstance(subject, NamedNode | BlankNode):
            continue
        if predicate in annotations or predicate in _NAMING or predicate == _IMPORTS:
            continue
        if predicate.value.startswith((*_LEFT_OUT, str(SKOS))) or isinstance(value, Triple):
            continue
        if predicate == TYPE and isinstance(value, NamedNode) and value.value.startswith(_LEFT_OUT):
            continue
        yield subject, predicate, value if predicate == TYPE else _known(value)


def _known(value: Node) -> Node:
    """Return `value`, or what stands for it where its datatype, or it as a datatype, is unknown to OWL 2."""
    if isinstance(value, Literal):
        text = _NOT_IN_XML.sub("\ufffd", value.value)
        if value.language:
            return Literal(text, language=value.language)
        return Literal(text, datatype=value.datatype if value.datatype in _READABLE else XSD.string)
    if isinstance(value, NamedNode) and _is_unread_datatype(value):
        return RDFS.Literal
    return value


def _is_unread_datatype(value: NamedNode) -> bool:
    known = value in TEMPORAL_DATATYPES or value == RDF.langString or value.value.startswith(str(XSD))
    return known and value not in _READABLE


def _rooted(statements: set[Statement]) -> set[Statement]:
    """Drop blank nodes that nothing refers to any more, such as the lists of left-out shapes."""
    by_subject: dict[Node, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_subject[statement[0]].append(statement)
    typed = {subject for subject, predicate, _ in statements if predicate == TYPE}
    waiting: list[Node] = [s for s in by_subject if isinstance(s, NamedNode) or s in typed]
    reached = set(waiting)
    while waiting:
        for _, _, value in by_subject.get(waiting.pop(), ()):
            if value not in reached:
                reached.add(value)
                waiting.append(value)
    return {statement for statement in statements if statement[0] in reached}


def _declarations(statements: set[Statement]) -> set[Statement]:
    """Declare what is used: classes by `rdf:type` and `rdfs:subClassOf`, individuals by their type.

    HermiT's reader takes an undeclared name for an annotation, and its axioms then say nothing.
    """
    declared: set[Statement] = set()
    for subject, predicate, value in statements:
        if predicate not in (TYPE, RDFS.subClassOf) or not isinstance(value, NamedNode):
            continue
        if value.value.startswith(_RESERVED):
            continue
        declared.add((value, TYPE, OWL.Class))
        if predicate == TYPE and isinstance(subject, NamedNode):
            declared.add((subject, TYPE, _NAMED_INDIVIDUAL))
    return declared


def _distinct(statements: set[Statement]) -> list[str]:
    """State that named values of one functional property are different things.

    Without it a reasoner merges them in silence: three values on one node become one thing, and
    nothing is reported. All pairs of a site would be quadratic; only values that a
    functional property would merge can matter.
    """
    parents: dict[Node, set[Node]] = defaultdict(set)
    functional: dict[Node, int] = {}  # property -> the end that would merge: 2 its values, 0 its subjects
    for subject, predicate, value in statements:
        if predicate == RDFS.subPropertyOf:
            parents[subject].add(value)
        elif predicate == TYPE and value == OWL.FunctionalProperty:
            functional[subject] = 2
        elif predicate == TYPE and value == OWL.InverseFunctionalProperty:
            functional[subject] = 0
    groups: dict[tuple[Node, Node], set[str]] = defaultdict(set)
    for statement in statements:
        for ancestor in _closure(statement[1], parents) & functional.keys():
            merged = statement[functional[ancestor]]
            if isinstance(merged, NamedNode):
                groups[ancestor, statement[2 - functional[ancestor]]].add(str(merged))
    pairs = {pair for group in groups.values() for pair in combinations(sorted(group), 2)}
    return [f"{one} {OWL.differentFrom} {other} ." for one, other in sorted(pairs)]


def _closure(start: Node, parents: dict[Node, set[Node]]) -> set[Node]:
    found, waiting = {start}, [start]
    while waiting:
        fresh = parents.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found
