"""The compiled schema: what an ontology and its shapes say to pages, search and lists.

Duty: read schema quads once into plain values (`compile_schema`) and answer questions about them.
Level 2. Must not read data, name a term of a site, or know the web. Works with no shapes and with
no ontology at all: whatever is not said falls back to local names and to the order of the alphabet.
Source: https://www.w3.org/TR/shacl/#nonValidation, http://datashapes.org/propertyroles.html
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, TypeVar

from samvirke.model import BlankNode, Literal, NamedNode, Quad, Term, Triple
from samvirke.schema.hints import (
    HUES,
    ICONS,
    LAST,
    ClassHint,
    Field,
    Group,
    PropertyHint,
    TermHint,
    Text,
    Texts,
    choose,
    local_name,
    readable_name,
    slug,
)
from samvirke.terms import CORE, DASH, DCAT, DCT, NIF, OA, OWL, PROV, RDF, RDFS, SH, SKOS, TYPE, VOID, XSD

LABEL_PROPERTIES = (
    SKOS.prefLabel.value,
    RDFS.label.value,
    DCT.title.value,
    "http://xmlns.com/foaf/0.1/name",
    "https://schema.org/name",
    "http://schema.org/name",
    "http://purl.org/dc/elements/1.1/title",
)
ALTERNATIVE_PROPERTIES = (
    SKOS.altLabel.value,
    DCT.alternative.value,
    "https://schema.org/alternateName",
    "http://schema.org/alternateName",
)
DESCRIPTION_PROPERTIES = (
    DCT.description.value,
    SKOS.definition.value,
    RDFS.comment.value,
    "https://schema.org/description",
    "http://schema.org/description",
)
WELL_KNOWN_PREFIXES: Mapping[str, str] = {
    "core": str(CORE),
    "dash": str(DASH),
    "dcat": str(DCAT),
    "dct": str(DCT),
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "nif": str(NIF),
    "oa": str(OA),
    "org": "http://www.w3.org/ns/org#",
    "owl": str(OWL),
    "prov": str(PROV),
    "rdf": str(RDF),
    "rdfs": str(RDFS),
    "schema": "https://schema.org/",
    "sh": str(SH),
    "skos": str(SKOS),
    "time": "http://www.w3.org/2006/time#",
    "void": str(VOID),
    "xsd": str(XSD),
}
VANN_PREFIX = NamedNode("http://purl.org/vocab/vann/preferredNamespacePrefix")
VANN_NAMESPACE = NamedNode("http://purl.org/vocab/vann/preferredNamespaceUri")
ROLES: Mapping[Term, str] = {
    DASH.LabelRole: "label",
    DASH.IDRole: "id",
    DASH.DescriptionRole: "description",
    DASH.KeyInfoRole: "key",
}
MATCHES = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch, OWL.sameAs)
KINDS = (
    (OWL.Class, "class"),
    (RDFS.Class, "class"),
    (OWL.ObjectProperty, "property"),
    (OWL.DatatypeProperty, "property"),
    (OWL.AnnotationProperty, "property"),
    (RDF.Property, "property"),
    (SKOS.ConceptScheme, "scheme"),
    (SKOS.Concept, "concept"),
    (OWL.NamedIndividual, "individual"),
    (SH.NodeShape, "shape"),
    (SH.PropertyShape, "shape"),
    (CORE.Rule, "rule"),
)

BOUNDS = frozenset(CORE.term(name).value for name in ("beginEarliest", "beginLatest", "endEarliest", "endLatest"))
ANSWERS_KEPT = 20_000
_UNKNOWN = object()

Answer = TypeVar("Answer")
Value = TypeVar("Value", ClassHint, Field, Group, PropertyHint, TermHint)


@dataclass(frozen=True)
class Schema:
    """What the engine knows of a site's ontology and shapes.

    `languages` are the site's, the default first; `prefixes` maps a prefix to its namespace.
    All maps are keyed by address. `unnamed_facts`: facts may stand in the default graph alone, with no evidence.
    Frozen; the lookups are computed once on first use.
    """

    base: str
    languages: tuple[str, ...]
    classes: Mapping[str, ClassHint] = field(default_factory=dict)
    properties: Mapping[str, PropertyHint] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    terms: Mapping[str, TermHint] = field(default_factory=dict)
    ontologies: Mapping[str, Texts] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    unnamed_facts: bool = False

    def to_json(self) -> str:
        """Return the schema as JSON, the same text for the same schema."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """Read what `to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        return cls(
            base=raw["base"],
            languages=tuple(raw["languages"]),
            classes={iri: _class_from(value) for iri, value in raw["classes"].items()},
            properties={iri: _value_from(PropertyHint, value) for iri, value in raw["properties"].items()},
            groups={iri: _value_from(Group, value) for iri, value in raw["groups"].items()},
            terms={iri: _value_from(TermHint, value) for iri, value in raw["terms"].items()},
            ontologies=raw["ontologies"],
            prefixes=raw["prefixes"],
            unnamed_facts=bool(raw.get("unnamed_facts", False)),
        )

    # ------------------------------------------------------------ what is asked again and again

    @cached_property
    def _answers(self) -> dict[Hashable, Any]:
        return {}

    def _learnt(self, key: Hashable, find: Callable[[], Answer]) -> Answer:
        """Return what `find` answers, found once: a page asks the same of the schema hundreds of times.

        Data can make up any number of keys, so everything is forgotten when it is much. Threads may find twice.
        """
        answers = self._answers
        found = answers.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            if len(answers) >= ANSWERS_KEPT:
                answers.clear()
            found = answers[key] = find()
        answer: Answer = found
        return answer

    # ------------------------------------------------------------ texts

    def text(self, texts: Texts, language: str) -> Text | None:
        """Choose among languages: the one asked for, the site's, none, any."""
        return choose(texts, language, self.languages)

    def name(self, iri: str, language: str) -> Text:
        """Return the name of any term: class, property, concept; at the least its local name."""
        return self._learnt(("name", iri, language), lambda: self._name(iri, language))

    def _name(self, iri: str, language: str) -> Text:
        for known in (self.classes, self.properties, self.terms):
            hint = known.get(iri)
            found = self.text(hint.labels, language) if hint else None
            if found:
                return found
        return Text(readable_name(iri))

    def reverse_name(self, iri: str, language: str) -> Text | None:
        """Return the property's name seen from the other end, if the ontology words it."""
        return self._learnt(("reverse", iri, language), lambda: self._reverse_name(iri, language))

    def _reverse_name(self, iri: str, language: str) -> Text | None:
        hint = self.properties.get(iri)
        if hint is None:
            return None
        found = self.text(hint.reverse_names, language)
        if found:
            return found
        for inverse in hint.inverses:
            other = self.properties.get(inverse)
            named = self.text(other.labels, language) if other else None
            if named:
                return named
        return None

    def shorten(self, iri: str) -> str:
        """Return `prefix:local` where a prefix covers the address, else the address."""
        best = max(
            ((prefix, space) for prefix, space in self.prefixes.items() if iri.startswith(space) and iri != space),
            key=lambda pair: len(pair[1]),
            default=None,
        )
        if best is None:
            return iri
        rest = iri[len(best[1]) :]
        return f"{best[0]}:{rest}" if "/" not in rest and "#" not in rest else iri

    # ------------------------------------------------------------ classes

    def superclasses(self, iri: str) -> tuple[str, ...]:
        """Return the class's superclasses, nearest first, without itself."""
        return self._ancestors.get(iri, ())

    def subclasses(self, iri: str) -> tuple[str, ...]:
        """Return the class and its subclasses, sorted."""
        return self._descendants.get(iri, (iri,))

    @cached_property
    def _descendants(self) -> dict[str, tuple[str, ...]]:
        below: dict[str, set[str]] = defaultdict(set)
        for iri, ancestors in self._ancestors.items():
            for above in ancestors:
                below[above].add(iri)
        return {iri: tuple(sorted({iri, *some})) for iri, some in below.items()}

    @cached_property
    def declared(self) -> Mapping[str, tuple[str, ...]]:
        """The properties that the ontology gives each class: those whose domain it is."""
        found: dict[str, list[str]] = defaultdict(list)
        for iri in sorted(self.properties):
            for domain in self.terms[iri].domains if iri in self.terms else ():
                found[domain].append(iri)
        return {domain: tuple(some) for domain, some in found.items()}

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        return {iri: _closure(iri, self._direct) for iri in self.classes}

    def _direct(self, iri: str) -> tuple[str, ...]:
        hint = self.classes.get(iri)
        return hint.superclasses if hint else ()

    def class_hint(self, iri: str) -> ClassHint:
        """Return the class with its looks inherited; an unknown class is a grey ring."""
        known = self._hints.get(iri)
        if known is None:
            known = self._inherited(iri)
            if iri in self.classes:  # A page asks hundreds of times; what data make up is not kept.
                self._hints[iri] = known
        return known

    @cached_property
    def _hints(self) -> dict[str, ClassHint]:
        return {}

    def _inherited(self, iri: str) -> ClassHint:
        hint = self.classes.get(iri) or ClassHint(iri, slug(local_name(iri)))
        line = [hint, *(self.classes[above] for above in self.superclasses(iri) if above in self.classes)]
        return replace(
            hint,
            icon=next((one.icon for one in line if one.icon), "ring"),
            hue=next((one.hue for one in line if one.hue), 0),
            detail=any(one.detail for one in line),
        )

    def main_class(self, types: Iterable[str]) -> str:
        """Return the type a thing is introduced by: the most specific, best described one; "" for none."""
        key = tuple(types)
        return self._learnt(("main", key), lambda: self._main_class(key))

    def _main_class(self, types: Iterable[str]) -> str:
        given = set(types)
        above = {ancestor for iri in given for ancestor in self.superclasses(iri)}
        specific = sorted(given - above) or sorted(given)
        return min(specific, key=self._rank, default="")

    def _rank(self, iri: str) -> tuple[bool, bool, float, int, str]:
        hint = self.class_hint(iri)
        return (iri not in self.classes, hint.icon == "ring", hint.order, -len(self.superclasses(iri)), iri)

    def is_detail(self, types: Iterable[str]) -> bool:
        """Whether a thing of these types is shown inside others and not listed."""
        key = tuple(types)
        return self._learnt(("detail", key), lambda: any(self.class_hint(iri).detail for iri in key))

    @cached_property
    def _nameless(self) -> str:
        return f"{self.base}.well-known/genid/"

    def is_nameless(self, node: Term | Triple) -> bool:
        """Whether a thing is a blank node, or was one before it was given an address to be stored under.

        Source: https://www.w3.org/TR/rdf11-concepts/#section-skolemization
        """
        return isinstance(node, BlankNode) or (isinstance(node, NamedNode) and node.value.startswith(self._nameless))

    def place(self, iri: str) -> float:
        """Return where things of a class stand among others: the order of the class, else of the nearest above it."""
        line = (iri, *self.superclasses(iri))
        return next(
            (self.classes[one].order for one in line if one in self.classes and self.classes[one].order < LAST), LAST
        )

    def listed_classes(self) -> list[ClassHint]:
        """Return the classes that lists and menus may show, in the order the shapes give them."""
        hints = [self.class_hint(iri) for iri in self.classes]
        shown = [hint for hint in hints if not hint.detail and (hint.plurals or hint.fields)]
        return sorted(shown, key=lambda hint: (hint.order, hint.hue or LAST, hint.iri))

    @cached_property
    def _slugs(self) -> dict[str, str]:
        return {hint.slug: iri for iri, hint in self.classes.items()}

    def class_by_slug(self, name: str) -> str:
        """Return the address of the class whose page has this slug; "" when none has."""
        return self._slugs.get(name, "")

    # ------------------------------------------------------------ fields

    def fields(self, types: Iterable[str]) -> tuple[Field, ...]:
        """Return the rows for a thing of these types, in order.

        A shape of a subclass is heard before one of its superclass; shapes that speak of the same
        path (and the same restriction) are one row.
        """
        key = tuple(types)
        return self._learnt(("fields", key), lambda: self._fields(key))

    def _fields(self, types: Iterable[str]) -> tuple[Field, ...]:
        given = sorted(set(types))
        line: list[str] = []
        for iri in sorted(given, key=lambda one: (-len(self.superclasses(one)), one)):
            line += [one for one in (iri, *self.superclasses(iri)) if one not in line]
        merged: dict[Any, Field] = {}
        for iri in line:
            hint = self.classes.get(iri)
            for row in hint.fields if hint else ():
                merged[row.key] = _merge(merged[row.key], row) if row.key in merged else row
        return tuple(sorted(merged.values(), key=self._place))

    def describing(self, types: Iterable[str]) -> tuple[str, ...]:
        """Return the properties that describe things of these types: those with the role, then the usual ones."""
        key = tuple(types)
        return self._learnt(("describing", key), lambda: self._describing(key))

    def _describing(self, types: Iterable[str]) -> tuple[str, ...]:
        rows = [row.path for row in self.fields(types) if "description" in row.roles]
        return (*rows, *self.description_properties)

    def bare_field(self, path: str, *, inverse: bool = False) -> Field:
        """Return the row of a property that no shape speaks of: the same each time."""
        return self._learnt(("bare", path, inverse), lambda: Field(path, inverse=inverse))

    def row_words(self, row: Field, language: str) -> tuple[Text, str]:
        """Return what a row of a page is called, and its description: the shape's words, else the property's."""
        # A row holds dictionaries, so it is known by itself; kept with its words, no other can come to bear its number.
        return self._learnt(("row", id(row), language), lambda: (row, self._row_words(row, language)))[1]

    def _row_words(self, row: Field, language: str) -> tuple[Text, str]:
        described = self.text(row.descriptions, language)
        named = self.text(row.names, language)
        if named is None and row.inverse:
            named = self.reverse_name(row.path, language)
        return named or self.name(row.path, language), described.value if described else ""

    def line_fields(self, types: Iterable[str]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
        """Return the rows by which a detail of these types is said in one line: what it joins, and what is noted."""
        key = tuple(types)
        return self._learnt(("line", key), lambda: self._line_fields(key))

    def _line_fields(self, types: Iterable[str]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
        rows = [row for row in self.fields(types) if not row.hidden]
        named = [row for row in rows if "label" in row.roles]
        return tuple(named), tuple(row for row in rows if "key" in row.roles and row not in named)

    def _place(self, row: Field) -> tuple[float, str, float, str, bool, tuple[tuple[str, str], ...]]:
        group = self.groups.get(row.group)
        order = group.order if group else (-1.0 if not row.group else LAST)
        return (order, row.group, row.order, row.path, row.inverse, row.only)

    @cached_property
    def label_properties(self) -> tuple[str, ...]:
        """The properties that name things, best first: those the shapes give the label role, then the usual ones."""
        return self._with_role("label", LABEL_PROPERTIES)

    def node(self, iri: str) -> NamedNode:
        """Return an address as a term, made once where it is a property of the schema."""
        found = self._nodes.get(iri)
        return NamedNode(iri) if found is None else found

    @cached_property
    def _nodes(self) -> dict[str, NamedNode]:
        paths = {row.path for hint in self.classes.values() for row in hint.fields}
        only = {path for hint in self.classes.values() for row in hint.fields for path, _ in row.only}
        return {iri: NamedNode(iri) for iri in (*self.properties, *paths, *only)}

    @cached_property
    def label_nodes(self) -> tuple[NamedNode, ...]:
        """The properties that name things, as terms."""
        return tuple(map(NamedNode, self.label_properties))

    @cached_property
    def label_places(self) -> Mapping[str, int]:
        """The properties that name things, each with its place: the best one's is the lowest."""
        return {iri: place for place, iri in reversed(list(enumerate(self.label_properties)))}

    def is_told(self, iri: str) -> bool:
        """Whether a property's dates are told by somebody, and not bounds computed from what was told."""
        return self._learnt(("told", iri), lambda: self._is_told(iri))

    def _is_told(self, iri: str) -> bool:
        hint = self.properties.get(iri)
        return BOUNDS.isdisjoint({iri, *(hint.superproperties if hint else ())})

    @cached_property
    def description_properties(self) -> tuple[str, ...]:
        """The properties that describe things, best first."""
        return self._with_role("description", DESCRIPTION_PROPERTIES)

    def _with_role(self, role: str, usual: Sequence[str]) -> tuple[str, ...]:
        own = {
            row.path
            for hint in self.classes.values()
            if not self.class_hint(hint.iri).detail
            for row in hint.fields
            if role in row.roles and not row.inverse
        }
        return (*(iri for iri in usual if iri in own), *sorted(own - set(usual)), *(i for i in usual if i not in own))


def _closure(start: str, step: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """Return what is reached from `start`, nearest first; a loop ends where it began."""
    found: list[str] = []
    front = [start]
    while front:
        front = [above for iri in front for above in step(iri)]
        front = [iri for iri in dict.fromkeys(front) if iri not in found and iri != start]
        found += front
    return tuple(found)


def _merge(first: Field, second: Field) -> Field:
    """Return one row of two shapes on the same path; what the first says stands."""
    return replace(
        first,
        names={**second.names, **first.names},
        descriptions={**second.descriptions, **first.descriptions},
        order=min(first.order, second.order),
        group=first.group or second.group,
        roles=tuple(sorted({*first.roles, *second.roles})),
        viewer=first.viewer or second.viewer,
        datatypes=first.datatypes or second.datatypes,
        classes=first.classes or second.classes,
        gap=first.gap or second.gap,
        facet=second.facet if first.facet is None else first.facet,
        facet_order=min(first.facet_order, second.facet_order),
        hidden=first.hidden or second.hidden,
        least=max(first.least, second.least),
        most=min(first.most, second.most) or first.most or second.most,
    )


def _value_from(kind: type[Value], raw: Mapping[str, Any]) -> Value:
    tuples = {one.name for one in fields(kind) if str(one.type).startswith("tuple")}
    given: dict[str, Any] = {name: tuple(value) if name in tuples else value for name, value in raw.items()}
    return kind(**given)


def _class_from(raw: Mapping[str, Any]) -> ClassHint:
    rows = tuple(
        _value_from(Field, {**row, "only": tuple(tuple(pair) for pair in row["only"])}) for row in raw["fields"]
    )
    return replace(_value_from(ClassHint, {**raw, "fields": ()}), fields=rows)


# ---------------------------------------------------------------- compiling


class _Reader:
    """The schema quads by subject and predicate; the graph they stand in does not matter."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        self.objects: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self.graphs: dict[Term, str] = {}
        for quad in quads:
            if isinstance(quad.subject, Triple) or isinstance(quad.object, Triple):
                continue
            values = self.objects[quad.subject][quad.predicate]
            if quad.object not in values:
                values.append(quad.object)
            if isinstance(quad.graph_name, NamedNode):
                self.graphs.setdefault(quad.subject, quad.graph_name.value)

    def all(self, subject: Term, *properties: NamedNode) -> list[Term]:
        """The values of some properties, in the order of the properties, then of the alphabet."""
        row = self.objects.get(subject)
        return [value for one in properties for value in sorted(row[one], key=str)] if row else []

    def one(self, subject: Term, *properties: NamedNode) -> Term | None:
        """The first value, if there is one."""
        return next(iter(self.all(subject, *properties)), None)

    def iris(self, subject: Term, *properties: NamedNode) -> tuple[str, ...]:
        """The values that are addresses."""
        values = self.all(subject, *properties)
        return tuple(dict.fromkeys(value.value for value in values if isinstance(value, NamedNode)))

    def texts(self, subject: Term, *properties: NamedNode) -> dict[str, str]:
        """The texts by language; the first property that has a language decides it."""
        found: dict[str, str] = {}
        for value in self.all(subject, *properties):
            if isinstance(value, Literal):
                found.setdefault(value.language or "", value.value)
        return found

    def number(self, subject: Term, predicate: NamedNode, default: float) -> float:
        """The value as a number, else the default: a bad number must not stop the pages."""
        value = self.one(subject, predicate)
        try:
            return float(value.value) if isinstance(value, Literal) else default
        except ValueError:
            return default

    def true(self, subject: Term, predicate: NamedNode) -> bool:
        """Whether the value is true."""
        value = self.one(subject, predicate)
        return isinstance(value, Literal) and value.value in {"true", "1"}

    def said(self, subject: Term, predicate: NamedNode) -> bool | None:
        """Whether the value is true; None where there is none."""
        return None if self.one(subject, predicate) is None else self.true(subject, predicate)

    def typed(self, *types: NamedNode) -> list[Term]:
        """The subjects of some types, sorted."""
        wanted = set(types)
        found = [subject for subject, row in self.objects.items() if wanted.intersection(row.get(TYPE, ()))]
        return sorted(found, key=str)


def compile_schema(
    quads: Iterable[Quad],
    *,
    base: str,
    languages: Sequence[str],
    prefixes: Mapping[str, str] | None = None,
) -> Schema:
    """Compile the schema graphs of a site.

    Reads:  ontology, shapes, SKOS schemes and the engine's vocabulary, in any mixture of graphs.
    Returns the schema; `prefixes` (those of the files) win over the ontologies' own wish and those
    over the well-known ones. Never raises on odd shapes: what cannot be shown is left out.
    """
    reader = _Reader(quads)
    rows, orders = _fields_by_class(reader)
    classes = _classes(reader, rows, orders, base)
    return Schema(
        base=base,
        languages=tuple(languages),
        classes=classes,
        properties=_properties(reader, rows),
        groups={
            one.value: Group(one.value, reader.texts(one, RDFS.label, SH.name), reader.number(one, SH.order, LAST))
            for one in reader.typed(SH.PropertyGroup)
            if isinstance(one, NamedNode)
        },
        terms=_terms(reader),
        ontologies={
            one.value: reader.texts(one, DCT.title, RDFS.label, SKOS.prefLabel)
            for one in reader.typed(OWL.Ontology, SKOS.ConceptScheme)
            if isinstance(one, NamedNode)
        },
        prefixes=_prefixes(reader, base, prefixes or {}),
    )


def _prefixes(reader: _Reader, base: str, given: Mapping[str, str]) -> dict[str, str]:
    found = {**WELL_KNOWN_PREFIXES, "d": base + "id/"}
    for subject in sorted(reader.objects, key=str):
        pairs = ((VANN_PREFIX, VANN_NAMESPACE), (SH.prefix, SH.namespace))
        for name_property, space_property in pairs:
            name, space = reader.one(subject, name_property), reader.one(subject, space_property)
            if isinstance(name, Literal) and isinstance(space, Literal):
                found[name.value] = space.value
    return {**found, **{name: space for name, space in given.items() if name and space}}


def _classes(
    reader: _Reader, rows: Mapping[str, list[Field]], orders: Mapping[str, float], base: str
) -> dict[str, ClassHint]:
    known = {one.value for one in reader.typed(OWL.Class, RDFS.Class) if isinstance(one, NamedNode)}
    named = known | set(rows)
    # The site's own classes get the short slugs; a namesake from elsewhere gets a number.
    taken: dict[str, int] = {}
    hints: dict[str, ClassHint] = {}
    for iri in sorted(named, key=lambda one: (not one.startswith(base), one)):
        node = NamedNode(iri)
        stem = slug(local_name(iri))
        taken[stem] = taken.get(stem, 0) + 1
        icon = reader.one(node, CORE.icon)
        hue = int(reader.number(node, CORE.hue, 0))
        hints[iri] = ClassHint(
            iri=iri,
            slug=stem if taken[stem] == 1 else f"{stem}-{taken[stem]}",
            labels=reader.texts(node, RDFS.label, SKOS.prefLabel),
            plurals=reader.texts(node, CORE.plural),
            definitions=reader.texts(node, SKOS.definition, RDFS.comment, DCT.description),
            icon=icon.value if isinstance(icon, Literal) and icon.value in ICONS else "",
            hue=hue if hue in HUES else 0,
            order=min(orders.get(iri, LAST), reader.number(node, SH.order, LAST)),
            detail=reader.true(node, CORE.detail),
            superclasses=reader.iris(node, RDFS.subClassOf),
            fields=tuple(rows.get(iri, ())),
        )
    return hints


def _properties(reader: _Reader, rows: Mapping[str, list[Field]]) -> dict[str, PropertyHint]:
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDF.Property)
    known = {one.value for one in reader.typed(*kinds) if isinstance(one, NamedNode)}
    known |= {row.path for row_list in rows.values() for row in row_list}
    inverses: dict[str, set[str]] = defaultdict(set)
    for iri in known:
        for other in reader.iris(NamedNode(iri), OWL.inverseOf):
            inverses[iri].add(other)
            inverses[other].add(iri)
    return {
        iri: PropertyHint(
            iri=iri,
            labels=reader.texts(NamedNode(iri), RDFS.label, SKOS.prefLabel),
            reverse_names=reader.texts(NamedNode(iri), CORE.reverseName),
            definitions=reader.texts(NamedNode(iri), SKOS.definition, RDFS.comment, DCT.description),
            superproperties=_closure(iri, lambda one: reader.iris(NamedNode(one), RDFS.subPropertyOf)),
            inverses=tuple(sorted(inverses.get(iri, ()))),
        )
        for iri in sorted(known)
    }


def _terms(reader: _Reader) -> dict[str, TermHint]:
    found: dict[str, TermHint] = {}
    # A concept may be typed by a class of the site's own; its place in a scheme tells what it is.
    schemed = sorted((node for node, row in reader.objects.items() if row.get(SKOS.inScheme)), key=str)
    for kind, word in (*KINDS, (None, "concept")):
        for node in schemed if kind is None else reader.typed(kind):
            if not isinstance(node, NamedNode) or node.value in found:
                continue
            defined = reader.iris(node, RDFS.isDefinedBy, SKOS.inScheme)
            found[node.value] = TermHint(
                iri=node.value,
                kind=word,
                ontology=defined[0] if defined else reader.graphs.get(node, ""),
                labels=reader.texts(node, SKOS.prefLabel, RDFS.label, DCT.title, SH.name),
                definitions=reader.texts(node, SKOS.definition, RDFS.comment, DCT.description),
                notes=reader.texts(node, SKOS.scopeNote, CORE.ruleText),
                examples=reader.texts(node, SKOS.example),
                parents=reader.iris(node, RDFS.subClassOf, RDFS.subPropertyOf, SKOS.broader),
                domains=reader.iris(node, RDFS.domain),
                ranges=reader.iris(node, RDFS.range),
                matches=reader.iris(node, *MATCHES, OWL.equivalentClass, OWL.equivalentProperty),
            )
    return dict(sorted(found.items()))


# ---------------------------------------------------------------- shapes


def _fields_by_class(reader: _Reader) -> tuple[dict[str, list[Field]], dict[str, float]]:
    """Return each class's rows, and the place its shape gives the class."""
    rows: dict[str, list[Field]] = defaultdict(list)
    orders: dict[str, float] = {}
    for shape in reader.typed(SH.NodeShape):
        targets = [*reader.iris(shape, SH.targetClass)]
        if isinstance(shape, NamedNode) and {OWL.Class, RDFS.Class}.intersection(reader.all(shape, TYPE)):
            targets.append(shape.value)  # implicit class target, SHACL 2.1.3.3
        if reader.true(shape, SH.deactivated):
            continue
        own = _fields_of_shape(reader, shape, seen=frozenset())
        for target in targets:
            orders[target] = min(orders.get(target, LAST), reader.number(shape, SH.order, LAST))
            known = {row.key: position for position, row in enumerate(rows[target])}
            for row in own:
                if row.key in known:
                    # Of two shapes on a path the one that gives it a place speaks first: the other only checks.
                    first, second = sorted((rows[target][known[row.key]], row), key=lambda one: one.order)
                    rows[target][known[row.key]] = _merge(first, second)
                else:
                    known[row.key] = len(rows[target])
                    rows[target].append(row)
    return rows, orders


def _fields_of_shape(reader: _Reader, shape: Term, *, seen: frozenset[Term]) -> list[Field]:
    if shape in seen:
        return []
    found = []
    for node in reader.all(shape, SH.property):
        row = None if reader.true(node, SH.deactivated) else _field(reader, node)
        if row:
            found.append(row)
    for other in reader.all(shape, SH.node):
        found += _fields_of_shape(reader, other, seen=seen | {shape})
    return found


def _field(reader: _Reader, node: Term) -> Field | None:
    path, inverse = _path(reader, reader.one(node, SH.path))
    if not path:
        return None
    viewer = reader.iris(node, DASH.viewer)
    least = max(reader.number(node, SH.minCount, 0), reader.number(node, SH.qualifiedMinCount, 0))
    only_told = reader.one(node, SH.severity) == SH.Info
    return Field(
        path=path,
        inverse=inverse,
        only=_restriction(reader, node),
        names=reader.texts(node, SH.name),
        descriptions=reader.texts(node, SH.description),
        order=reader.number(node, SH.order, LAST),
        group=next(iter(reader.iris(node, SH.group)), ""),
        roles=tuple(sorted(ROLES[role] for role in reader.all(node, DASH.propertyRole) if role in ROLES)),
        viewer=local_name(viewer[0]) if viewer else "",
        datatypes=reader.iris(node, SH.datatype),
        classes=reader.iris(node, SH.term("class")),
        gap=only_told and least >= 1,
        facet=reader.said(node, CORE.facet),
        facet_order=reader.number(node, CORE.facetOrder, LAST),
        hidden=reader.true(node, DASH.hidden),
        least=0 if only_told else int(least),
        most=0 if only_told else int(reader.number(node, SH.maxCount, 0)),
    )


def _path(reader: _Reader, path: Term | None) -> tuple[str, bool]:
    """Return a path's property and direction; ("", False) for paths that are not one step."""
    if isinstance(path, NamedNode):
        return path.value, False
    if isinstance(path, BlankNode):
        inner = reader.one(path, SH.inversePath)
        if isinstance(inner, NamedNode):
            return inner.value, True
    return "", False


def _restriction(reader: _Reader, node: Term) -> tuple[tuple[str, str], ...]:
    """Return the property–value pairs that the shape's qualified value shape asks of its values."""
    pairs = set()
    for inner in reader.all(node, SH.qualifiedValueShape):
        for property_shape in reader.all(inner, SH.property):
            path, inverse = _path(reader, reader.one(property_shape, SH.path))
            if path and not inverse:
                pairs |= {(path, str(value)) for value in reader.all(property_shape, SH.hasValue)}
    return tuple(sorted(pairs))
