"""Updates by SPARQL.

Duty: the update operation of the protocol at `/update` – what a request may look like and what its
answer says. Level 7; evaluates nothing: updates go to the worker processes.
Standard: SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from samvirke.errors import WrongUse
from samvirke.web.protocol import one_parameter, placed, read_parameters
from samvirke.web.publication import serving
from samvirke.web.writing import address, done, permit, read_sent
from samvirke.workers.pool import WriteRequest

__all__ = ["blueprint"]

blueprint = Blueprint("updates", __name__)

_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-update"


@blueprint.post("/update", provide_automatic_options=False)
def post() -> Response:
    """Do an update in the body: a form, or the update itself."""
    permit("update")
    parameters = read_parameters(request.query_string, "the address")
    if "update" in parameters:
        raise WrongUse("An update does not stand in the address.", remedy="Send it in the body.")
    content = read_sent(_DIRECT, _FORM)
    if request.mimetype == _FORM:
        for name, values in read_parameters(content, "the form").items():
            parameters.setdefault(name, []).extend(values)
        text = one_parameter(parameters, "update")
        if text is None:
            raise WrongUse("The parameter “update” is missing.", remedy="Put the update into it.")
        content = text.encode()
    with placed(content.decode(errors="replace")):
        serving().pool.write(
            WriteRequest(
                action="update", content=content, using=_using(parameters), client=request.remote_addr or "unknown"
            )
        )
    return done(HTTPStatus.NO_CONTENT)


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
