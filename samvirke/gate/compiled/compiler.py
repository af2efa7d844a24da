"""Read shapes into what can be evaluated, and say which shapes are left to pySHACL, and why.

Duty: from the shapes graph to `Shape` trees with their constraints. Level 3; evaluates nothing. A
shape is claimed only with everything below it, and only in the form that the standard describes: what
is ill-formed, comes back to itself, nests deep or uses anything beyond SHACL Core is left.
Source: https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyoxigraph

from samvirke.gate.compiled import paths, patterns
from samvirke.gate.compiled.shape import Compiled, Constraint, NotClaimed, Root, Shape, Targets, component
from samvirke.gate.compiled.values import XSD_STRING
from samvirke.gate.shapes import Shapes, is_shacl
from samvirke.gate.wording import generic
from samvirke.model import BlankNode, Literal, NamedNode, Term
from samvirke.terms import OWL, RDFS, SH, TYPE, XSD

_DEEPEST = 12  # pySHACL gives up at fifteen
NODE_KINDS = {
    SH.IRI: "<", SH.BlankNode: "_", SH.Literal: '"', SH.BlankNodeOrIRI: "_<", SH.BlankNodeOrLiteral: '_"',
    SH.IRIOrLiteral: '<"',
}  # fmt: skip
_NOT, _OR, _AND, _IN = SH.term("not"), SH.term("or"), SH.term("and"), SH.term("in")
_SILENT = frozenset({
    SH.path, SH.severity, SH.message, SH.deactivated, SH.term("name"), SH.description, SH.order, SH.group,
    SH.defaultValue, SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf, SH.flags,
    SH.ignoredProperties, SH.qualifiedMinCount, SH.qualifiedMaxCount, SH.qualifiedValueShapesDisjoint, SH.sparql,
    SH.declare,
})  # fmt: skip
_LISTS = (_AND, _OR, SH.xone)
_EXPECTING = (SH.property, SH.node, _NOT, SH.qualifiedValueShape)
_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)


def compiled(shapes: Shapes, run_here: frozenset[Term] = frozenset()) -> Compiled:
    """Compile every shape with targets. `run_here` are the `sh:sparql` constraints that are evaluated elsewhere."""
    reader = _Compiler(shapes, run_here)
    roots: list[Root] = []
    left: dict[Term, str] = {}
    trouble = reader.trouble()
    for node in sorted(reader.shape_nodes(), key=str):
        targets = targets_of(shapes, node)
        if not (targets.nodes or targets.classes or targets.subjects_of or targets.objects_of):
            continue
        try:
            if trouble:
                raise NotClaimed(trouble)
            shape = reader.shape(node, ())
        except NotClaimed as why:
            left[node] = str(why)
        else:
            if shape.constraints:
                roots.append(Root(shape, targets))
    return Compiled(tuple(roots), left)


def targets_of(shapes: Shapes, node: Term) -> Targets:
    """The targets of a shape; a shape that is a class targets its instances."""
    classes = [str(one) for one in shapes.all(node, SH.targetClass)]
    kinds = {
        RDFS.Class,
        OWL.Class,
        *(user for user, step in shapes.users.get(RDFS.Class, ()) if step == RDFS.subClassOf),
    }
    if kinds.intersection(shapes.all(node, TYPE)):
        classes.append(str(node))
    return Targets(
        tuple(str(one) for one in shapes.all(node, SH.targetNode)),
        tuple(classes),
        tuple(str(one) for one in shapes.all(node, SH.targetSubjectsOf)),
        tuple(str(one) for one in shapes.all(node, SH.targetObjectsOf)),
    )


@dataclass(slots=True)
class _Compiler:
    shapes: Shapes
    run_here: frozenset[Term]
    done: dict[Term, Shape] = field(default_factory=dict)
    engine: pyoxigraph.Store = field(default_factory=pyoxigraph.Store)

    # ------------------------------------------------------------ the graph as a whole

    def shape_nodes(self) -> set[Term]:
        """The nodes that are shapes (SHACL 2.1), as pySHACL finds them."""
        found: set[Term] = set()
        for subject, row in self.shapes.rows.items():
            if {SH.NodeShape, SH.PropertyShape}.intersection(row.get(TYPE, ())) or any(
                step in row for step in (*_TARGETS, SH.property, SH.node)
            ):
                found.add(subject)
            for step in _EXPECTING:
                found.update(row.get(step, ()))
            for step in _LISTS:
                for head in row.get(step, ()):
                    found.update(self.shapes.list_of(head))
        return found

    def trouble(self) -> str:
        """What pySHACL would stop at while it loads the shapes graph, whichever shape is evaluated."""
        for node, row in self.shapes.rows.items():
            kinds = {SH.NodeShape, SH.PropertyShape}.intersection(row.get(TYPE, ()))
            if len(kinds) > 1 or (SH.NodeShape in kinds and SH.path in row):
                return "a shape is of both kinds"
            if any(not self.shapes.list_of(head) for step in _LISTS for head in row.get(step, ())):
                return "a list of shapes is empty"
            flags = row.get(SH.deactivated, [])
            if len(flags) > 1 or not all(map(_is_boolean, flags)):
                return "sh:deactivated is not said in one boolean"
            if SH.ConstraintComponent in row.get(TYPE, ()) and isinstance(node, NamedNode) and not is_shacl(node):
                return "there are constraint components beyond SHACL Core"
        return ""

    # ------------------------------------------------------------ one shape

    def shape(self, node: Term, above: tuple[Term, ...]) -> Shape:
        """Compile a shape and what it refers to."""
        if node in above:
            raise NotClaimed("it comes back to itself")
        if len(above) > _DEEPEST:
            raise NotClaimed("it nests deep")
        if node not in self.done:
            self.done[node] = self._shape(node, above)
        return self.done[node]

    def _shape(self, node: Term, above: tuple[Term, ...]) -> Shape:
        shapes = self.shapes
        row = shapes.rows.get(node)
        if row is None or isinstance(node, Literal):
            raise NotClaimed("a shape it refers to says nothing")
        path_node = shapes.one(node, SH.path)
        path = None if path_node is None else paths.read(shapes, path_node)
        if path_node is not None and path is None:
            raise NotClaimed("a path is not well-formed, or turns a sequence round")
        if len(row.get(SH.severity, ())) > 1:
            raise NotClaimed("it has two severities")
        constraints: tuple[Constraint, ...] = ()
        if not shapes.deactivated(node):
            constraints = tuple(self._constraints(node, path is not None, (*above, node)))
        own = shapes.messages(node)
        components = {one.component for one in constraints}
        if SH.qualifiedValueShape in row:
            components |= {component("qualifiedMinCount"), component("qualifiedMaxCount")}
        return Shape(
            node=node,
            name=_bare(shapes.named(node)),
            path=path,
            path_text=shapes.path_text(path_node),
            severity=shapes.severity(node),
            constraints=constraints,
            words={one: own or generic(one, parameter(shapes, node, one)) for one in components},
        )

    def _constraints(self, node: Term, is_property: bool, above: tuple[Term, ...]) -> list[Constraint]:
        found: list[Constraint] = []
        for step in sorted(self.shapes.rows[node], key=str):
            if not is_shacl(step):
                continue
            name = step.value.removeprefix(str(SH))
            values = self.shapes.all(node, step)
            if step in _SILENT:
                self._silent(node, step, values)
            else:
                found += self._component(node, name, values, is_property, above)
        return found

    def _component(  # noqa: PLR0911 - a line for each component
        self, node: Term, name: str, values: list[Term], is_property: bool, above: tuple[Term, ...]
    ) -> list[Constraint]:
        match name:
            case "class" | "equals" | "disjoint":
                return self.addresses(values, name)
            case "not" | "node" | "property":
                return self.references(values, name, above)
            case "and" | "or" | "xone":
                return self.choices(values, name, above)
            case "qualifiedValueShape":
                return self.qualified(node, values, is_property, above)
            case "closed":
                return self.closed(node, values)
            case "pattern":
                return self.pattern(node, values)
            case "minCount" | "maxCount" | "minLength" | "maxLength":
                return self.count(values, name, is_property)
            case "lessThan" | "lessThanOrEquals":
                return self.order(values, name, is_property)
            case "uniqueLang":
                return self.unique_lang(values, is_property)
            case "minInclusive" | "minExclusive" | "maxInclusive" | "maxExclusive":
                return [Constraint(component(name), (one,)) for one in _terms(values, name, kind=Literal)]
        return self.simple(name, values)

    def simple(self, name: str, values: list[Term]) -> list[Constraint]:
        """The components that are given terms."""
        match name:
            case "datatype":
                return [Constraint(component(name), (_terms(values, name, single=True)[0][1:-1],))]
            case "nodeKind":
                return self.node_kind(values)
            case "languageIn":
                return self.languages(values)
            case "in":
                return [Constraint(component(name), tuple(map(str, self._list(values, name))))]
            case "hasValue":
                return [Constraint(component(name), (str(one),)) for one in values]
        raise NotClaimed(f"sh:{name} is not of SHACL Core")

    def _silent(self, node: Term, step: NamedNode, values: list[Term]) -> None:
        row = self.shapes.rows[node]
        if step == SH.sparql and not all(one in self.run_here or self.shapes.deactivated(one) for one in values):
            raise NotClaimed("its sh:sparql decides whether another shape conforms")
        if step == SH.ignoredProperties and SH.closed not in row:
            raise NotClaimed("sh:ignoredProperties stands without sh:closed")
        if step in {SH.qualifiedMinCount, SH.qualifiedMaxCount} and SH.qualifiedValueShape not in row:
            raise NotClaimed("a qualified count stands without a shape")

    # ------------------------------------------------------------ components

    def addresses(self, values: list[Term], name: str) -> list[Constraint]:
        """Components that are given addresses, each its own constraint."""
        return [Constraint(component(name), (one,)) for one in _terms(values, name)]

    def node_kind(self, values: list[Term]) -> list[Constraint]:
        """The component sh:nodeKind; `terms` holds the first characters that are allowed."""
        _terms(values, "nodeKind", single=True)
        marks = {str(kind): marks for kind, marks in NODE_KINDS.items()}.get(str(values[0]))
        if marks is None:
            raise NotClaimed("sh:nodeKind names no kind")
        return [Constraint(component("nodeKind"), (marks,))]

    def count(self, values: list[Term], name: str, is_property: bool) -> list[Constraint]:
        """Components that are given one number."""
        if not is_property and not name.endswith("Length"):
            raise NotClaimed(f"sh:{name} stands on a node shape")
        return [Constraint(component(name), number=self._number(values, name))]

    def _number(self, values: list[Term], name: str) -> int:
        if len(values) != 1 or not isinstance(values[0], Literal) or values[0].datatype != XSD.integer:
            raise NotClaimed(f"sh:{name} is not given one whole number")
        text = values[0].value
        if not text.isascii() or not text.isdigit():
            raise NotClaimed(f"sh:{name} is not given a whole number from 0 up")
        return int(text)

    def pattern(self, node: Term, values: list[Term]) -> list[Constraint]:
        """The component sh:pattern."""
        _terms(values, "pattern", kind=Literal)
        flags = self.shapes.all(node, SH.flags)
        if len(flags) > 1:
            raise NotClaimed("sh:flags is not one text")
        said = "".join(one.value for one in flags)
        found: list[Constraint] = []
        for value in values:
            pattern = patterns.read(value.value, said)
            if pattern is None or not pattern.usable(self.engine):
                raise NotClaimed(f"Python may read the pattern {value.value!r} in another way than the engine")
            found.append(Constraint(component("pattern"), (str(value),), pattern=pattern))
        return found

    def languages(self, values: list[Term]) -> list[Constraint]:
        """The component sh:languageIn."""
        members = self._list(values, "languageIn")
        texts = [one.value for one in members if isinstance(one, Literal) and one.datatype.value == XSD_STRING]
        if len(texts) != len(members):
            raise NotClaimed("sh:languageIn lists what is no text")
        return [Constraint(component("languageIn"), tuple(text.lower() for text in texts))]

    def _list(self, values: list[Term], name: str) -> list[Term]:
        members = paths.well_formed_list(self.shapes, values[0]) if len(values) == 1 else None
        if members is None:
            raise NotClaimed(f"sh:{name} is not given one list")
        return members

    def unique_lang(self, values: list[Term], is_property: bool) -> list[Constraint]:
        """The component sh:uniqueLang."""
        if len(values) != 1 or not _is_boolean(values[0]) or not is_property:
            raise NotClaimed("sh:uniqueLang is not one boolean on a property shape")
        return [Constraint(component("uniqueLang"))] if _is_true(values[0]) else []

    def order(self, values: list[Term], name: str, is_property: bool) -> list[Constraint]:
        """The components sh:lessThan and sh:lessThanOrEquals."""
        if not is_property:
            raise NotClaimed(f"sh:{name} stands on a node shape")
        return self.addresses(values, name)

    def references(self, values: list[Term], name: str, above: tuple[Term, ...]) -> list[Constraint]:
        """The components that refer to shapes one by one."""
        found = []
        for value in values:
            shape = self.shape(value, above)
            if name != "not" and (shape.path is None) == (name == "property"):
                raise NotClaimed(f"sh:{name} refers to the other kind of shape")
            found.append(Constraint(component(name), shapes=(shape,)))
        return found

    def choices(self, values: list[Term], name: str, above: tuple[Term, ...]) -> list[Constraint]:
        """The components that are given a list of shapes."""
        found = []
        for value in values:
            members = [self.shape(one, above) for one in self._list([value], name)]
            found.append(Constraint(component(name), shapes=tuple(members)))
        return found

    def qualified(self, node: Term, values: list[Term], is_property: bool, above: tuple[Term, ...]) -> list[Constraint]:
        """The component sh:qualifiedValueShape, with the shapes that its values may not conform to as well."""
        if not is_property:
            raise NotClaimed("sh:qualifiedValueShape stands on a node shape")
        flags = self.shapes.all(node, SH.qualifiedValueShapesDisjoint)
        if not all(map(_is_boolean, flags)):
            raise NotClaimed("sh:qualifiedValueShapesDisjoint is no boolean")
        found = []
        for value in values:
            shape = self.shape(value, above)
            others: tuple[Shape, ...] = ()
            if any(map(_is_true, flags)):
                others = tuple(self.shape(one, above) for one in sorted(self._siblings(node, value), key=str))
            for name in ("qualifiedMinCount", "qualifiedMaxCount"):
                if limits := self.shapes.all(node, SH.term(name)):
                    number = self._number(limits, name)
                    found.append(Constraint(component(name), number=number, shapes=(shape,), others=others))
        if not found:
            raise NotClaimed("sh:qualifiedValueShape has no count")
        return found

    def _siblings(self, node: Term, value: Term) -> set[Term]:
        parents = {user for user, step in self.shapes.users.get(node, ()) if step == SH.property}
        near = {one for parent in parents for one in self.shapes.all(parent, SH.property)}
        return {one for shape in near for one in self.shapes.all(shape, SH.qualifiedValueShape)} - {value}

    def closed(self, node: Term, values: list[Term]) -> list[Constraint]:
        """The component sh:closed; `terms` are the properties that are allowed."""
        if len(values) != 1 or not _is_boolean(values[0]):
            raise NotClaimed("sh:closed is not one boolean")
        allowed: list[str] = []
        for head in self.shapes.all(node, SH.ignoredProperties):
            allowed += map(str, self._list([head], "ignoredProperties"))
        for shape in self.shapes.all(node, SH.property):
            allowed += [str(one) for one in self.shapes.all(shape, SH.path) if not isinstance(one, BlankNode)]
        return [Constraint(component("closed"), tuple(allowed))] if _is_true(values[0]) else []


def _terms(values: list[Term], name: str, *, single: bool = False, kind: type = NamedNode) -> list[str]:
    """The values of a parameter, which must be terms of one kind."""
    if single and len(values) != 1:
        raise NotClaimed(f"sh:{name} has {len(values)} values")
    if not all(isinstance(value, kind) for value in values):
        raise NotClaimed(f"sh:{name} is given another kind of term")
    return [str(value) for value in values]


def parameter(shapes: Shapes, shape: Term, component: str) -> str:
    """The value of the component's parameter on the shape, for a message that names it."""
    local = component.removeprefix(str(SH)).removesuffix("ConstraintComponent")
    value = shapes.one(shape, SH.term(local[:1].lower() + local[1:])) if local else None
    return "" if value is None or isinstance(value, BlankNode) else value.value


def _bare(term: Term) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _is_boolean(term: Term) -> bool:
    return isinstance(term, Literal) and term.datatype == XSD.boolean and term.value in {"true", "false", "1", "0"}


def _is_true(term: Term) -> bool:
    return isinstance(term, Literal) and term.value in {"true", "1"}
