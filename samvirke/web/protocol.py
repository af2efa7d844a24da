"""The SPARQL endpoint.

Duty: the protocol at `/sparql` – what a request may look like and what its answer says. Level 7;
evaluates nothing: queries go to the worker processes.
Standard: SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from samvirke import sparql
from samvirke.errors import InputError, QueryRefused, WrongUse
from samvirke.model import NamedNode
from samvirke.negotiate import Offer, choose
from samvirke.sparql import errors as sparql_errors
from samvirke.sparql.formats import GRAPHS, content_type, offer_for
from samvirke.web import evidence
from samvirke.web.bodies import read_body
from samvirke.web.headers import NOT_KEPT, entity_tag, vary
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.publication import Publication, current, serving
from samvirke.web.service_description import describe_service
from samvirke.workers.answers import Answer
from samvirke.workers.pool import QueryRequest

__all__ = ["Question", "blueprint", "one_parameter", "placed", "read_parameters"]

blueprint = Blueprint("protocol", __name__)

_PAGE = Offer("text/html", "html", "HTML", ("application/xhtml+xml",))
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_UPDATE = "application/sparql-update"
_MOST_PARAMETERS = 200
_READING = "This address answers queries, it takes no updates."


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks: a query, the dataset the protocol names for it, a wish for a format, and for evidence."""

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    format: str | None
    explain: bool = False

    @property
    def dataset(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """Return default and named graphs, or two times None when the protocol names neither."""
        if not self.default_graphs and not self.named_graphs:
            return None, None
        return self.default_graphs, self.named_graphs


@blueprint.route("/sparql", methods=["GET"])
def get() -> Response:
    """Answer a query in the address; without one, describe the service or lead a reader to the page."""
    parameters = read_parameters(request.query_string, "the address")
    if not any(name in parameters for name in ("query", "update", "default-graph-uri", "named-graph-uri")):
        return _service(parameters)
    question = _question(parameters)
    form = _form(question)
    also = () if question.format or question.default_graphs or question.named_graphs else (_PAGE,)
    accept = request.headers.get("Accept")
    offer = offer_for(form, accept, query_format=question.format, also=also, explain=question.explain)
    if offer is _PAGE:
        explain = "evidence" if question.explain else None
        return _to_page(current().links.sparql(neutral_redirect_language(), query=question.text, explain=explain))
    return _answer(question, form, offer)


@blueprint.route("/sparql", methods=["POST"])
def post() -> Response:
    """Answer a query in the body: a form, or the query itself."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("A compressed body is not taken. Send it as it is.")
    parameters = read_parameters(request.query_string, "the address")
    kind = request.mimetype
    if kind == _UPDATE:
        raise UnsupportedMediaType(f"{_READING} Send a query as {_DIRECT}.")
    if kind not in (_FORM, _DIRECT):
        given = f"A body of type “{kind}”" if kind else "A body without a Content-Type"
        raise UnsupportedMediaType(f"{given} is not taken. Send a query as {_DIRECT}, or a form as {_FORM}.")
    charset = request.mimetype_params.get("charset", "utf-8").strip("'\"").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"The character set “{charset}” is not taken. Send UTF-8.")
    body = read_body()
    if kind == _FORM:
        for name, values in read_parameters(body, "the form").items():
            parameters.setdefault(name, []).extend(values)
    else:
        parameters.setdefault("query", []).append(_decoded(body, "the query"))
    question = _question(parameters)
    form = _form(question)
    accept = request.headers.get("Accept")
    return _answer(question, form, offer_for(form, accept, query_format=question.format, explain=question.explain))


def _form(question: Question) -> str:
    with placed(question.text):
        sparql.check_size(question.text, serving().pool.limits)
        form = sparql.classify(question.text)
    if question.explain:
        evidence.check_form(form)
    return form


def _answer(question: Question, form: str, offer: Offer) -> Response:
    """Have a query answered, or say that the client's copy still holds."""
    publication = current()
    keeps = request.method in ("GET", "HEAD") and not sparql.varies(question.text)
    tag = entity_tag(publication, offer.media_type, json.dumps([question.text, *question.dataset, question.explain]))
    response = Response(content_type=content_type(offer))
    if keeps:
        response.set_etag(tag)
        response.headers["Cache-Control"] = "public, no-cache"
    else:
        response.headers["Cache-Control"] = NOT_KEPT
    vary(response, "Accept")
    if keeps and request.if_none_match.contains(tag):
        response.status_code = HTTPStatus.NOT_MODIFIED
        return response
    default_graphs, named_graphs = question.dataset
    with placed(question.text):
        answer = serving().pool.query(
            QueryRequest(
                text=question.text,
                media_type=offer.media_type,
                default_graphs=default_graphs,
                named_graphs=named_graphs,
                explain=question.explain,
                client=request.remote_addr or "unknown",
            )
        )
        if question.explain:
            response.set_data(_explained(answer, offer, publication))
        else:
            response.response = answer.body
            response.content_length = answer.length_bytes
    if answer.version != publication.version:
        # A new generation came between: the tag above is the old one's.
        del response.headers["ETag"]
        response.headers["Cache-Control"] = NOT_KEPT
    return response


def _explained(answer: Answer, offer: Offer, publication: Publication) -> bytes:
    """The answer with the evidence of its rows."""
    source = evidence.same(answer.version, publication, serving().newest)
    return evidence.explained(
        answer.read(), offer.media_type, source, lambda iris: serving().pool.read("passages", iris=list(iris))
    )


@contextlib.contextmanager
def placed(text: str) -> Iterator[None]:
    """Add the line of the query, with a caret, to an error that knows its place."""
    try:
        yield
    except InputError as error:
        if error.line and (shown := sparql_errors.excerpt(text, error.line, error.column)):
            error.add_note(shown)
        raise


def _service(parameters: dict[str, list[str]]) -> Response:
    """Describe the service in RDF, or lead a reader to the page where queries are written.

    Source: https://www.w3.org/TR/sparql11-service-description/#accessing
    """
    wished = _wish(parameters)
    accept = request.headers.get("Accept")
    offer = offer_for("CONSTRUCT", None, query_format=wished) if wished else choose(accept, (*GRAPHS, _PAGE))
    if offer is _PAGE:
        return _to_page(current().links.sparql(neutral_redirect_language()))
    response = Response(describe_service(current(), offer.extension), content_type=content_type(offer))
    response.set_etag(entity_tag(current(), offer.media_type, "service description"))
    vary(response, "Accept")
    return response


def _to_page(address: str) -> Response:
    response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
    vary(response, "Accept", "Accept-Language")
    return response


def _question(parameters: dict[str, list[str]]) -> Question:
    """Read the protocol's parameters. Raises: WrongUse, QueryRefused."""
    if "update" in parameters:
        raise QueryRefused(_READING, rule="read_only", remedy="Send a query in the parameter “query”.")
    text = one_parameter(parameters, "query")
    if text is None:
        raise WrongUse("The parameter “query” is missing.", remedy="Put the query into it.")
    return Question(
        text=text,
        default_graphs=_addresses(parameters, "default-graph-uri"),
        named_graphs=_addresses(parameters, "named-graph-uri"),
        format=_wish(parameters),
        explain=evidence.wanted(one_parameter(parameters, "explain")),
    )


def one_parameter(parameters: dict[str, list[str]], name: str) -> str | None:
    """Return the value of a parameter, None when it is not given. Raises: WrongUse when it is given twice."""
    values = parameters.get(name, [])
    if len(values) > 1:
        raise WrongUse(f"The parameter “{name}” is given {len(values)} times.", remedy="Give it once.")
    return values[0] if values else None


def _wish(parameters: dict[str, list[str]]) -> str | None:
    """Return the first format named. No standard knows the parameter, and clients in use send it twice."""
    return next((value for name in ("format", "output") for value in parameters.get(name, ()) if value), None)


def _addresses(parameters: dict[str, list[str]], name: str) -> tuple[str, ...]:
    """Return the graphs a parameter names, each once. Raises: WrongUse when one is no absolute address."""
    found = tuple(dict.fromkeys(parameters.get(name, ())))
    for address in found:
        try:
            NamedNode(address)
        except ValueError as error:
            raise WrongUse(f"“{address[:200]}” in “{name}” is not an address.", remedy="Give a full IRI.") from error
    return found


def read_parameters(data: bytes, where: str) -> dict[str, list[str]]:
    """Read a query string or form, strictly: what is not UTF-8 is refused, not replaced."""
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            _decoded(data, where),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except UnicodeDecodeError as error:
        raise _not_utf8(where) from error
    except ValueError as error:
        raise WrongUse(
            f"There are more than {_MOST_PARAMETERS} parameters in {where}.", remedy="Send fewer."
        ) from error
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _not_utf8(where) from error


def _not_utf8(where: str) -> WrongUse:
    return WrongUse(f"The text of {where} is not UTF-8.", remedy="Encode it as UTF-8.")
