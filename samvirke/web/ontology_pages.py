"""The ontology as a page: what each term means, with an example, what is asked of it and how often it is used.

Duty: lay out the terms of the schema. Level 7 (web). What is counted and which examples there are is asked of a worker
once per generation; everything else is the schema's. The anchor of a term is what its address leads to.
Source: https://www.w3.org/TR/swbp-vocab-pub/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import render_template, request

from samvirke.describe import USED
from samvirke.describe.facts import Value, literal_value
from samvirke.errors import NotFound
from samvirke.formats import FORMATS
from samvirke.model import Literal, NamedNode, Quad, Term, Triple
from samvirke.schema.hints import ClassHint, Field, TermHint, Text
from samvirke.terms import RDF, TYPE, XSD
from samvirke.web import layout, wording
from samvirke.web.entity_pages import Download, fields_of
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.links import is_linkable
from samvirke.web.publication import Publication, current, serving

__all__ = ["OntologyContext", "ontology"]

MOST_AT_LENGTH = 400
"""Terms that one page explains; of a larger ontology it has the names, and each term a page of its own."""
_NO_TERMS = frozenset({"shape", "rule", "scheme"})


def N_(text: str) -> str:
    """Mark an English text for the catalogue, where it is the key."""
    return text


_DATATYPES: Mapping[str, str] = {
    "string": N_("text"),
    "normalizedString": N_("text"),
    "langString": N_("text with its language"),
    "boolean": N_("yes or no"),
    "date": N_("date"),
    "dateTime": N_("time"),
    "gYear": N_("year"),
    "gYearMonth": N_("month"),
    "duration": N_("duration"),
    "anyURI": N_("address"),
    "integer": N_("whole number"),
    "int": N_("whole number"),
    "nonNegativeInteger": N_("whole number"),
    "decimal": N_("number"),
    "double": N_("number"),
    "float": N_("number"),
}
"""Datatypes in plain words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shape asks: of a class, its property; of a property, the class that has it; how many values, and which."""

    term: Value
    number: str
    kinds: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term on the ontology page: its anchors, texts, relations, how often it is used.

    `fact` is one of the published facts that use it: thing, relation, value. `asked` is what the shapes ask of it.
    """

    hint: TermHint
    anchor: str
    local: str
    name: Text
    short: str
    definition: Text | None
    note: Text | None
    example: Text | None
    parents: tuple[Value, ...]
    domains: tuple[Value, ...]
    ranges: tuple[Value, ...]
    matches: tuple[Value, ...]
    used: int
    fact: tuple[Value, str, Value] | None
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class OntologyPart:
    """The terms one ontology or scheme declares; links to the scheme itself lead to `anchor`."""

    iri: str
    anchor: str
    name: Text
    terms: tuple[TermLine, ...]


@dataclass(frozen=True, slots=True)
class OntologyContext:
    """What `ontology.html` shows: one term by itself when `alone`; of many, when `brief`, only the names."""

    page: Page
    brief: bool
    alone: bool
    parts: tuple[OntologyPart, ...]
    rules: tuple[tuple[str, Text, int], ...]
    formats: tuple[Download, ...]


def ontology(lang: str) -> str:
    """Show each term: what it means, where it belongs, how often it is used."""
    publication = current()
    schema = publication.schema
    asked = request.args.get("term", "")
    one = schema.terms.get(asked)
    if asked and (one is None or one.kind in _NO_TERMS):
        raise NotFound("There is no such term.", remedy="The ontology page lists the terms.")
    hints = [one] if one else [hint for hint in schema.terms.values() if hint.kind not in _NO_TERMS]
    brief = len(hints) > MOST_AT_LENGTH
    words, taken = _Words(publication, lang), set[str]()
    parts: dict[str, list[TermLine]] = {}
    for hint in sorted(hints, key=lambda one: _term_place(one, lang)):
        parts.setdefault(hint.ontology, []).append(_term_line(words, hint, taken, brief=brief))
    if one is None:  # The concepts of a scheme may all stand in the data; what names it leads here.
        for hint in schema.terms.values():
            if hint.kind == "scheme":
                parts.setdefault(hint.iri, [])
    name = wording.words(lang).gettext("Ontology")
    rules = [hint for hint in schema.terms.values() if hint.kind == "rule" and one is None]
    given = publication.manifest.get("rules", {})
    title = schema.name(one.iri, lang).value if one else name
    links = publication.links
    context = OntologyContext(
        page=layout.frame(
            lang=lang,
            path=f"/ontology?{urlencode({'term': one.iri})}" if one else "/ontology",
            title=title,
            crumbs=[Crumb(name, links.ontology(lang)), Crumb(title)] if one else [Crumb(name)],
            data_links=[DataLink(form.media_type, f"/ontology?format={ending}") for ending, form in FORMATS.items()],
        ),
        brief=brief,
        alone=one is not None,
        parts=tuple(
            OntologyPart(iri, _part_anchor(publication, iri, taken), _part_name(publication, iri, lang), tuple(terms))
            for iri, terms in sorted(parts.items(), key=lambda item: _part_place(publication, item[0], item[1]))
        ),
        rules=tuple((rule.iri, schema.name(rule.iri, lang), int(given.get(rule.iri, 0))) for rule in rules),
        formats=tuple(Download(form.label, f"/ontology?format={ending}") for ending, form in FORMATS.items()),
    )
    return render_template("ontology.html", **fields_of(context))


def _part_anchor(publication: Publication, iri: str, taken: set[str]) -> str:
    """The anchor of an ontology or a scheme; "" where a term has it already."""
    anchor = publication.links.term_anchor(iri)
    if anchor in taken:
        return ""
    taken.add(anchor)
    return anchor


def _part_name(publication: Publication, iri: str, lang: str) -> Text:
    """The title of an ontology; one that is only borrowed from goes by its prefix."""
    schema = publication.schema
    prefixes = [name for name, space in sorted(schema.prefixes.items()) if space.rstrip("#/") == iri.rstrip("#/")]
    titled = schema.text(schema.ontologies.get(iri, {}), lang)
    return titled or (Text(prefixes[0]) if prefixes else schema.name(iri, lang))


def _part_place(publication: Publication, iri: str, terms: list[TermLine]) -> tuple[bool, int, str]:
    """The site's own ontologies first, the largest of them first; then the others."""
    return (not iri.startswith(publication.base), -len(terms), iri)


def _term_place(hint: TermHint, lang: str) -> tuple[int, str]:
    kinds = ("class", "property", "concept", "individual")
    label = hint.labels.get(lang) or next(iter(hint.labels.values()), hint.iri)
    return (kinds.index(hint.kind) if hint.kind in kinds else len(kinds), label.casefold())


def _term_line(words: _Words, hint: TermHint, taken: set[str], *, brief: bool) -> TermLine:
    publication, lang = words.publication, words.lang
    schema, links = publication.schema, publication.links
    anchor = links.term_anchor(hint.iri)
    # `…/words#Choir` leads to this page, and the browser keeps `#Choir`: that anchor is here too.
    local = hint.iri.rpartition("#")[2] if "#" in hint.iri and hint.iri.startswith(publication.base) else ""
    local = "" if local in taken or local == anchor else local
    taken |= {anchor, local}
    return TermLine(
        hint=hint,
        anchor=anchor,
        local=local,
        name=schema.name(hint.iri, lang),
        short=schema.shorten(hint.iri),
        definition=schema.text(hint.definitions, lang),
        note=schema.text(hint.notes, lang),
        example=schema.text(hint.examples, lang),
        parents=words.named(hint.parents),
        domains=words.named(hint.domains),
        ranges=words.named(hint.ranges),
        matches=words.named(hint.matches),
        used=words.used.get(hint.iri, 0),
        fact=None if brief else words.fact(hint),
        asked=() if brief else words.asked(hint),
    )


class _Words:
    """Says in a language what is known of terms."""

    def __init__(self, publication: Publication, lang: str) -> None:
        self.publication = publication
        self.lang = lang
        self.used = publication.once("usage of terms", _usage)
        self._asking = publication.once("what asks for properties", lambda: _asking(publication))
        self._gettext = wording.words(lang).gettext

    def named(self, iris: tuple[str, ...]) -> tuple[Value, ...]:
        """The names of terms, with where they are explained."""
        return tuple(self.name(iri) for iri in iris)

    def name(self, iri: str) -> Value:
        schema = self.publication.schema
        if iri in schema.terms:
            name = schema.name(iri, self.lang)
            return Value("term", name.value, name.language, iri)
        if iri.startswith(str(XSD)) or iri == RDF.langString.value:
            return Value("text", self._datatype(iri))
        known = iri in schema.classes or iri in schema.properties
        return Value(
            "link" if is_linkable(iri) else "text",
            schema.name(iri, self.lang).value if known else schema.shorten(iri),
            "",
            iri,
        )

    def _datatype(self, iri: str) -> str:
        """What kind of text a datatype stands for, in plain words."""
        local = iri.rpartition("#")[2]
        return self._gettext(_DATATYPES[local]) if local in _DATATYPES else f"xsd:{local}"

    def fact(self, hint: TermHint) -> tuple[Value, str, Value] | None:
        """A fact that uses a term: the thing, the relation, the value. Of a class only a thing of it is shown."""
        quad = self.publication.once("examples of terms", _examples).get(hint.iri)
        if quad is None:
            return None
        name = self.publication.schema.name(quad.predicate.value, self.lang).value
        value = self._value(quad.object)
        return self._value(quad.subject), "" if quad.predicate == TYPE else name, value

    def _value(self, node: Term | Triple) -> Value:
        if isinstance(node, Literal):
            return literal_value(node)
        if not isinstance(node, NamedNode):
            return Value("text", "…")
        index = self.publication.index
        # A passage goes by the name of its document, and leads to its words there.
        shown = index.shown(node.value, self.lang) or index.shown(node.value.partition("#")[0], self.lang)
        return self.name(node.value) if shown is None else Value("thing", shown[0], shown[1], node.value)

    def asked(self, hint: TermHint) -> tuple[Asked, ...]:
        """What the shapes ask of the things of a class; of a property, where they ask for it."""
        schema = self.publication.schema
        if hint.kind == "class":
            return tuple(self._row(row, self._field_name(row)) for row in schema.fields((hint.iri,)))
        found = self._asking.get(hint.iri, ()) if hint.kind == "property" else ()
        return tuple(self._row(row, self.name(one.iri)) for one, row in found)

    def _field_name(self, row: Field) -> Value:
        schema = self.publication.schema
        plain = schema.reverse_name(row.path, self.lang) if row.inverse else None
        name = schema.text(row.names, self.lang) or plain or schema.name(row.path, self.lang)
        return Value("term" if row.path in schema.terms else "text", name.value, name.language, row.path)

    def _row(self, row: Field, term: Value) -> Asked:
        _ = self._gettext
        least, most = row.least, row.most
        if least and least == most:
            number = _("exactly one") if least == 1 else _("exactly %(number)s") % {"number": least}
        elif least:
            number = _("at least one") if least == 1 else _("at least %(number)s") % {"number": least}
            number += ", " + _("at most %(number)s") % {"number": most} if most else ""
        elif most:
            number = _("at most one") if most == 1 else _("at most %(number)s") % {"number": most}
        else:
            number = _("expected to be told") if row.gap else _("any number")
        return Asked(term, number, self.named((*row.classes, *row.datatypes)))


def _asking(publication: Publication) -> Mapping[str, list[tuple[ClassHint, Field]]]:
    """Of each property the classes whose shapes ask for it."""
    found: dict[str, list[tuple[ClassHint, Field]]] = {}
    for one in publication.schema.classes.values():
        for row in one.fields:
            if not row.inverse:
                found.setdefault(row.path, []).append((one, row))
    return found


def _usage() -> Mapping[str, int]:
    """How often each term is used."""
    return {
        quad.subject.value: int(quad.object.value)
        for quad in serving().read("usage")
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal) and quad.predicate == USED
    }


def _examples() -> Mapping[str, Quad]:
    """A fact that uses a term, by term."""
    return {
        quad.graph_name.value: quad for quad in serving().read("examples") if isinstance(quad.graph_name, NamedNode)
    }
