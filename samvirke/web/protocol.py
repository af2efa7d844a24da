"""The SPARQL endpoint.

Duty: the protocol at `/sparql` – what a request may look like and what its answer says. Level 7;
evaluates nothing: queries go to the worker processes. `plan` and `Plan` know no web framework: the
event loop in front uses them, and so do the two views here, for servers that have no such loop.
Standard: SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/
"""

from __future__ import annotations

import binascii
import codecs
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.http import parse_options_header

from samvirke import sparql
from samvirke.errors import InputError, QueryRefused, WrongUse
from samvirke.model import NamedNode
from samvirke.negotiate import Offer, choose
from samvirke.settings import Limits
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

__all__ = [
    "PAGE",
    "Call",
    "Plan",
    "Question",
    "blueprint",
    "heads",
    "one_parameter",
    "placed",
    "plan",
    "read_parameters",
    "unquoted",
]

blueprint = Blueprint("protocol", __name__)

PAGE = Offer("text/html", "html", "HTML", ("application/xhtml+xml",))
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_UPDATE = "application/sparql-update"
_MOST_PARAMETERS = 200
_READING = "This address answers queries, it takes no updates."


class Question(NamedTuple):
    """What a request asks: a query, the dataset the protocol names for it, a wish for a format, and for evidence.

    `byte_order_mark` asks for one before CSV.
    """

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    format: str | None
    byte_order_mark: bool = False
    explain: bool = False

    @property
    def dataset(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """Return default and named graphs, or two times None when the protocol names neither."""
        if not self.default_graphs and not self.named_graphs:
            return None, None
        return self.default_graphs, self.named_graphs


class Call(NamedTuple):
    """A request as the protocol sees it: nothing of the connection, the host or the server it came through.

    `query_string` is what stands behind the question mark, `body` the whole body, None for GET and HEAD.
    """

    query_string: bytes
    accept: str | None = None
    content_type: str = ""
    content_encoding: str = "identity"
    body: bytes | None = None


@dataclass(slots=True)
class Plan:
    """What a well-formed request comes to: a question for a worker, the form of it, the format of its answer."""

    question: Question
    form: str
    offer: Offer
    keeps: bool
    known: tuple[str, str] = ("", "")
    """The version and the tag of the answer in it, once it was asked for."""

    def request(self, client: str) -> QueryRequest:
        """Return what the worker processes are asked, on the share of `client`."""
        default_graphs, named_graphs = self.question.dataset
        return QueryRequest(
            text=self.question.text,
            media_type=self.offer.media_type,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            byte_order_mark=self.question.byte_order_mark,
            explain=self.question.explain,
            client=client,
            federated=True,
        )

    def tag(self, publication: Publication) -> str:
        """Return the entity tag of the answer; only for one that may be kept."""
        if self.known[0] != publication.version:
            question = self.question
            asked = repr((question.text, *question.dataset, question.byte_order_mark, question.explain))
            self.known = publication.version, entity_tag(publication, self.offer.media_type, asked)
        return self.known[1]

    def headers(self, publication: Publication, version: str) -> list[tuple[str, str]]:
        """Return the headers of the answer, given from the generation `version`."""
        known, unknown = heads(self.offer)
        # When a new generation came between, the tag would be the old one's.
        if self.keeps and version == publication.version:
            return [*known, ("ETag", f'"{self.tag(publication)}"')]
        return unknown


def heads(offer: Offer) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the headers of an answer beside its entity tag: of one that may be kept, and of one that may not."""
    both = [("Content-Type", content_type(offer)), ("Vary", "Accept, Accept-Encoding")]
    return [*both, ("Cache-Control", "public, no-cache")], [*both, ("Cache-Control", NOT_KEPT)]


def plan(call: Call, limits: Limits, *, federated: bool = False) -> Plan | None:
    """Read a request to the endpoint; None when it asks no query, but for the service description.

    Where queries may be `federated`, an answer that another server may have a part in is not kept.
    Raises: WrongUse, QueryRefused, QuerySyntaxError, NotAcceptable, UnsupportedMediaType – before anything is asked.
    Source: https://www.w3.org/TR/sparql11-protocol/#query-operation
    """
    parameters = read_parameters(call.query_string, "the address")
    if call.body is None:
        if not any(name in parameters for name in ("query", "update", "default-graph-uri", "named-graph-uri")):
            return None
    else:
        _take_body(parameters, call)
    question = _question(parameters)
    form = _form(question, limits)
    plain = call.body is None and not (question.format or question.default_graphs or question.named_graphs)
    also = (PAGE,) if plain else ()
    offer = offer_for(form, call.accept, query_format=question.format, also=also, explain=question.explain)
    changes = sparql.varies(question.text) or (federated and sparql.may_ask_others(question.text))
    return Plan(question, form, offer, keeps=call.body is None and not changes)


def _take_body(parameters: dict[str, list[str]], call: Call) -> None:
    """Add what the body says to the parameters of the address."""
    check_kind(call.content_type, call.content_encoding)
    body = call.body or b""
    if parse_options_header(call.content_type)[0].lower() == _FORM:
        for name, values in read_parameters(body, "the form").items():
            parameters.setdefault(name, []).extend(values)
    else:
        parameters.setdefault("query", []).append(_decoded(body, "the query"))


class CodedBody(UnsupportedMediaType):
    """A body in a content coding: the answer says which are taken.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
    """

    def get_headers(self, *given: Any, **named: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - werkzeug's own
        """Add the codings that are taken: none."""
        return [*super().get_headers(*given, **named), ("Accept-Encoding", "identity")]


def refuse_coded(encoding: str) -> None:
    """Refuse a body in a content coding. Raises: CodedBody."""
    if encoding.strip().lower() != "identity":
        raise CodedBody("A compressed body is not taken. Send it as it is.")


def check_kind(given: str, encoding: str) -> None:
    """Refuse a body that is no query, before it is read. Raises: UnsupportedMediaType."""
    refuse_coded(encoding)
    kind, options = parse_options_header(given)
    kind = kind.lower()
    if kind == _UPDATE:
        raise UnsupportedMediaType(f"{_READING} Send a query as {_DIRECT}.")
    if kind not in (_FORM, _DIRECT):
        told = f"A body of type “{kind}”" if kind else "A body without a Content-Type"
        raise UnsupportedMediaType(f"{told} is not taken. Send a query as {_DIRECT}, or a form as {_FORM}.")
    charset = options.get("charset", "utf-8").strip("'\"").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"The character set “{charset}” is not taken. Send UTF-8.")


@blueprint.route("/sparql", methods=["GET"])
def get() -> Response:
    """Answer a query in the address; without one, describe the service or lead a reader to the page."""
    pool = serving().pool
    call = Call(request.query_string, request.headers.get("Accept"))
    found = plan(call, pool.limits, federated=pool.abroad is not None)
    if found is None:
        return _service(read_parameters(request.query_string, "the address"))
    if found.offer is PAGE:
        explain = "evidence" if found.question.explain else None
        links = current().links
        return _to_page(links.sparql(neutral_redirect_language(), query=found.question.text, explain=explain))
    return _answer(found)


@blueprint.route("/sparql", methods=["POST"])
def post() -> Response:
    """Answer a query in the body: a form, or the query itself."""
    kind, encoding = request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", "identity")
    check_kind(kind, encoding)
    call = Call(request.query_string, request.headers.get("Accept"), kind, encoding, read_body())
    pool = serving().pool
    found = plan(call, pool.limits, federated=pool.abroad is not None)
    assert found is not None, "a body is always a question"
    return _answer(found)


def _form(question: Question, limits: Limits) -> str:
    with placed(question.text):
        sparql.check_size(question.text, limits)
        form = sparql.classify(question.text)
    if question.explain:
        evidence.check_form(form)
    return form


def _answer(found: Plan) -> Response:
    """Have a query answered, or say that the client's copy still holds."""
    publication = current()
    response = Response()
    if found.keeps and request.if_none_match.contains(found.tag(publication)):
        response.headers.extend(found.headers(publication, publication.version))
        response.status_code = HTTPStatus.NOT_MODIFIED
        return response
    with placed(found.question.text):
        answer = serving().pool.query(found.request(request.remote_addr or "unknown"))
        told = _explained(answer, found.offer, publication) if found.question.explain else None
    response.response = answer.body if told is None else [told]
    response.headers.clear()
    response.headers.extend(found.headers(publication, answer.version))
    response.content_length = answer.length_bytes if told is None else len(told)
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
    offer = offer_for("CONSTRUCT", None, query_format=wished) if wished else choose(accept, (*GRAPHS, PAGE))
    if offer is PAGE:
        return _to_page(current().links.sparql(neutral_redirect_language()))
    response = Response(describe_service(current(), offer.extension), content_type=content_type(offer))
    abroad = serving().pool.abroad
    told = ("service description", *(() if abroad is None else abroad.origins))
    response.set_etag(entity_tag(current(), offer.media_type, " ".join(told)))
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
        byte_order_mark=_switch(parameters, "bom"),
        explain=evidence.wanted(one_parameter(parameters, "explain")),
    )


def _switch(parameters: dict[str, list[str]], name: str) -> bool:
    """Return whether a parameter says yes; without it, no. Raises: WrongUse when it says neither."""
    value = one_parameter(parameters, name)
    if value is None or value.lower() in ("0", "false", "no"):
        return False
    if value.lower() in ("", "1", "true", "yes"):
        return True
    raise WrongUse(f"“{value[:40]}” is no value of the parameter “{name}”.", remedy="Write 1 or 0.")


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
    parts = data.removeprefix(codecs.BOM_UTF8).split(b"&")
    if len(parts) > _MOST_PARAMETERS:
        raise WrongUse(f"There are more than {_MOST_PARAMETERS} parameters in {where}.", remedy="Send fewer.")
    try:
        for part in parts:
            if part:
                name, _, value = part.partition(b"=")
                found.setdefault(unquoted(name).decode("utf-8"), []).append(unquoted(value).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _not_utf8(where) from error
    return found


def unquoted(data: bytes) -> bytes:
    """Decode one name or value of a form, once.

    A query has some hundred escapes. With another sign in front they are those of mail, which the standard library
    decodes in C, a tenth of what they cost one by one.
    Sources: https://url.spec.whatwg.org/#concept-urlencoded-parser, https://www.rfc-editor.org/rfc/rfc2045#section-6.7
    """
    plain = data.replace(b"+", b" ")
    escapes = plain.count(b"%")
    if not escapes:
        return plain
    found = binascii.a2b_qp(plain.replace(b"=", b"=3D").replace(b"%", b"="))
    # Each escape is two bytes shorter. A sign that begins none stays as it is, and so does the end of a line behind
    # one, which mail would leave out.
    if len(found) + 2 * escapes == len(plain) and b"\n" not in plain and b"\r" not in plain:
        return found
    return unquote_to_bytes(plain)


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _not_utf8(where) from error


def _not_utf8(where: str) -> WrongUse:
    return WrongUse(f"The text of {where} is not UTF-8.", remedy="Encode it as UTF-8.")
