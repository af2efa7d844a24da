"""What is published, behind a server's address.

Duty: the few requests that `Dataset` needs, over HTTP. Level 9. Follows redirects of the same server only, and
never sends a secret.
Standard: SPARQL 1.1 Protocol 2.1.3, https://www.w3.org/TR/sparql11-protocol/#query-via-post-direct
"""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from typing import IO, Any

from samvirke import __version__
from samvirke.errors import InputError, NotFound, QuerySyntaxError, QueryTimeout, SamvirkeError, ServiceFailed

__all__ = ["Server"]

_STRETCH_BYTES = 1 << 20
_DUMPS = {"nq": "data.nq", "nt": "default.nt"}
_SCHEMA = "schema.nq"
_TIMED_OUT = 503
_GONE = (404, 410)
_SYNTAX = "query-syntax-error"


class Server:
    """A Samvirke server."""

    def __init__(self, address: str, *, language: str, timeout_s: float) -> None:
        """Take the address of its front page, in any spelling. Raises: ServiceFailed when it is no Samvirke server."""
        self.address = address.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].rstrip("/") + "/"
        self._language, self._timeout_s = language, timeout_s
        with self._open("readyz") as answer:
            try:
                self.version = str(json.load(answer)["generation"])
            except (ValueError, KeyError, TypeError) as error:
                raise ServiceFailed(
                    f"{self.address} is no Samvirke server.", remedy="Give the address of its front page."
                ) from error

    def ask(self, query: str, media_type: str, *, explain: bool) -> bytes:
        """Return the server's answer to a query."""
        path = "sparql?explain=evidence" if explain else "sparql"
        headers = {"Content-Type": "application/sparql-query; charset=utf-8", "Accept": media_type}
        with self._open(path, data=query.encode(), headers=headers) as answer:
            return bytes(answer.read())

    def resolve(self, name: str) -> str:
        """Return the address that a name means. Raises: NotFound when it is not certain, with the nearest names."""
        batch = urllib.parse.urlencode({"queries": json.dumps({"q": {"query": name, "limit": 3}})})
        with self._open("reconcile", data=batch.encode(), headers={"Accept-Language": self._language}) as answer:
            found = json.load(answer)["q"]["result"]
        if found and found[0]["match"]:
            return str(found[0]["id"])
        near = ", ".join(f"{one['name']} ({one['id']})" for one in found)
        raise NotFound(
            f"Nothing here is certain to be called “{name}”.",
            remedy=f"Did you mean {near}?" if near else "Give an address.",
        )

    def write(self, form: str, file: IO[bytes]) -> None:
        """Write everything, in a format or a view of `samvirke.formats`.

        A view made here knows neither the licence nor the words around a passage, which no dump holds.
        """
        from samvirke.formats.about import About, about_of  # noqa: PLC0415 - only needed here
        from samvirke.formats.views import VIEWS, form_of, write  # noqa: PLC0415 - only needed here
        from samvirke.store import read_rdf  # noqa: PLC0415 - only needed here

        source = "nq" if form_of(form).quads else "nt"
        about = About()
        if form in VIEWS:
            with self._open(f"dump/{_SCHEMA}") as answer:
                about = about_of(read_rdf(answer.read(), format="nq"))
        with self._open(f"dump/{_DUMPS[source]}") as answer:
            if form in _DUMPS:
                shutil.copyfileobj(answer, file, _STRETCH_BYTES)
                return
            from pyoxigraph import RdfFormat, parse  # noqa: PLC0415 - only needed here

            quads = parse(answer, format=RdfFormat.from_extension(source))
            write(form, quads, file, about)

    def close(self) -> None:
        """End nothing: a server stays."""

    def _open(self, path: str, *, data: bytes | None = None, headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - urllib's answer
        told = {"User-Agent": f"samvirke/{__version__}", **(headers or {})}
        try:  # Only http and https come here, by `open_dataset`.
            request = urllib.request.Request(self.address + path, data=data, headers=told)
            return urllib.request.urlopen(request, timeout=self._timeout_s)
        except urllib.error.HTTPError as error:
            with error:
                raise _problem(error) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ServiceFailed(f"{self.address} does not answer: {reason}.", remedy="Check the address.") from error


def _problem(error: urllib.error.HTTPError) -> SamvirkeError:
    """The server's own words for what went wrong (RFC 9457)."""
    try:
        problem = json.loads(error.read(1 << 20))
        detail, remedy = str(problem.get("detail") or problem.get("title")), str(problem.get("remedy") or "")
    except (ValueError, AttributeError):
        problem, detail, remedy = {}, f"The server answered {error.code} {error.reason}.", ""
    if problem.get("code") == _SYNTAX:
        line, column = (int(problem.get(name) or 0) for name in ("line", "column"))
        return QuerySyntaxError(detail, remedy=remedy, line=line, column=column)
    kind = QueryTimeout if error.code == _TIMED_OUT else NotFound if error.code in _GONE else InputError
    return kind(detail, remedy=remedy)
