"""The shapes graph as the gate reads it: which graphs it is, and the constraints written in SPARQL.

Duty: find the shapes among the schema graphs, refuse ill-formed ones with file and clause, and say
which `sh:sparql` constraints the gate runs itself. Level 3; evaluates nothing and knows no pySHACL.
Source: https://www.w3.org/TR/shacl/#shapes, https://www.w3.org/TR/shacl/#sparql-constraints
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from samvirke.errors import InputError
from samvirke.model import BlankNode, Candidate, Literal, NamedNode, Quad, Severity, Term, Triple
from samvirke.sparql.tokens import tokens
from samvirke.terms import OWL, RDF, RDFS, SH, TYPE

# Every term of https://www.w3.org/ns/shacl: a misspelt one would be passed over in silence, and the
# check it was meant to make would never fail.
_TERMS = """
alternativePath and annotationProperty annotationValue annotationVarName ask class closed codeIdentifier
condition conforms construct datatype deactivated declare defaultValue description detail disjoint entailment
equals expression filterShape flags focusNode group hasValue ignoredProperties in intersection inversePath js
jsFunctionName jsLibrary jsLibraryURL labelTemplate languageIn lessThan lessThanOrEquals maxCount maxExclusive
maxInclusive maxLength message minCount minExclusive minInclusive minLength name namespace node nodeKind
nodeValidator nodes not object oneOrMorePath optional or order parameter path pattern predicate prefix prefixes
property propertyValidator qualifiedMaxCount qualifiedMinCount qualifiedValueShape qualifiedValueShapesDisjoint
result resultAnnotation resultMessage resultPath resultSeverity returnType rule select severity shapesGraph
shapesGraphWellFormed sourceConstraint sourceConstraintComponent sourceShape sparql subject suggestedShapesGraph
target targetClass targetNode targetObjectsOf targetSubjectsOf this union uniqueLang update validator value xone
zeroOrMorePath zeroOrOnePath AbstractResult BlankNode BlankNodeOrIRI BlankNodeOrLiteral ConstraintComponent
Function IRI IRIOrLiteral Info JSConstraint JSExecutable JSFunction JSLibrary JSRule JSTarget JSTargetType
JSValidator Literal NodeKind NodeShape Parameter Parameterizable PrefixDeclaration PropertyGroup PropertyShape
ResultAnnotation Rule SPARQLAskExecutable SPARQLAskValidator SPARQLConstraint SPARQLConstructExecutable
SPARQLExecutable SPARQLFunction SPARQLRule SPARQLSelectExecutable SPARQLSelectValidator SPARQLTarget
SPARQLTargetType SPARQLUpdateExecutable Severity Shape Target TargetType TripleRule ValidationReport
ValidationResult Validator Violation Warning
"""
KNOWN_TERMS = frozenset(_TERMS.split())
TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
TEXTS = (SH.select, SH.ask, SH.construct, SH.update)
SEVERITIES = {SH.Violation: Severity.VIOLATION, SH.Warning: Severity.WARNING, SH.Info: Severity.INFO}
# SHACL 6.2.1 (pre-binding) rules the first three out; LOAD would be an update.
REFUSED_WORDS = {
    "SERVICE": "it would make an outbound connection",
    "MINUS": "SHACL forbids it where $this is bound beforehand",
    "VALUES": "SHACL forbids it where $this is bound beforehand",
    "LOAD": "it would make an outbound connection",
    "FROM": "the data that is checked is given",
}
CLAUSE = "https://www.w3.org/TR/shacl/"


@dataclass(frozen=True, slots=True)
class Constraint:
    """One `sh:sparql` constraint of a shape whose focus nodes are known.

    `shape` carries it, `owner` is the shape with the targets (the same, or the parent of a property
    shape), `path` the property shape's path node, `select` the text with its prefixes before it.
    """

    shape: Term
    owner: Term
    node: Term
    path: Term | None
    select: str
    messages: Mapping[str, str]
    severity: Severity


@dataclass(slots=True)
class Shapes:
    """The shapes of a candidate, by subject and predicate, and the file that each subject comes from."""

    rows: dict[Term, dict[NamedNode, list[Term]]] = field(default_factory=dict)
    files: dict[Term, str] = field(default_factory=dict)
    users: dict[Term, set[tuple[Term, NamedNode]]] = field(default_factory=lambda: defaultdict(set))
    quads: list[Quad] = field(default_factory=list)

    @classmethod
    def read(cls, candidate: Candidate) -> Shapes:
        """Read the schema graphs that hold shapes.

        Raises: InputError with file and clause for a term that SHACL does not have, a constraint in
        SPARQL that is refused, or one that has no query.
        """
        shapes = cls()
        for graph in candidate.schema_graphs:
            quads = list(candidate.store.quads_for_pattern(None, None, None, graph))
            if any(is_shacl(quad.predicate) or is_shape_type(quad) for quad in quads):
                shapes.add(quads, candidate.sources.get(graph.value, graph.value))
        for subject, row in shapes.rows.items():
            shapes.examine(subject, row)
        return shapes

    def add(self, quads: list[Quad], file: str) -> None:
        """Take the quads of one graph."""
        self.quads += quads
        for quad in quads:
            if isinstance(quad.subject, Triple) or isinstance(quad.object, Triple):
                continue
            row = self.rows.setdefault(quad.subject, defaultdict(list))
            if quad.object not in row[quad.predicate]:
                row[quad.predicate].append(quad.object)
            self.files.setdefault(quad.subject, file)
            self.users[quad.object].add((quad.subject, quad.predicate))

    # ------------------------------------------------------------ reading

    def all(self, subject: Term, predicate: NamedNode) -> list[Term]:
        """The values of a property, sorted."""
        row = self.rows.get(subject)
        return sorted(row.get(predicate, ()), key=str) if row else []

    def one(self, subject: Term, predicate: NamedNode) -> Term | None:
        """The first value of a property."""
        return next(iter(self.all(subject, predicate)), None)

    def list_of(self, head: Term | None) -> list[Term]:
        """The members of an RDF list; a broken or circular one ends where it breaks."""
        found: list[Term] = []
        seen: set[Term] = set()
        while head is not None and head != RDF.nil and head not in seen:
            seen.add(head)
            first = self.one(head, RDF.first)
            if first is not None:
                found.append(first)
            head = self.one(head, RDF.rest)
        return found

    def deactivated(self, shape: Term) -> bool:
        """Whether the shape says that it does not count."""
        value = self.one(shape, SH.deactivated)
        return isinstance(value, Literal) and value.value in {"true", "1"}

    def severity(self, shape: Term) -> Severity:
        """The severity of a shape: on the shape, not on its constraints (SHACL 2.1.4)."""
        value = self.one(shape, SH.severity)
        return SEVERITIES.get(value, Severity.VIOLATION) if isinstance(value, NamedNode) else Severity.VIOLATION

    def messages(self, *nodes: Term) -> dict[str, str]:
        """The messages of the first node that has any, by language."""
        for node in nodes:
            found = {
                (value.language or "en"): value.value
                for value in self.all(node, SH.message)
                if isinstance(value, Literal)
            }
            if found:
                return found
        return {}

    def named(self, shape: Term) -> Term:
        """The shape itself, or the nearest shape with an address that an anonymous one stands in."""
        seen: set[Term] = set()
        while isinstance(shape, BlankNode) and shape not in seen:
            seen.add(shape)
            shape = min((user for user, _ in self.users.get(shape, ())), key=str, default=shape)
        return shape

    def has_targets(self, shape: Term) -> bool:
        """Whether the shape chooses focus nodes by itself; a shape that is a class chooses its instances."""
        kinds = set(self.all(shape, TYPE))
        implicit = bool(kinds & {RDFS.Class, OWL.Class})
        return implicit or any(self.all(shape, target) for target in TARGETS)

    def path_text(self, path: Term | None) -> str:
        """A path as SPARQL writes it: an address for one step forward, else path syntax."""
        if path is None:
            return ""
        return path.value if isinstance(path, NamedNode) else self._path(path)

    def _path(self, path: Term) -> str:
        if isinstance(path, NamedNode):
            return str(path)
        marks = ((SH.zeroOrMorePath, "*"), (SH.oneOrMorePath, "+"), (SH.zeroOrOnePath, "?"))
        inverse = self.one(path, SH.inversePath)
        if inverse is not None:
            return f"^{self._path(inverse)}"
        for predicate, mark in marks:
            inner = self.one(path, predicate)
            if inner is not None:
                return f"({self._path(inner)}){mark}"
        choice = self.one(path, SH.alternativePath)
        steps = self.list_of(path if choice is None else choice)
        return "(" + ("/" if choice is None else "|").join(self._path(step) for step in steps) + ")"

    # ------------------------------------------------------------ what is wrong with the shapes

    def error(self, subject: Term, message: str, remedy: str) -> InputError:
        """An error about a shape, at its file."""
        shape = self.named(subject)
        name = shape.value if isinstance(shape, NamedNode) else "a shape without an address"
        return InputError(f"{name}: {message}", file=self.files.get(subject), remedy=remedy)

    def examine(self, subject: Term, row: Mapping[NamedNode, list[Term]]) -> None:
        """Refuse what pySHACL would pass over in silence or would evaluate unguarded."""
        for predicate, values in row.items():
            names = [
                predicate,
                *(value for value in values if isinstance(value, NamedNode) and predicate != SH.namespace),
            ]
            for name in names:
                self._known(subject, name)
            if predicate in TEXTS:
                for value in values:
                    self._allowed(subject, value)
        path = row.get(SH.path, [])
        if len(path) > 1 or (SH.PropertyShape in row.get(TYPE, ()) and not path):
            clause = f"See {CLAUSE}#property-shapes."
            raise self.error(subject, f"a property shape has exactly one sh:path, this one has {len(path)}.", clause)
        for node in row.get(SH.sparql, ()):
            if not self.all(node, SH.select) and not self.deactivated(node):
                raise self.error(
                    subject, "its sh:sparql constraint has no sh:select.", f"See {CLAUSE}#sparql-constraints."
                )

    def _known(self, subject: Term, name: NamedNode) -> None:
        local = name.value.removeprefix(str(SH))
        if local == name.value or local in KNOWN_TERMS or not local:
            return
        near = difflib.get_close_matches(local, KNOWN_TERMS, n=1)
        remedy = f"Did you mean sh:{near[0]}?" if near else f"See {CLAUSE} for its terms."
        raise self.error(subject, f"sh:{local} is not a term of SHACL.", remedy)

    def _allowed(self, subject: Term, text: Term) -> None:
        if not isinstance(text, Literal):
            raise self.error(subject, "a query of a shape must be text.", f"See {CLAUSE}#sparql-constraints.")
        for token in tokens(text.value):
            reason = REFUSED_WORDS.get(token.text.upper()) if token.kind == "word" else None
            if reason:
                remedy = f"Write the constraint without {token.text.upper()}."
                raise self.error(subject, f"its query uses {token.text.upper()}: {reason}.", remedy)

    def refuse_graphs(self, run_here: Collection[Term]) -> None:
        """Refuse GRAPH where pySHACL decides: it sees one graph, so a constraint would find nothing."""
        for subject, row in self.rows.items():
            for node in row.get(SH.sparql, ()):
                text = self.one(node, SH.select)
                if node in run_here or not isinstance(text, Literal) or self.deactivated(node):
                    continue
                if any(token.kind == "word" and token.text.upper() == "GRAPH" for token in tokens(text.value)):
                    raise self.error(
                        subject,
                        "its query uses GRAPH inside sh:or, sh:node or another shape.",
                        "Give the shape a target of its own.",
                    )

    # ------------------------------------------------------------ constraints in SPARQL

    def constraints(self) -> Iterator[Constraint]:
        """Yield the `sh:sparql` constraints that the gate runs itself.

        They sit on a shape with targets, or on a property shape right below one, and nothing else
        refers to their shape: inside sh:or, sh:node and the like they decide whether a shape
        conforms, and stay with pySHACL.
        """
        for shape in sorted((shape for shape, row in self.rows.items() if row.get(SH.sparql)), key=str):
            owners = self.owners(shape)
            for node in self.all(shape, SH.sparql):
                if self.deactivated(node) or self.deactivated(shape):
                    continue
                for owner in owners:
                    yield self._constraint(shape, owner, node)

    def owners(self, shape: Term) -> list[Term]:
        """The shapes whose targets are the focus nodes of `shape`, or none when pySHACL has to decide."""
        found = [shape] if self.has_targets(shape) else []
        for user, predicate in sorted(self.users.get(shape, ()), key=str):
            if predicate != SH.property or not self.has_targets(user) or self.one(user, SH.path) is not None:
                return []
            if self.users.get(user) and any(step in _REFERENCES for _, step in self.users[user]):
                return []
            if not self.deactivated(user):
                found.append(user)
        return found

    def _constraint(self, shape: Term, owner: Term, node: Term) -> Constraint:
        text = self.one(node, SH.select)
        assert isinstance(text, Literal), "examine() has seen to it"
        return Constraint(
            shape=shape,
            owner=owner,
            node=node,
            path=self.one(shape, SH.path),
            select=self.prologue(node) + text.value,
            messages=self.messages(node, shape),
            severity=self.severity(shape),
        )

    def prologue(self, node: Term) -> str:
        """The PREFIX lines that `sh:prefixes` gives a query; `owl:imports` among them is not followed."""
        found: dict[str, str] = {}
        for source in self.all(node, SH.prefixes):
            for declaration in self.all(source, SH.declare):
                name, space = self.one(declaration, SH.prefix), self.one(declaration, SH.namespace)
                if isinstance(name, Literal) and isinstance(space, Literal):
                    found[name.value] = space.value
        return "".join(f"PREFIX {name}: {NamedNode(space)}\n" for name, space in sorted(found.items()))


_REFERENCES = (SH.node, SH.term("not"), SH.qualifiedValueShape, SH.property, RDF.first)


def is_shacl(name: NamedNode) -> bool:
    """Whether a term is one of SHACL's."""
    return name.value.startswith(str(SH))


def is_shape_type(quad: Quad) -> bool:
    """Whether a quad says that something is a shape."""
    return quad.predicate == TYPE and quad.object in (SH.NodeShape, SH.PropertyShape)
