"""The pages for those who want to know how it is made: validation, ontology, rules, data, about.

Duty: show the gate's report, the terms, the rules, the files and the settings. Level 7 (web).
Must not judge anything: the gate did, at build time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from flask import render_template

from samvirke.describe import USED
from samvirke.describe.facts import Facts, Value
from samvirke.errors import NotFound
from samvirke.formats import FORMATS
from samvirke.model import Finding, Literal, NamedNode, Severity
from samvirke.reports import grouped
from samvirke.schema.hints import TermHint, Text
from samvirke.web import layout, wording
from samvirke.web.data import DUMPS
from samvirke.web.entity_pages import Download, fields_of
from samvirke.web.formatting import stamp
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current, serving
from samvirke.web.report_files import file_links

EXAMPLES = 20
SHOWN_FINDINGS = 500


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding as a page tells it."""

    message: Text
    focus: Value | None
    path: str
    passage: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class RemarkGroup:
    """The findings of one kind: how many there are, and the first of them."""

    severity: str
    name: Text
    count: int
    remarks: tuple[Remark, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """What `validation.html` shows: whether anything was checked, the verdict, the findings by kind."""

    page: Page
    checked: bool
    violations: int
    warnings: int
    notices: int
    groups: tuple[RemarkGroup, ...]
    hidden: int
    published: str
    formats: tuple[Download, ...]


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term on the ontology page: its anchors, texts, relations, and how often it is used."""

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


@dataclass(frozen=True, slots=True)
class OntologyPart:
    """The terms one ontology or scheme declares; links to the scheme itself lead to `anchor`."""

    iri: str
    anchor: str
    name: Text
    terms: tuple[TermLine, ...]


@dataclass(frozen=True, slots=True)
class OntologyContext:
    """What `ontology.html` shows."""

    page: Page
    parts: tuple[OntologyPart, ...]
    rules: tuple[tuple[str, Text, int], ...]
    formats: tuple[Download, ...]


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What `rule.html` shows: a rule's meaning, its text, what it gave."""

    page: Page
    iri: str
    description: Text | None
    text: str
    count: int
    examples: tuple[tuple[Value, Text, Value], ...]


@dataclass(frozen=True, slots=True)
class Dump:
    """A file that may be taken as it is."""

    name: str
    href: str
    media_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DataContext:
    """What `dataset.html` shows."""

    page: Page
    dumps: tuple[Dump, ...]
    published: str
    version: str
    hash: str
    licence: Mapping[str, str]
    formats: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class AboutContext:
    """What `about.html` shows."""

    page: Page
    description: str
    published: str
    version: str
    base: str
    licence: Mapping[str, str]
    publisher: Mapping[str, str]
    contact: str
    statement: str


# ---------------------------------------------------------------- validation


def validation(lang: str) -> str:
    """Show what the gate found, in words."""
    publication = current()
    gettext = wording.words(lang).gettext
    groups = grouped(publication.report)
    most = None if len(publication.report.findings) <= SHOWN_FINDINGS else EXAMPLES
    shown = groups if most is None else groups[: SHOWN_FINDINGS // EXAMPLES]
    files = file_links(lang)
    number = {severity: len(publication.report.of(severity)) for severity in Severity}
    name = gettext("Validation report")
    context = ValidationContext(
        page=layout.frame(
            lang=lang,
            path="/validation",
            title=name,
            crumbs=[Crumb(name)],
            data_links=[DataLink(media_type, href) for _, media_type, href in files],
        ),
        checked=publication.checked,
        violations=number[Severity.VIOLATION],
        warnings=number[Severity.WARNING],
        notices=number[Severity.INFO],
        groups=tuple(
            RemarkGroup(
                group.severity.value,
                publication.schema.name(group.shape, lang),
                group.count,
                tuple(_remark(publication, finding, lang) for finding in group.findings[:most]),
                max(0, group.count - most) if most is not None else 0,
            )
            for group in shown
        ),
        hidden=sum(group.count for group in groups[len(shown) :]),
        published=stamp(publication.version, lang),
        formats=tuple(Download(label, href) for label, _, href in files),
    )
    return render_template("validation.html", **fields_of(context))


def _remark(publication: Publication, finding: Finding, lang: str) -> Remark:
    message = publication.schema.text(finding.messages, lang) or Text(finding.component)
    focus = finding.focus.strip("<>")
    shown = publication.index.shown(focus, lang) if focus else None
    thing = Value("thing", shown[0], shown[1], focus) if shown else Value("text", focus, "", focus) if focus else None
    path = finding.path.strip("<>")
    return Remark(
        message=message,
        focus=thing,
        path=publication.schema.name(path, lang).value if path in publication.schema.properties else path,
        passage=finding.passage.strip("<>") if "#" in finding.passage else "",
        file=finding.file,
        line=finding.line,
    )


# ---------------------------------------------------------------- ontology and rules


def ontology(lang: str) -> str:
    """Show each term: what it means, where it belongs, how often it is used."""
    publication = current()
    schema = publication.schema
    used = _usage(publication)
    taken: set[str] = set()
    parts: dict[str, list[TermLine]] = {}
    for hint in sorted(schema.terms.values(), key=lambda one: _term_place(one, lang)):
        if hint.kind not in {"shape", "rule", "scheme"}:
            parts.setdefault(hint.ontology, []).append(_term_line(publication, hint, lang, used, taken))
        elif hint.kind == "scheme":  # Its concepts may all stand in the data; what names it leads here.
            parts.setdefault(hint.iri, [])
    name = wording.words(lang).gettext("Ontology")
    rules = [hint for hint in schema.terms.values() if hint.kind == "rule"]
    given = publication.manifest.get("rules", {})
    context = OntologyContext(
        page=layout.frame(
            lang=lang,
            path="/ontology",
            title=name,
            crumbs=[Crumb(name)],
            data_links=[DataLink(form.media_type, f"/ontology?format={ending}") for ending, form in FORMATS.items()],
        ),
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


def _term_line(
    publication: Publication, hint: TermHint, lang: str, used: Mapping[str, int], taken: set[str]
) -> TermLine:
    schema, links = publication.schema, publication.links

    def named(iris: tuple[str, ...]) -> tuple[Value, ...]:
        return tuple(
            Value("term", schema.name(iri, lang).value, "", iri)
            if iri in schema.terms
            else Value("link", schema.shorten(iri), "", iri)
            for iri in iris
        )

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
        parents=named(hint.parents),
        domains=named(hint.domains),
        ranges=named(hint.ranges),
        matches=named(hint.matches),
        used=used.get(hint.iri, 0),
    )


_counted: dict[str, Mapping[str, int]] = {}
_counting = Lock()


def _usage(publication: Publication) -> Mapping[str, int]:
    """How often each term is used; counted once per generation."""
    with _counting:
        if publication.version not in _counted:
            _counted.clear()
            quads = serving().read("usage")
            _counted[publication.version] = {
                quad.subject.value: int(quad.object.value)
                for quad in quads
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal) and quad.predicate == USED
            }
        return _counted[publication.version]


def rule(lang: str, name: str) -> str:
    """Show what a rule says and what it gave."""
    publication = current()
    iri = f"{publication.base}rule/{name}"
    if not is_iri(iri):
        raise NotFound("There is no such rule.", remedy="The ontology page lists the rules.")
    hint = publication.schema.terms.get(iri)
    facts = Facts(serving().read("rule", iri=iri, limit=EXAMPLES), publication.schema, lang)
    number = facts.counts.get((NamedNode(iri), USED), 0)
    if hint is None and not number:
        raise NotFound("There is no such rule.", remedy="The ontology page lists the rules.")
    schema = publication.schema
    examples = [
        (facts.value(subject), schema.name(predicate.value, lang), facts.value(value))
        for (subject, predicate, value), graphs in facts.graphs.items()
        if iri in graphs
    ]
    gettext = wording.words(lang).gettext
    title = schema.name(iri, lang).value
    context = RuleContext(
        page=layout.frame(
            lang=lang,
            path=publication.links.rule(name, lang).removeprefix(f"/{lang}"),
            title=title,
            crumbs=[Crumb(gettext("Ontology"), publication.links.ontology(lang)), Crumb(title)],
        ),
        iri=iri,
        description=schema.text(hint.definitions, lang) if hint else None,
        text=next(iter(hint.notes.values()), "") if hint else "",
        count=number,
        examples=tuple(sorted(examples, key=lambda one: (one[0].text, one[1].value, one[2].text))[:EXAMPLES]),
    )
    return render_template("rule.html", **fields_of(context))


# ---------------------------------------------------------------- data and about


def dataset(lang: str) -> str:
    """Show the files of the whole data set, and how to get the rest."""
    publication = current()
    name = wording.words(lang).gettext("Download everything")
    checksums = publication.manifest.get("parts", {})
    dumps = [
        Dump(
            name=file,
            href=publication.links.dump(file),
            media_type=media_type,
            size_bytes=(publication.directory / file).stat().st_size,
            sha256=str(checksums.get(file, "")),
        )
        for file, media_type in DUMPS.items()
        if (publication.directory / file).is_file()
    ]
    context = DataContext(
        page=layout.frame(
            lang=lang,
            path="/data",
            title=name,
            crumbs=[Crumb(name)],
            data_links=[DataLink(one.media_type, one.href) for one in dumps],
        ),
        dumps=tuple(dumps),
        published=stamp(publication.version, lang),
        version=publication.version,
        hash=publication.hash,
        licence=publication.settings.get("licence") or {},
        formats=tuple((ending, form.label, form.media_type) for ending, form in FORMATS.items()),
    )
    return render_template("dataset.html", **fields_of(context))


def about(lang: str) -> str:
    """Show how the facts are made, who publishes them, and under which licence."""
    publication = current()
    settings = publication.settings
    name = wording.words(lang).gettext("About the data")
    context = AboutContext(
        page=layout.frame(lang=lang, path="/about", title=name, crumbs=[Crumb(name)]),
        description=layout.in_language(settings.get("description", ""), lang, publication.languages),
        published=stamp(publication.version, lang),
        version=publication.version,
        base=publication.base,
        licence=settings.get("licence") or {},
        publisher=settings.get("publisher") or {},
        contact=str(settings.get("contact") or ""),
        statement=str(settings.get("accessibility_statement") or ""),
    )
    return render_template("about.html", **fields_of(context))
