"""What an address of the query page asks for.

Duty: read the parameters of `/<language>/sparql` – a query, or the name of a stored question with its values, or a
short address; a view, an order, evidence – and write them back. Level 7; evaluates nothing. The event loop in front
uses it too, so that a query of the page is called off when its reader leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from samvirke import sparql
from samvirke.errors import InputError, NotFound
from samvirke.queries import StoredQuery, bind
from samvirke.settings import Limits
from samvirke.web.evidence import wanted
from samvirke.web.protocol import one_parameter, placed
from samvirke.web.publication import Publication
from samvirke.web.shares import Shares
from samvirke.workers.pool import QueryRequest

__all__ = ["ROWS", "VALUE", "Wish", "read_wish", "request_of"]

VALUE = "value."
"""What stands before the names of a stored question's parameters, which could be called like the page's own."""
ROWS = ("SELECT", "ASK")
_TURTLE = "text/turtle"
_JSON = "application/sparql-results+json"
_TRIPLES = "application/n-triples"
_NAMES = ("query", "shared", "question", "explain", "view", "order")
_LONGEST_ORDER = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `text` is the query to run, None when there is none yet; `draft` stands in the form then.

    `question` and `values` name a stored question, `shared` a short address. `mistake` says what is wrong with a value.
    """

    text: str | None = None
    draft: str = ""
    question: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    shared: str = ""
    explain: bool = False
    view: str = ""
    order: str = ""
    mistake: InputError | None = None

    def parameters(self, **changed: str) -> str:
        """Return the query string that asks for the same, but for what is changed; "" takes it away."""
        told: dict[str, str] = {}
        if self.shared:
            told["shared"] = self.shared
        elif self.question:
            told |= {"question": self.question, **{f"{VALUE}{name}": value for name, value in self.values.items()}}
        elif self.text is not None:
            told["query"] = self.text
        if self.explain:
            told["explain"] = "evidence"
        told |= {"view": self.view, "order": self.order, **changed}
        return urlencode({name: value for name, value in told.items() if value or name == "query"})


def read_wish(parameters: Mapping[str, list[str]], publication: Publication, shares: Shares) -> Wish:
    """Read the parameters. The query itself comes before a short address, that before a stored question.

    Raises: WrongUse for what is given twice or makes no sense; NotFound for an unknown question or short address.
    """
    asked = {name: given for name, given in parameters.items() if name in _NAMES or name.startswith(VALUE)}
    told = {name: one_parameter(asked, name) for name in asked}
    explain = wanted(told.get("explain"))
    view, order = told.get("view") or "", (told.get("order") or "")[:_LONGEST_ORDER]
    text, shared, question = told.get("query"), told.get("shared"), told.get("question")
    if text is not None:
        # A form sends its lines as mail does.
        return Wish(text.replace("\r\n", "\n"), explain=explain, view=view, order=order)
    if shared is not None:
        return Wish(shares.read(shared), shared=shared, explain=explain, view=view, order=order)
    if question is None:
        return Wish()
    query = publication.queries.get(question)
    if query is None:
        raise NotFound(f"There is no question called “{question}”.", remedy="Choose one from the list.")
    values = {name.removeprefix(VALUE): value for name, value in told.items() if name.startswith(VALUE) and value}
    wish = Wish(question=question, values=values, draft=_without_comment(query.text), explain=explain, view=view)
    if not values and any(parameter.required for parameter in query.parameters):
        return wish
    return _bound(wish, query, values, order)


def _bound(wish: Wish, query: StoredQuery, values: dict[str, str], order: str) -> Wish:
    """The question with its values; with what is wrong with one of them it is not asked."""
    common = {"draft": wish.draft, "question": wish.question, "values": values, "view": wish.view}
    try:
        text = _without_comment(bind(query, values))
    except InputError as error:
        return Wish(**common, mistake=error)  # type: ignore[arg-type]  # a dictionary of fields
    return Wish(text, **common, explain=wish.explain, order=order)  # type: ignore[arg-type]  # the same


def _without_comment(text: str) -> str:
    """A stored question without the comment that describes it."""
    lines = text.split("\n")
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)


def request_of(wish: Wish, limits: Limits, client: str) -> tuple[QueryRequest, str]:
    """Return what a worker is asked, and the form of the query. Raises: what is wrong with the query at first sight."""
    text = wish.text or ""
    with placed(text):
        sparql.check_size(text, limits)
        form = sparql.classify(text)
    facts = _TRIPLES if wish.view == "graph" else _TURTLE
    explain = wish.explain and form == "SELECT"
    return QueryRequest(
        text=text, media_type=_JSON if form in ROWS else facts, explain=explain, client=client, federated=True
    ), form
