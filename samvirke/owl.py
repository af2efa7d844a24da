"""Consistency: what a description-logic reasoner says of the ontology and the data.

Duty: project quads to what OWL 2 DL can read, and ask HermiT whether they are consistent and which
classes cannot have a member. Level 2; the only place for owlready2 and owlrl. Must not reach the
outside (imports are left out), must not keep owlready2's global state in this process (it runs in a
child, `python -m samvirke.owl`), and names no term of a site.
Standard: OWL 2 Structural Specification, https://www.w3.org/TR/owl2-syntax/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import combinations
from typing import Any

from samvirke.errors import InputError, JavaMissing, LimitError
from samvirke.model import BlankNode, Literal, NamedNode, Quad, Triple
from samvirke.terms import DASH, OWL, RDF, RDFS, SH, SKOS, TEMPORAL_DATATYPES, TYPE, XSD

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
_MERGED = re.compile(r"'sameAs' and 'differentFrom' .*\((\S+), (\S+)\)$")
_ERROR_TEXT = "http://www.daml.org/2002/03/agents/agent-ont#error"  # where owlrl puts its messages


@dataclass(frozen=True, slots=True)
class OwlResult:
    """What the reasoner found; `explanation` holds sentences on why it is inconsistent."""

    consistent: bool
    unsatisfiable: tuple[str, ...]
    explanation: tuple[str, ...]
    seconds: float


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


def check_consistency(quads: Iterable[Quad], *, timeout_s: float = 120) -> OwlResult:
    """Ask HermiT whether `quads` are consistent and which classes can have no member.

    Reads:  `quads`, projected; no file and no address.
    Writes: nothing; the reasoner runs in a child process that is ended at the limit.
    Units:  `timeout_s` wall-clock seconds.
    Raises: JavaMissing without Java; LimitError at the limit; InputError when the reasoner refuses
            the projection.
    Source: https://www.w3.org/TR/owl2-direct-semantics/#Inference_Problems
    """
    if shutil.which("java") is None:
        raise JavaMissing("The reasoner needs Java and there is none.", remedy="Install a Java runtime, 17 or later.")
    begun = time.monotonic()
    answer = _in_child(project(quads), timeout_s)
    if "refused" in answer:
        raise InputError(
            f"The reasoner cannot read the ontology: {answer['refused']}",
            remedy="Look for a datatype or an axiom that OWL 2 DL does not have.",
        )
    return OwlResult(
        bool(answer["consistent"]),
        tuple(answer["unsatisfiable"]),
        tuple(answer["explanation"]),
        time.monotonic() - begun,
    )


def contradictions(quads: Iterable[Quad]) -> tuple[str, ...]:
    """Say what contradicts what, by the OWL 2 RL rules alone: a second opinion, and one without Java.

    Reads:  `quads`, projected. Empty does not mean consistent: the rules see less than the reasoner,
            and nothing of classes that have no members.
    Source: https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules
    """
    return tuple(_explain(project(quads).encode()))


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

    Without it a reasoner merges them in silence: three members on one membership become one
    organisation, and nothing is reported. All pairs of a site would be quadratic; only values that a
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


def _in_child(ntriples: str, timeout_s: float) -> dict[str, Any]:
    """Run the reasoner in a session of its own, so that ending it ends its Java too."""
    child = subprocess.Popen(
        [sys.executable, "-m", "samvirke.owl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, complaint = child.communicate(ntriples.encode(), timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise LimitError(
            f"The reasoner was ended after {timeout_s:g} seconds.", remedy="Give it more time, or less data."
        ) from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    if child.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["It said nothing."]
        return {"refused": last[0]}
    answer: dict[str, Any] = json.loads(output)
    return answer


def _reason(ntriples: bytes) -> dict[str, object]:
    """Load and reason; runs in the child only."""
    import owlready2  # type: ignore[import-untyped]  # noqa: PLC0415 – has no types, and only the child may load it

    world = owlready2.World()
    world.get_ontology("urn:samvirke:projection#").load(fileobj=BytesIO(ntriples))
    try:
        owlready2.sync_reasoner_hermit(world, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return {"consistent": False, "unsatisfiable": [], "explanation": _explain(ntriples)}
    except owlready2.OwlReadyJavaError as error:
        lines = [line for line in str(error).splitlines() if "Exception" in line] or [str(error)]
        return {"refused": lines[0].strip()}
    unsatisfiable = {found.iri for found in world.inconsistent_classes() if hasattr(found, "iri")}
    return {"consistent": True, "unsatisfiable": sorted(unsatisfiable - {OWL.Nothing.value}), "explanation": []}


def _explain(ntriples: bytes) -> list[str]:
    """Say why in sentences: HermiT only says that, the OWL RL rules name the classes and things.

    Empty where the contradiction lies beyond those rules.
    """
    import owlrl  # type: ignore[import-untyped]  # noqa: PLC0415 – has no types, and is wanted only where all is not well
    import rdflib  # noqa: PLC0415 – owlrl works on its graphs

    graph = rdflib.Graph().parse(data=ntriples, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    reasons = set()
    for text in map(str, graph.objects(None, rdflib.URIRef(_ERROR_TEXT))):
        merged = _MERGED.search(text)
        if merged is None:
            reasons.add(text)
        elif merged[1] < merged[2]:  # said in both directions, and of each thing with itself
            reasons.add(f"{merged[1]} and {merged[2]} follow to be one thing, and are two")
    return sorted(reasons)


if __name__ == "__main__":
    json.dump(_reason(sys.stdin.buffer.read()), sys.stdout)
