"""What is said of a thing, in plain text or as data, and the words behind it: describe, evidence.

Level 8. Facts come from a worker process with the passages they stand in; names, order and gaps
come from the site's ontology and shapes, as on the thing's page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from samvirke.commands.frame import Frame, words
from samvirke.commands.published import Published, published
from samvirke.errors import NotFound

if TYPE_CHECKING:
    from samvirke.describe.entity import EntityView
    from samvirke.describe.facts import Facts, PassageView, Value
    from samvirke.describe.rows import Fact, Row
    from samvirke.model import Quad

NOT_STATED = words("not stated in the sources", "ikke oplyst i kilderne")
YES, NO = words("yes", "ja"), words("no", "nej")
INFERRED = words("inferred", "udledt")
IMPLIED = words("implied", "underforstået")
HEDGED = words("hedged: {hedge}", "forbehold: {hedge}")


def describe_thing(frame: Frame, thing: str, form: str, file: IO[bytes]) -> None:
    """Write what is known of a thing, as text, as JSON or as RDF.

    Raises: NotFound when nothing has that name; WrongUse when several things have.
    """
    site = frame.open_site()
    with published(site, frame.language) as known:
        iri = known.find(thing)
        if form not in ("text", "json"):
            from samvirke.formats.about import read_about
            from samvirke.formats.said import without_passages
            from samvirke.formats.views import VIEWS, write

            quads = known.pool.read("describe", iri=iri)
            publication = known.publication
            about = read_about(publication.directory, version=publication.version, prefixes=publication.links.prefixes)
            if form in VIEWS and not VIEWS[form].quads:
                quads = without_passages(quads, [iri])
            write(form, quads, file, about.of(iri))
            return
        facts, view = look_at(known, iri)
        if form == "json":
            file.write(_json(as_data(view, facts, frame.language)))
        else:
            file.writelines(f"{line}\n".encode() for line in _description(frame, known, view, facts))


def show_evidence(frame: Frame, thing: str, file: IO[bytes]) -> None:
    """Write each passage behind a thing's facts with its words and the facts it holds.

    Raises: as `describe_thing`; NotFound when no passage supports anything said of it.
    """
    site = frame.open_site()
    with published(site, frame.language) as known:
        iri = known.find(thing)
        facts, view = look_at(known, iri)
        if not view.numbers:
            raise NotFound(
                f"No words support what is said of {known.label(iri)}.", remedy="See what is: samvirke describe"
            )
        told = [
            (facts.passage(address), _facts_of(view, number, frame.language)) for address, number in _by_number(view)
        ]
        if frame.json:
            file.write(_json([{**_passage(passage), "facts": list(lines)} for passage, lines in told]))
            return
        for number, (passage, lines) in enumerate(told, 1):
            file.writelines(f"{line}\n".encode() for line in _quote(frame, number, passage))
            file.writelines(f"      → {line}\n".encode() for line in lines)


def look_at(known: Published, iri: str) -> tuple[Facts, EntityView]:
    """Return the facts about a thing, and its page as plain values."""
    from samvirke.describe.entity import entity_view
    from samvirke.describe.facts import Facts
    from samvirke.web.entity_pages import explanations

    quads: list[Quad] = known.pool.read("neighbourhood", iri=iri)
    schema = known.publication.schema
    behind = explanations(known.publication, iri)
    quads += _passages_behind(known, quads, {passage for one in behind.values() for passage in one.passages})
    view = entity_view(quads, schema, iri, known.language, explanations=behind)
    if view is None:
        raise NotFound(f"Nothing is said of {iri}.", remedy="See its definition: samvirke describe --format ttl")
    return Facts(quads, schema, known.language), view


def _passages_behind(known: Published, quads: Iterable[Quad], passages: set[str]) -> list[Quad]:
    """Read the words of the passages that inferred facts rest on, where nothing else of the thing does."""
    from samvirke.model import NamedNode

    missing = passages - {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
    versions = sorted({address.partition("#")[0] for address in missing})
    described = [quad for version in versions for quad in known.pool.read("graph", iri=version)]
    return [quad for quad in described if isinstance(quad.subject, NamedNode) and quad.subject.value in missing]


def _by_number(view: EntityView) -> list[tuple[str, int]]:
    return sorted(view.numbers.items(), key=lambda pair: pair[1])


def _facts_of(view: EntityView, number: int, language: str) -> Iterator[str]:
    """Give what one passage says, one line a fact; what a rule drew from it is not said there."""
    if number in view.title_numbers:
        yield view.title.value
    for row in _rows(view):
        for part in row.parts:
            if number in part.numbers and not part.rule:
                for fact in part.facts:
                    yield f"{row.label.value}: {_fact(fact, language)}"


def _rows(view: EntityView) -> Iterable[Row]:
    return (*view.rows, *view.incoming)


def _fact(fact: Fact, language: str) -> str:
    """Write a fact's value with its notes and dates, as the page does."""
    from samvirke.web.formatting import when

    values = ", ".join(_value(value, language) for value in fact.values)
    notes = [f"{note.label.value}: {_value(note.value, language)}" for note in fact.notes]
    extra = [*notes, *(when(date, language) for date in fact.when)]
    return f"{values} ({'; '.join(extra)})" if extra else values


def _value(value: Value, language: str) -> str:
    from samvirke.web.formatting import number, when

    if value.kind == "boolean":
        return (YES if value.text == "true" else NO).in_(language)
    writers = {"date": when, "number": number}
    return writers[value.kind](value.text, language) if value.kind in writers else value.text


def _description(frame: Frame, known: Published, view: EntityView, facts: Facts) -> Iterator[str]:
    schema = known.publication.schema
    yield f"{view.title.value} {_numbers(view.title_numbers)}".rstrip()
    kind = schema.name(view.class_iri, known.language).value if view.class_iri else ""
    yield "  ".join(part for part in (kind, schema.shorten(view.iri), view.iri) if part)
    if view.lead:
        yield f"\n{view.lead.value}"
    for section in view.sections:
        yield f"\n{section.label.value}" if section.label else ""
        for row in section.rows:
            yield from _row(frame, row)
    if view.incoming:
        yield ""
        for row in view.incoming:
            yield from _row(frame, row)
    if view.numbers:
        yield f"\n{frame.say(words('Sources', 'Kilder'))}"
        for address, number in _by_number(view):
            yield from _quote(frame, number, facts.passage(address))


def _row(frame: Frame, row: Row) -> Iterator[str]:
    label = row.label.value if not row.turned else f"← {row.label.value}"
    if row.gap:
        yield f"  {label}: {frame.say(NOT_STATED)}"
    for part in row.parts:
        behind = _numbers(part.numbers)
        behind += f" ({frame.say(INFERRED)}: {part.rule.rpartition('/')[2]})" if part.rule else ""
        for fact in part.facts:
            yield f"  {label}: {_fact(fact, frame.language)} {behind}".rstrip()


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(f"[{number}]" for number in numbers)


def _quote(frame: Frame, number: int, passage: PassageView) -> Iterator[str]:
    """Write a passage's words, how they were read and where they stand."""
    marks = [frame.say(IMPLIED)] if passage.implied else []
    if passage.hedges:
        marks.append(frame.say(HEDGED, hedge=", ".join(f"“{hedge}”" for hedge in passage.hedges)))
    yield f"  [{number}] “{' '.join(passage.quote.value.split())}”" + (f" ({'; '.join(marks)})" if marks else "")
    if passage.note:
        yield f"      {passage.note.value}"
    yield f"      {passage.address}"


def _passage(passage: PassageView) -> dict[str, Any]:
    return {
        "address": passage.address,
        "quote": passage.quote.value,
        "mode": "implied" if passage.implied else "stated",
        "hedges": list(passage.hedges),
        "note": passage.note.value if passage.note else "",
    }


def as_data(view: EntityView, facts: Facts, language: str) -> dict[str, Any]:
    """Return what is said of a thing as plain values, each with the addresses of its passages."""
    return {
        "address": view.iri,
        "label": view.title.value,
        "class": view.class_iri,
        "facts": [
            {
                "property": row.path,
                "label": row.label.value,
                "inverse": row.inverse,
                "stated": not row.gap,
                "values": [
                    {
                        "text": _fact(fact, language),
                        "addresses": [value.iri for value in fact.values if value.iri],
                        "passages": list(fact.passages),
                        "rule": fact.rule,
                    }
                    for fact in row.facts
                ],
            }
            for row in _rows(view)
        ],
        "passages": [_passage(facts.passage(address)) for address, _ in _by_number(view)],
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
