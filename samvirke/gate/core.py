"""SHACL Core by pySHACL: the referee of the compiled shapes, and what decides the shapes they leave.

Duty: hand pySHACL plain rdflib graphs, and turn its results into findings. Level 3; the only room
that imports pyshacl. Nothing is inferred, imported, scripted or written, and the shapes are always
given, so that no shape hidden in the data is obeyed. The `sh:sparql` constraints that the gate runs
itself are not handed over.
Source: https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Collection, Iterable, Iterator

import pyshacl
import rdflib
from pyshacl.entrypoints import meta_validate
from pyshacl.errors import ReportableRuntimeError, ShapeRecursionWarning

from samvirke.errors import InputError
from samvirke.gate.compiled.compiler import parameter
from samvirke.gate.shapes import SEVERITIES, TARGETS, Constraint, Shapes
from samvirke.gate.wording import generic
from samvirke.model import BlankNode, Finding, Literal, NamedNode, Quad, Severity, Term, Triple
from samvirke.terms import SH, TYPE

_ADDRESS = re.compile(r"<?((?:https?|urn):[^\s<>\"']+)>?")


def core_findings(
    data: Iterable[Quad], shapes: Shapes, own: Iterable[Constraint], *, only: Collection[Term] | None = None
) -> Iterator[Finding]:
    """Validate by pySHACL what the gate does not run itself.

    Reads:  `data` as one graph, `shapes` without the constraints `own`; the targets of `only` the given
            shapes, or of all.
    Raises: InputError with file and clause when pySHACL cannot load a shape.
    """
    run_here = {constraint.node for constraint in own}
    shapes_graph = as_graph(
        quad
        for quad in shapes.quads
        if not (quad.predicate == SH.sparql and quad.object in run_here)
        and (only is None or quad.subject in only or not _is_target(quad))
    )
    # It tells stderr what it then raises or hands back, through a logger it sets up anew at each call.
    logging.getLogger("pyshacl-validate").disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ShapeRecursionWarning)
            _, results, text = pyshacl.validate(
                as_graph(data),
                shacl_graph=shapes_graph,
                inference="none",
                advanced=False,
                js=False,
                do_owl_imports=False,
                inplace=True,
                meta_shacl=False,
            )
    except ShapeRecursionWarning as recursion:  # pySHACL would back out and leave the rest unchecked
        raise _circle(shapes, recursion) from recursion
    except (ReportableRuntimeError, RecursionError, ValueError, TypeError, re.error, AssertionError) as error:
        raise _load_error(shapes, error) from error
    if not isinstance(results, rdflib.Graph):  # pySHACL hands a failure back instead of raising it
        raise _load_error(shapes, results if isinstance(results, Exception) else ValueError(text))
    yield from _findings(results, shapes)


def _is_target(quad: Quad) -> bool:
    """Whether a quad chooses focus nodes; a shape that is a class chooses its instances."""
    return quad.predicate in TARGETS or (quad.predicate == TYPE and quad.object not in _KINDS)


_KINDS = (SH.NodeShape, SH.PropertyShape)


def as_graph(quads: Iterable[Quad]) -> rdflib.Graph:
    """Copy quads into one rdflib graph; literals keep their lexical form."""
    # A date that is none is a finding where a shape asks for a date, and no traceback on stderr.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    graph = rdflib.Graph(bind_namespaces="none")
    known: dict[Term, rdflib.term.Node] = {}

    def node(term: Term) -> rdflib.term.Node:
        found = known.get(term)
        if found is None:
            if isinstance(term, NamedNode):
                found = rdflib.URIRef(term.value)
            elif isinstance(term, BlankNode):
                found = rdflib.BNode(term.value)
            elif term.language:
                found = rdflib.Literal(term.value, lang=term.language, normalize=False)
            else:
                found = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)
            known[term] = found
        return found

    for quad in quads:
        if not isinstance(quad.subject, Triple) and not isinstance(quad.object, Triple):
            graph.add((node(quad.subject), node(quad.predicate), node(quad.object)))
    return graph


def _circle(shapes: Shapes, recursion: ShapeRecursionWarning) -> InputError:
    """Say which shape comes back to itself; SHACL leaves open what that means (3.4.3)."""
    nodes = (NamedNode(found[1]) for found in _ADDRESS.finditer(recursion.message))
    subject = next((node for node in nodes if node in shapes.files), None)
    told, remedy = "the shape comes back to itself.", "Let it point at a shape that does not."
    if subject is not None:
        return shapes.error(subject, told, remedy)
    return InputError("A shape comes back to itself.", remedy=remedy)


def _load_error(shapes: Shapes, error: Exception) -> InputError:
    """Name the file of the first shape that pySHACL's words mention."""
    message = getattr(error, "message", "") or str(error) or type(error).__name__
    link = getattr(error, "link", "")
    for found in _ADDRESS.finditer(message):
        for address in (found[1], found[1].rstrip(".,;)")):
            node = NamedNode(address)
            users = sorted((user for user, _ in shapes.users.get(node, ())), key=str)
            subject = node if node in shapes.files else next(iter(users), None)
            if subject is not None and not address.startswith(str(SH)):
                return shapes.error(subject, f"the shape is ill-formed: {message}", _see(link))
    blank = next((node for node in shapes.files if isinstance(node, BlankNode) and node.value in message), None)
    if blank is not None:
        return shapes.error(blank, f"the shape is ill-formed: {message}", _see(link))
    subject = _ill_formed(shapes)
    if subject is not None:
        return shapes.error(subject, f"the shape is ill-formed: {message}", _see(link))
    files = sorted(set(shapes.files.values()))
    return InputError(f"The shapes cannot be used: {message}", file=files[0] if files else None, remedy=_see(link))


def _ill_formed(shapes: Shapes) -> Term | None:
    """Ask the shapes for shapes (SHACL appendix C) which shape it is; only once something is known to be wrong."""
    try:
        conforms, results, _ = meta_validate(as_graph(shapes.quads))
    except (ReportableRuntimeError, ValueError, TypeError, re.error):
        return None
    if conforms or not isinstance(results, rdflib.Graph):
        return None
    found = (_term(node) for node in results.objects(None, rdflib.URIRef(SH.focusNode.value)))
    return min((node for node in found if node in shapes.files), key=str, default=None)


def _see(link: str) -> str:
    return f"See {link}." if link else "See https://www.w3.org/TR/shacl/."


# ---------------------------------------------------------------- results


def _findings(results: rdflib.Graph, shapes: Shapes) -> Iterator[Finding]:
    term = {name: rdflib.URIRef(str(SH) + name) for name in _RESULT_TERMS}
    for result in results.objects(None, term["result"]):
        shape = _term(results.value(result, term["sourceShape"]))
        assert shape is not None, "a result names its shape"
        component = str(results.value(result, term["sourceConstraintComponent"]) or "")
        severity = _term(results.value(result, term["resultSeverity"]))
        value = _term(results.value(result, term["value"]))
        source = _term(results.value(result, term["sourceConstraint"]))
        path = _term(results.value(result, term["resultPath"]))
        messages = shapes.messages(*([source] if source is not None else []), shape)
        yield Finding(
            severity=SEVERITIES.get(severity, Severity.VIOLATION)
            if isinstance(severity, NamedNode)
            else Severity.VIOLATION,
            shape=_written(shapes.named(shape)),
            messages=messages or generic(component, parameter(shapes, shape, component)),
            focus=_written(_term(results.value(result, term["focusNode"]))),
            # A closed node shape has no path, and the property that is too much is what one wants to know.
            path=shapes.path_text(shapes.one(shape, SH.path))
            or _written(path if isinstance(path, NamedNode) else None),
            value=_written(value),
            component=component,
            constraint=source.value if isinstance(source, NamedNode) else "",
        )


_RESULT_TERMS = (
    "result",
    "sourceShape",
    "sourceConstraintComponent",
    "sourceConstraint",
    "resultPath",
    "resultSeverity",
    "value",
    "focusNode",
)


def _term(node: object) -> Term | None:
    if isinstance(node, rdflib.URIRef):
        return NamedNode(str(node))
    if isinstance(node, rdflib.BNode):
        return BlankNode(str(node))
    if isinstance(node, rdflib.Literal):
        if node.language:
            return Literal(str(node), language=node.language)
        return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))
    return None


def _written(term: Term | None) -> str:
    if term is None:
        return ""
    return term.value if isinstance(term, NamedNode) else str(term)
