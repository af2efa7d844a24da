"""The pages for those who want to know whether it holds: the check's report, and the rules.

Duty: show the gate's report, and what a rule says and gave. Level 7 (web).
Must not judge anything: the gate did, at build time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import render_template

from samvirke.describe import USED
from samvirke.describe.facts import Facts, Value
from samvirke.errors import NotFound
from samvirke.model import Finding, Literal, NamedNode, Severity
from samvirke.reports import grouped
from samvirke.reports.wording import tell
from samvirke.schema.hints import Text
from samvirke.web import layout, wording
from samvirke.web.entity_pages import Download, fields_of
from samvirke.web.formatting import stamp
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current, serving
from samvirke.web.report_files import file_links, naming

EXAMPLES = 20
SHOWN_FINDINGS = 500


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding as a page tells it: the thing, the property, what stands there, what is wrong, what to do.

    `passage` is the address of the words it was read from, `quote` are the words.
    """

    message: Text
    focus: Value | None
    path: str
    found: str
    advice: str
    passage: str
    quote: Text | None
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
class RuleContext:
    """What `rule.html` shows: a rule's meaning, its text, what it gave."""

    page: Page
    iri: str
    description: Text | None
    text: str
    count: int
    examples: tuple[tuple[Value, Text, Value], ...]


# ---------------------------------------------------------------- validation


def validation(lang: str) -> str:
    """Show what the gate found, in words."""
    publication = current()
    gettext = wording.words(lang).gettext
    groups = grouped(publication.report)
    most = None if len(publication.report.findings) <= SHOWN_FINDINGS else EXAMPLES
    shown = groups if most is None else groups[: SHOWN_FINDINGS // EXAMPLES]
    quotes = _quotes(finding for group in shown for finding in group.findings[:most])
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
                tuple(_remark(publication, finding, quotes, lang) for finding in group.findings[:most]),
                max(0, group.count - most) if most is not None else 0,
            )
            for group in shown
        ),
        hidden=sum(group.count for group in groups[len(shown) :]),
        published=stamp(publication.version, lang),
        formats=tuple(Download(label, href) for label, _, href in files),
    )
    return render_template("validation.html", **fields_of(context))


def _remark(publication: Publication, finding: Finding, quotes: Mapping[str, Text], lang: str) -> Remark:
    told = tell(finding, lang, naming(publication, lang))
    message = publication.schema.text(finding.messages, lang) or Text(told.expected or finding.component)
    focus = finding.focus.strip("<>")
    shown = publication.index.shown(focus, lang) if focus else None
    thing = Value("thing", shown[0], shown[1], focus) if shown else None
    if thing is None and focus in publication.schema.terms:
        thing = Value("term", publication.schema.name(focus, lang).value, "", focus)
    if thing is None and told.entity:
        thing = Value("text", told.entity, "", focus)
    passage = finding.passage.strip("<>") if "#" in finding.passage else ""
    return Remark(
        message=message,
        focus=thing,
        path=told.property_name,
        found=told.found if finding.value else "",
        advice=told.advice,
        passage=passage,
        quote=quotes.get(passage),
        file=finding.file,
        line=finding.line,
    )


def _quotes(findings: Iterable[Finding]) -> Mapping[str, Text]:
    """The words of the passages that findings stand in, by address."""
    wanted = {one.passage.strip("<>") for one in findings if "#" in one.passage}
    asked = sorted(iri for iri in wanted if is_iri(iri))
    quads = serving().read("passages", iris=asked) if asked else []
    return {
        quad.subject.value: Text(quad.object.value, quad.object.language or "")
        for quad in quads
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
    }


# ---------------------------------------------------------------- rules


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
