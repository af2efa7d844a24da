"""Updates by SPARQL.

Duty: the update operation of the protocol at `/update` – what a request may look like and what its
answer says. Level 7; evaluates nothing: updates go to the worker processes.
Standard: SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from samvirke import journal
from samvirke.errors import WrongUse
from samvirke.web.protocol import one_parameter, placed, read_parameters
from samvirke.web.publication import current, serving
from samvirke.web.writing import Permit, address, permit, read_sent, reason_of, written
from samvirke.workers.pool import WriteRequest, Written

__all__ = ["blueprint"]

blueprint = Blueprint("updates", __name__)

_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-update"
_PATCH = "application/rdf-patch"
_DIGITS = 15


@blueprint.post("/update", provide_automatic_options=False)
def post() -> Response:
    """Do an update in the body: a form, the update itself, or an RDF Patch."""
    allowed = permit("update")
    parameters = read_parameters(request.query_string, "the address")
    if "update" in parameters:
        raise WrongUse("An update does not stand in the address.", remedy="Send it in the body.")
    content = read_sent(_DIRECT, _FORM, _PATCH)
    if request.mimetype == _PATCH:
        return written(_write(allowed, "patch", content, parameters))
    if request.mimetype == _FORM:
        for name, values in read_parameters(content, "the form").items():
            parameters.setdefault(name, []).extend(values)
        text = one_parameter(parameters, "update")
        if text is None:
            raise WrongUse("The parameter “update” is missing.", remedy="Put the update into it.")
        content = text.encode()
    with placed(content.decode(errors="replace")):
        return written(_write(allowed, "update", content, parameters))


@blueprint.post("/undo", provide_automatic_options=False)
def undo() -> Response:
    """Take a change back: the form names its number in the journal. It is judged and written down as any change."""
    allowed = permit("undo")
    parameters = read_parameters(read_sent(_FORM), "the form")
    given = one_parameter(parameters, "sequence") or ""
    if not (given.isascii() and given.isdigit() and 0 < len(given) <= _DIGITS):
        raise WrongUse("The parameter “sequence” is missing or no number.", remedy="Give the number of the change.")
    parameters.setdefault("reason", [f"undo {int(given)}"])
    delta = journal.undo(journal.read(current().generation.journal), int(given))
    return written(_write(allowed, "patch", delta.patch(), parameters))


def _write(allowed: Permit, action: str, content: bytes, parameters: dict[str, list[str]]) -> Written:
    return serving().pool.write(
        WriteRequest(
            action=action,
            content=content,
            using=_using(parameters),
            author=allowed.author,
            reason=reason_of(parameters),
            graphs=allowed.graphs,
            client=request.remote_addr or "unknown",
        )
    )


@blueprint.route("/update", methods=["GET", "PUT", "PATCH", "DELETE", "OPTIONS"], provide_automatic_options=False)
def other() -> Response:
    """Say how updates are sent; without this an address for GET would seem to be the name of a thing."""
    methods = ["POST", "OPTIONS"]
    if request.method != "OPTIONS":
        raise MethodNotAllowed(methods, "An update is sent by POST.")
    return Response(headers={"Allow": ", ".join(methods)})


def _using(parameters: dict[str, list[str]]) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The dataset the protocol names for the update; two times None when it names none."""
    default, named = (
        tuple(address(given) for given in dict.fromkeys(parameters.get(name, ())))
        for name in ("using-graph-uri", "using-named-graph-uri")
    )
    return (default, named) if default or named else (None, None)
