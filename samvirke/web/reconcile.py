"""Which thing here a row of a table may mean: for OpenRefine and its like.

Duty: the addresses of the Reconciliation API – manifest, queries, suggestions, previews, values. Level 7; judges
nothing (`samvirke.reconciliation`). Identifiers are the things' own addresses, so a matched column is linked data.
Standard: Reconciliation Service API 0.2, https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

from flask import Blueprint, Response, render_template, request

from samvirke import __version__
from samvirke.errors import NotFound, Overloaded, WrongUse
from samvirke.reconciliation import (
    Question,
    Values,
    candidates,
    extended,
    is_address,
    looked_at,
    named,
    read_extension,
    read_questions,
    read_values,
    things_query,
    values_query,
)
from samvirke.search import Alike, fold
from samvirke.web import layout, wording
from samvirke.web.bodies import read_body
from samvirke.web.headers import CONTENT_SECURITY_POLICY
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.protocol import one_parameter, read_parameters
from samvirke.web.publication import Publication, current, serving
from samvirke.workers.pool import QueryRequest

__all__ = ["blueprint"]

blueprint = Blueprint("reconcile", __name__)

_SUGGESTED = 10
_MOST_SUGGESTED = 50
_WIDTH, _HEIGHT = 420, 240
_BATCHES = BoundedSemaphore(2)
"""Batches at once: names are compared in the process that answers everybody."""
_WAIT_S = 5.0
_BATCH_S = 10.0
_FORM = "application/x-www-form-urlencoded"
_KINDS = ("entity", "type", "property")
# A table program shows previews inside its own window.
_EMBEDDED = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


@blueprint.route("/reconcile", methods=["GET", "POST"])
@blueprint.route("/<language:lang>/reconcile", methods=["GET", "POST"])
def reconcile(lang: str = "") -> Response:
    """Answer a batch of queries, a request for values, or with neither the manifest."""
    publication = current()
    neutral, lang = not lang, lang or neutral_redirect_language()
    parameters = read_parameters(request.query_string, "the address")
    if request.method == "POST":
        if request.mimetype != _FORM:
            raise WrongUse("The body is no form.", remedy=f"Send “queries” or “extend” as {_FORM}.")
        parameters = {**parameters, **read_parameters(read_body(), "the form")}
    queries, extend = one_parameter(parameters, "queries"), one_parameter(parameters, "extend")
    if queries is not None:
        response = _json(_matched(publication, read_questions(queries), lang))
    elif extend is not None:
        response = _json(_extended(publication, extend, lang))
    else:
        response = _json(_manifest(publication, lang))
    if neutral:
        response.headers.add("Vary", "Accept-Language")
    return response


def _json(value: object) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), content_type="application/json; charset=utf-8")


# ---------------------------------------------------------------- manifest


def _manifest(publication: Publication, lang: str) -> dict[str, Any]:
    links = publication.links
    root = links.canonical(f"/{lang}/reconcile")
    listed = [(hint.iri, hint.label(lang, publication.languages).value) for hint in publication.schema.listed_classes()]
    suggest = {kind: {"service_url": root, "service_path": f"/suggest/{kind}"} for kind in _KINDS}
    suggest["entity"]["flyout_service_url"] = root
    suggest["entity"]["flyout_service_path"] = "/flyout?id=${id}"
    return {
        "versions": ["0.2"],
        "name": layout.in_language(publication.settings.get("title", ""), lang, publication.languages)
        or publication.base,
        "identifierSpace": publication.base,
        "schemaSpace": links.canonical(f"/{lang}/ontology"),
        "serviceVersion": __version__,
        "documentation": links.canonical(links.help(lang, "data")),
        "view": {"url": f"{links.canonical(f'/{lang}/thing')}?address={{{{id}}}}"},
        "preview": {"url": f"{root}/preview?id={{{{id}}}}", "width": _WIDTH, "height": _HEIGHT},
        "defaultTypes": [{"id": iri, "name": name} for iri, name in listed],
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/properties"},
            "property_settings": [
                {
                    "name": "limit",
                    "label": wording.words(lang).gettext("Most values"),
                    "type": "number",
                    "default": 0,
                    "help_text": wording.words(lang).gettext("How many values of the property at most; 0 for all"),
                }
            ],
        },
    }


# ---------------------------------------------------------------- queries


def _matched(publication: Publication, questions: Mapping[str, Question], lang: str) -> dict[str, Any]:
    if not _BATCHES.acquire(timeout=_WAIT_S):
        raise Overloaded("Other tables are being matched.", remedy="Try again in a moment.")
    try:
        until = monotonic() + _BATCH_S
        found: dict[str, list[Alike]] = {}
        for key, question in questions.items():
            if monotonic() > until:
                raise Overloaded("The batch takes too long.", remedy="Send smaller batches.")
            found[key] = _candidates(publication, question, lang)
        values = _values(
            [one.iri for key, some in found.items() if questions[key].properties for one in some],
            [wanted.iri for question in questions.values() for wanted in question.properties],
        )
        return {
            key: {
                "result": candidates(
                    question,
                    found[key],
                    values,
                    index=publication.index,
                    class_name=lambda iri: publication.schema.name(iri, lang).value,
                )
            }
            for key, question in questions.items()
        }
    finally:
        _BATCHES.release()


def _candidates(publication: Publication, question: Question, lang: str) -> list[Alike]:
    if question.text:
        return looked_at(publication.index, question, lang, publication.links.resolve)
    query = things_query(question)
    rows = _asked(query)["results"]["bindings"] if query else []
    return named(publication.index, [row["s"]["value"] for row in rows], lang)


def _asked(query: str) -> dict[str, Any]:
    client = request.remote_addr or "unknown"
    wanted = QueryRequest(text=query, media_type="application/sparql-results+json", client=client)
    answer: dict[str, Any] = json.loads(b"".join(serving().pool.query(wanted).body))
    return answer


def _values(iris: Iterable[str], properties: Iterable[str]) -> Values:
    query = values_query(iris, properties)
    return read_values(_asked(query)) if query else {}


def _extended(publication: Publication, text: str, lang: str) -> dict[str, Any]:
    asked = read_extension(text)
    return extended(
        asked,
        _values(asked.iris, asked.properties),
        lang=lang,
        label=lambda iri: publication.index.label(iri, lang),
        name=lambda iri: publication.schema.name(iri, lang).value if is_address(iri) else iri,
    )


# ---------------------------------------------------------------- suggestions


@blueprint.get("/<language:lang>/reconcile/suggest/<kind>")
def suggest(lang: str, kind: str) -> Response:
    """Answer the things, types or properties whose name begins with what was typed."""
    if kind not in _KINDS:
        raise NotFound("There are no such suggestions.", remedy=f"There are those of: {', '.join(_KINDS)}.")
    publication = current()
    prefix, cursor = request.args.get("prefix", "").strip(), max(request.args.get("cursor", 0, type=int), 0)
    if kind == "entity":
        found = _things(publication, prefix, lang, cursor + _MOST_SUGGESTED)
    elif kind == "type":
        listed = ((hint.iri, publication.schema.text(hint.definitions, lang)) for hint in _classes(publication))
        found = _begun(publication, prefix, lang, [(iri, text.value if text else "") for iri, text in listed])
    else:
        hints = sorted(publication.schema.properties.values(), key=lambda hint: hint.iri)
        told = ((hint.iri, publication.schema.text(hint.definitions, lang)) for hint in hints)
        found = _begun(publication, prefix, lang, [(iri, text.value if text else "") for iri, text in told])
    return _json({"result": found[cursor : cursor + _SUGGESTED]})


def _classes(publication: Publication) -> list[Any]:
    counted = [one.iri for one in publication.index.classes() if one.count]
    return [publication.schema.class_hint(iri) for iri in counted]


def _things(publication: Publication, prefix: str, lang: str, limit: int) -> list[dict[str, Any]]:
    hits = publication.index.suggest(prefix, lang, min(limit, _MOST_SUGGESTED))
    return [
        {
            "id": hit.iri,
            "name": hit.label,
            **({"description": hit.matched} if fold(hit.matched) != fold(hit.label) else {}),
            "notable": [{"id": hit.class_iri, "name": publication.schema.name(hit.class_iri, lang).value}]
            if hit.class_iri
            else [],
        }
        for hit in hits
    ]


def _begun(publication: Publication, prefix: str, lang: str, terms: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """The terms with a word that begins so in any language, or whose address ends so; those that begin so first."""
    start, ranked = fold(prefix), []
    for iri, definition in terms:
        name = publication.schema.name(iri, lang).value
        names = [fold(publication.schema.name(iri, one).value) for one in publication.languages]
        words = [word for one in names for word in one.split()]
        if any(word.startswith(start) for word in (*names, *words, fold(publication.schema.shorten(iri)))):
            told = {"description": definition} if definition else {}
            ranked.append((not fold(name).startswith(start), fold(name), iri, {"id": iri, "name": name, **told}))
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:3])]


@blueprint.get("/<language:lang>/reconcile/properties")
def properties(lang: str) -> Response:
    """Propose the properties that the shapes of a type name, in the order of its page."""
    publication = current()
    type_, limit = request.args.get("type", ""), min(max(request.args.get("limit", 50, type=int), 1), 500)
    schema = publication.schema
    types = [type_] if type_ else [hint.iri for hint in schema.listed_classes()]
    found = dict.fromkeys(
        row.path
        for one in types
        for row in schema.fields((one,))
        if not row.hidden and not row.inverse and not row.only
    )
    told = [{"id": iri, "name": schema.name(iri, lang).value} for iri in found][:limit]
    return _json({"properties": told, "limit": limit, **({"type": type_} if type_ else {})})


# ---------------------------------------------------------------- previews


@blueprint.get("/<language:lang>/reconcile/preview")
def preview(lang: str) -> Response:
    """Show a thing in a small frame inside another program."""
    response = Response(render_template("preview.html", lang=lang, **_shown(lang)), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _EMBEDDED
    return response


@blueprint.get("/<language:lang>/reconcile/flyout")
def flyout(lang: str) -> Response:
    """Answer a few lines of HTML on a thing, for a list of suggestions."""
    shown = _shown(lang)
    return _json({"id": shown["iri"], "html": render_template("flyout.html", lang=lang, **shown)})


def _shown(lang: str) -> dict[str, Any]:
    """What a preview shows: the name, the class, the other names, the address.

    Raises: NotFound when the thing is unknown.
    """
    publication = current()
    iri = request.args.get("id", "")
    thing = publication.index.entity(iri)
    label = publication.index.shown(iri, lang)
    if thing is None or label is None:
        raise NotFound("Nothing has this address.", remedy="Search for its name.")
    others = [text for text, _ in publication.index.names(iri) if text != label[0]]
    return {
        "iri": iri,
        "label": label[0],
        "tag": label[1],
        "kind": publication.schema.name(thing.class_iri, lang).value if thing.class_iri else "",
        "others": list(dict.fromkeys(others))[:4],
        "page": publication.links.canonical(publication.links.page(iri, lang)),
    }
