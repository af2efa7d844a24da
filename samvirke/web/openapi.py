"""The addresses for programs, described for programs.

Duty: `/openapi.json` – every address that answers data, with its parameters, formats and errors. Level 7. A table; a
test holds it to the routes there are, and a fuzzer to what they answer. Pages for readers are not in it.
Standard: OpenAPI 3.1.0, https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response

from samvirke import __version__
from samvirke.negotiate import Offer
from samvirke.sparql.formats import GRAPHS, RESULTS
from samvirke.web.data import CONTEXT_TYPE, DESCRIPTIONS, DUMPS, RDF
from samvirke.web.layout import in_language
from samvirke.web.ldes import OFFERS as STREAMED
from samvirke.web.ldes import PARTS
from samvirke.web.publication import Publication, current

__all__ = ["DOORS", "Door", "blueprint"]

blueprint = Blueprint("openapi", __name__)

_JSON, _TEXT = "application/json", "text/plain"
_FORM = "application/x-www-form-urlencoded"
_PATCH = "application/rdf-patch"
_MEDIA = {"csv": "text/csv", "json": _JSON, "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_ERRORS = {
    "description": "What is wrong and what to do (RFC 9457 for who accepts JSON); a redirect; or 304",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        _TEXT: {"schema": {"type": "string"}},
        "text/html": {"schema": {"type": "string"}},
    },
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
    },
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the address: where it stands, what it may be, and an example."""

    name: str
    told: str
    where: str = "query"
    kind: str = "string"
    of: tuple[str, ...] = ()
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one address. `gives` are the media types of an answer, `takes` those of a body.

    `leads`: it answers with a redirect. `writes`: it needs a token. `form` names the fields of a form.
    """

    path: str
    told: str
    gives: tuple[str, ...] = (_JSON,)
    method: str = "get"
    parameters: tuple[Parameter, ...] = ()
    takes: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    leads: bool = False
    writes: bool = False


def _types(offers: Sequence[Offer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(offer.media_type for offer in offers))


_RDF = _types(RDF)
_VIEWS = _types(DESCRIPTIONS)
_QUADS = _types(STREAMED)
_ANSWERS = (*_types(RESULTS), *_types(GRAPHS))
_LANG = Parameter("lang", "A language of the site", "path", required=True)
_NAME = Parameter("name", "What stands behind the base in a thing's address", "path", required=True)
_FORMAT = Parameter("format", "A format by its short name, in place of the header Accept")
_ADDRESS = Parameter("about", "The address of a thing; without one, everything")
_GRAPH = Parameter("graph", "The address of a graph")
_DEFAULT = Parameter("default", "Means the default graph; give it no value")
_QUERY = (
    Parameter("query", "The query", required=True),
    Parameter("default-graph-uri", "A graph of the default graph", many=True),
    Parameter("named-graph-uri", "A named graph", many=True),
    _FORMAT,
    Parameter("explain", "Adds the passages behind each row", of=("evidence",)),
    Parameter("bom", "A byte order mark before CSV, for spreadsheets", of=("1",)),
)
_SUGGEST = (
    _LANG,
    Parameter("prefix", "What has been typed"),
    Parameter("cursor", "How many to leave out", kind="integer"),
)
_RECONCILE = (Parameter("queries", "A batch of queries, as JSON"), Parameter("extend", "A request for values, as JSON"))
DOORS: tuple[Door, ...] = (
    Door("/sparql", "Answer a SPARQL query", _ANSWERS, parameters=_QUERY),
    Door(
        "/sparql",
        "Answer a SPARQL query in the body",
        _ANSWERS,
        "post",
        takes=(_FORM, "application/sparql-query"),
        form=("query",),
        parameters=_QUERY[3:],
    ),
    Door("/id/{name}", "Lead to the page or the data of a thing", method="get", parameters=(_NAME,), leads=True),
    Door("/document/{name}", "Lead to the page or the data of a document", parameters=(_NAME,), leads=True),
    Door(
        "/thing",
        "Lead to a thing by its address",
        parameters=(Parameter("address", "The address"), _FORMAT),
        leads=True,
    ),
    Door("/data/{name}", "Tell what is known of a thing; end the name in .ttl, .jsonld …", _VIEWS, parameters=(_NAME,)),
    Door(
        "/dump/{file}",
        "Give a whole file",
        tuple(dict.fromkeys(DUMPS.values())),
        parameters=(Parameter("file", "The file", "path", of=tuple(DUMPS), required=True),),
    ),
    Door("/context.jsonld", "Give the names that framed JSON-LD uses", (CONTEXT_TYPE,)),
    Door("/.well-known/void", "Describe the dataset", _types(GRAPHS), parameters=(_FORMAT,)),
    Door("/dcat", "Give the catalogue entry (DCAT-AP 3)", _types(GRAPHS), parameters=(_FORMAT,)),
    Door("/ontology", "Give the ontology", _types(GRAPHS), parameters=(_FORMAT,)),
    Door("/rule/{name}", "Lead to the page of a rule, or give it", _types(GRAPHS), parameters=(_NAME,)),
    Door(
        "/validation",
        "Give the report of the check",
        ("text/turtle", _JSON, "text/csv", "application/sarif+json", _TEXT, "text/html"),
        parameters=(_FORMAT, Parameter("lang", "The language of its words")),
    ),
    Door("/queries/", "Lead to the list of stored questions", leads=True),
    Door(
        "/queries/{question}",
        "Answer a stored question; its own parameters stand in the address, too",
        _ANSWERS,
        parameters=(
            Parameter("question", "Its name, perhaps with an ending such as .csv", "path", required=True),
            _FORMAT,
        ),
    ),
    Door(
        "/{lang}/class/{list}.{ending}",
        "Give a list as a file, as it is narrowed and sorted by the parameters of its page",
        tuple(_MEDIA.values()),
        parameters=(
            _LANG,
            Parameter("list", "The name of the list", "path", required=True),
            Parameter("ending", "The format", "path", of=tuple(_MEDIA), required=True),
            Parameter("values", "Several values on rows of their own", of=("rows",)),
        ),
    ),
    Door(
        "/{lang}/suggest",
        "Suggest names (OpenSearch Suggestions)",
        ("application/x-suggestions+json",),
        parameters=(_LANG, Parameter("q", "What has been typed")),
    ),
    Door(
        "/{lang}/opensearch.xml", "Describe the search", ("application/opensearchdescription+xml",), parameters=(_LANG,)
    ),
    Door("/{lang}/graph.json", "Give the neighbours of a thing", parameters=(_LANG, _ADDRESS)),
    Door("/{lang}/graph.svg", "Draw the neighbours of a thing", ("image/svg+xml",), parameters=(_LANG, _ADDRESS)),
    Door("/{lang}/timeline.svg", "Draw everything with a date", ("image/svg+xml",), parameters=(_LANG,)),
    Door("/{lang}/map.svg", "Draw everything with a place", ("image/svg+xml",), parameters=(_LANG,)),
    Door(
        "/{lang}/graph.graphml", "Give the graph as GraphML", ("application/graphml+xml",), parameters=(_LANG, _ADDRESS)
    ),
    Door("/{lang}/graph.gexf", "Give the graph as GEXF", ("application/gexf+xml",), parameters=(_LANG, _ADDRESS)),
    Door("/{lang}/sparql/terms.json", "List classes, properties and prefixes, for editors", parameters=(_LANG,)),
    Door("/reconcile", "Match names (Reconciliation API 0.2); without parameters the manifest", parameters=_RECONCILE),
    Door("/reconcile", "Match names", method="post", takes=(_FORM,), form=("queries", "extend")),
    Door("/{lang}/reconcile", "Match names, in a language", parameters=(_LANG, *_RECONCILE)),
    Door(
        "/{lang}/reconcile",
        "Match names",
        method="post",
        takes=(_FORM,),
        form=("queries", "extend"),
        parameters=(_LANG,),
    ),
    Door("/{lang}/reconcile/suggest/entity", "Suggest things", parameters=_SUGGEST),
    Door("/{lang}/reconcile/suggest/type", "Suggest types", parameters=_SUGGEST),
    Door("/{lang}/reconcile/suggest/property", "Suggest properties", parameters=_SUGGEST),
    Door(
        "/{lang}/reconcile/properties",
        "Propose properties of a type",
        parameters=(_LANG, Parameter("type", "The type"), Parameter("limit", "How many", kind="integer")),
    ),
    Door("/{lang}/reconcile/flyout", "Tell a thing in a few lines", parameters=(_LANG, Parameter("id", "The thing"))),
    Door(
        "/{lang}/reconcile/preview",
        "Show a thing in a frame",
        ("text/html",),
        parameters=(_LANG, Parameter("id", "The thing")),
    ),
    Door(
        "/changes",
        "Give the feed of changes: of the site, of a thing, of the things of a class",
        ("application/atom+xml",),
        parameters=(_FORMAT, _ADDRESS, Parameter("class", "The address of a class, or the name of its list")),
    ),
    Door(
        "/changes/{sequence}",
        "Give a change as an RDF Patch",
        (_PATCH,),
        parameters=(Parameter("sequence", "Its number", "path", "integer", required=True),),
    ),
    Door("/changes/ldes", "Begin the stream of all versions (LDES)", _QUADS, parameters=(_FORMAT,)),
    Door(
        "/changes/ldes/{generation}/{part}/{number}",
        "Give a page of the stream",
        _QUADS,
        parameters=(
            Parameter("generation", "The version that was built", "path", required=True),
            Parameter("part", "What was built, what is gone since, what was written", "path", of=PARTS, required=True),
            Parameter("number", "The number of the page", "path", "integer", required=True),
            _FORMAT,
        ),
    ),
    Door("/rdf-graph-store", "Give a graph", _types(GRAPHS), parameters=(_GRAPH, _DEFAULT, _FORMAT)),
    *(
        Door(
            "/rdf-graph-store",
            told,
            method=method,
            parameters=(_GRAPH, _DEFAULT),
            takes=_types(GRAPHS) if method != "delete" else (),
            writes=True,
        )
        for method, told in (("put", "Replace a graph"), ("post", "Add to a graph"), ("delete", "Delete a graph"))
    ),
    Door(
        "/update",
        "Change facts",
        method="post",
        takes=("application/sparql-update", _PATCH, _FORM),
        form=("update",),
        writes=True,
    ),
    Door("/undo", "Take a change back", method="post", takes=(_FORM,), form=("sequence",), writes=True),
    Door(
        "/q/{short}",
        "Lead to a shared query",
        parameters=(Parameter("short", "Its name", "path", required=True),),
        leads=True,
    ),
    Door(
        "/linkset",
        "Give the links of a thing's pages and data, or of the data set (RFC 9264)",
        ("application/linkset+json", "application/linkset"),
        parameters=(_ADDRESS, _FORMAT),
    ),
    Door("/openapi.json", "This description"),
    Door("/healthz", "Say that the process answers"),
    Door("/readyz", "Say whether there is something to answer from"),
    Door("/sitemap.xml", "List the pages", ("application/xml",)),
    Door("/robots.txt", "Say what robots leave alone", (_TEXT,)),
    Door("/llms.txt", "Tell language models what is here", (_TEXT,)),
)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the addresses for programs."""
    return Response(_document(current().version), content_type=f"{_JSON}; charset=utf-8")


@lru_cache(maxsize=2)
def _document(_version: str) -> bytes:
    publication = current()
    lang = "en" if "en" in publication.languages else publication.languages[0]
    examples = _examples(publication)
    paths: dict[str, dict[str, Any]] = {}
    for door in DOORS:
        paths.setdefault(door.path, {})[door.method] = _operation(door, examples)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": in_language(publication.settings.get("title", ""), lang, publication.languages)
            or publication.base,
            "version": __version__,
            "description": "Reads are open; writes need a token. Answers carry an ETag and the version of the data.",
        },
        "servers": [{"url": publication.base.rstrip("/")}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _operation(door: Door, examples: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = {media_type: {} for media_type in door.gives}
    answers: dict[str, Any] = {"default": _ERRORS}
    if door.leads:
        answers["303"] = {"description": "Where it leads"}
    elif door.writes:
        answers["204"] = {"description": "It is written"}
    else:
        answers["200"] = {"description": "The answer", "content": content}
    told: dict[str, Any] = {"summary": door.told, "responses": answers}
    if door.parameters:
        told["parameters"] = [_parameter(one, examples) for one in door.parameters]
    if door.takes:
        told["requestBody"] = {"required": True, "content": {one: _body(door, one) for one in door.takes}}
    if door.writes:
        told["security"] = [{"token": []}]
    return told


def _body(door: Door, media_type: str) -> dict[str, Any]:
    if media_type != _FORM:
        return {"schema": {"type": "string"}}
    return {"schema": {"type": "object", "properties": {name: {"type": "string"} for name in door.form}}}


def _parameter(one: Parameter, examples: Mapping[str, str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": one.kind}
    if one.of:
        schema["enum"] = list(one.of)
    if one.many:
        schema = {"type": "array", "items": schema}
    told = {"name": one.name, "in": one.where, "description": one.told, "required": one.required, "schema": schema}
    if one.name in examples:
        told["example"] = examples[one.name]
    return told


def _examples(publication: Publication) -> dict[str, str]:
    """Values with which every address answers something of this site."""
    lang, links = publication.languages[0], publication.links
    found = {
        "lang": lang,
        "query": "SELECT * { ?s ?p ?o } LIMIT 5",
        "sequence": "1",
        "generation": publication.generation.version,
        "part": PARTS[0],
        "number": "1",
        "prefix": "a",
        "q": "a",
        "default": "",
    }
    if publication.queries:
        found["question"] = min(publication.queries)
    for hint in publication.schema.listed_classes():
        for member in publication.index.members(hint.iri, lang, 0, 1):
            local = links.local(member.iri)
            if local and local.startswith("id/"):
                listed = links.class_list(hint.iri, lang).rpartition("/class/")[2]
                return {
                    **found,
                    "name": local[3:],
                    "list": listed,
                    "about": member.iri,
                    "id": member.iri,
                    "address": member.iri,
                }
    return found
