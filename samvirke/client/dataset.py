"""One published dataset, to ask and to take away.

Duty: `query`, `entity`, `export` over a folder or a server, which answer alike. Level 9; changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Protocol

from samvirke.client.entities import Entity, Fact, Passage
from samvirke.client.tables import Table
from samvirke.client.values import Iri, value_of
from samvirke.errors import NotFound, WrongUse
from samvirke.formats.views import ENDINGS
from samvirke.model import NamedNode
from samvirke.sparql import classify
from samvirke.terms import DCT, RDFS, SKOS, Namespace

if TYPE_CHECKING:
    import rdflib

__all__ = ["Dataset", "Place"]

_JSON = "application/sparql-results+json"
_TRIPLES = "application/n-triples"
_FOAF = Namespace("http://xmlns.com/foaf/0.1/")
_NAMES = (SKOS.prefLabel, RDFS.label, _FOAF.name, DCT.title)
_INCOMING = 1_000


class Place(Protocol):
    """Where a dataset lies."""

    address: str
    version: str

    def ask(self, query: str, media_type: str, *, explain: bool) -> bytes:
        """Return the answer to a query in a format, with its evidence if that is asked for."""

    def resolve(self, name: str) -> str:
        """Return the address that a name means."""

    def write(self, form: str, file: IO[bytes]) -> None:
        """Write everything in a format."""

    def close(self) -> None:
        """End what is behind it."""


class Dataset:
    """What is published, as it was when it was opened."""

    def __init__(self, place: Place, *, language: str) -> None:
        """Take where it lies and the language of names."""
        self._place, self._language = place, language

    @property
    def address(self) -> str:
        """Return the address of the site, or of the server that was opened."""
        return self._place.address

    @property
    def version(self) -> str:
        """Return the version of what is published."""
        return self._place.version

    def query(self, text: str, *, evidence: bool = False) -> Table | bool | rdflib.Graph:
        """Answer a SPARQL query: a `Table` for SELECT, True or False for ASK, an rdflib graph for the others.

        With `evidence`, the rows of a SELECT come with the addresses of the passages behind them and their words.
        Raises: QuerySyntaxError with line and column; QueryTimeout and others of `samvirke.errors`.
        """
        form = classify(text)
        if form in ("CONSTRUCT", "DESCRIBE"):
            import rdflib  # noqa: PLC0415 - 0.2 s, for those who ask for a graph

            return rdflib.Graph().parse(data=self._place.ask(text, _TRIPLES, explain=False), format="nt")
        answer = json.loads(self._place.ask(text, _JSON, explain=evidence and form == "SELECT"))
        if form == "ASK":
            return bool(answer["boolean"])
        return _table(answer)

    def select(self, text: str, *, evidence: bool = False) -> Table:
        """Answer a SELECT query. Raises: as `query`; WrongUse for any other form."""
        found = self.query(text, evidence=evidence)
        if not isinstance(found, Table):
            raise WrongUse("This is no SELECT.", remedy="Use query() for other forms.")
        return found

    def entity(self, name: str) -> Entity:
        """Return a thing by its address or its name, with the facts about it and the words behind each.

        Raises: NotFound when nothing has that name, with the nearest ones.
        """
        iri = name if _is_address(name) else self._place.resolve(name)
        node = str(NamedNode(iri))
        out = self.select(f"SELECT ?p ?o {{ {node} ?p ?o }}", evidence=True)
        back = self.select(f"SELECT ?p ?o {{ ?o ?p {node} }} ORDER BY ?p ?o LIMIT {_INCOMING}", evidence=True)
        if not out and not back:
            raise NotFound(f"Nothing is said of {iri}.", remedy="Give a thing's address or its name.")
        met = {
            iri,
            *(str(value) for table in (out, back) for row in table for value in row.values() if isinstance(value, Iri)),
        }
        labels = self._labels(sorted(met))
        facts = [*_facts(out, labels, inverse=False), *_facts(back, labels, inverse=True)]
        return Entity(Iri(iri), labels.get(iri, iri), tuple(facts))

    def export(self, form: str, to: str | Path | IO[bytes] | None = None) -> bytes | None:
        """Write everything in a format to a file; without one, return the bytes.

        `samvirke export --help` lists the formats: ttl, nq, jsonld and others.

        Raises: WrongUse for an unknown format.
        """
        name = form.lower().removeprefix(".")
        if name not in ENDINGS:
            raise WrongUse(f"There is no format {form}.", remedy=f"Use one of {', '.join(ENDINGS)}.")
        if to is None:
            kept = BytesIO()
            self._place.write(name, kept)
            return kept.getvalue()
        if isinstance(to, str | Path):
            with Path(to).open("wb") as file:
                self._place.write(name, file)
        else:
            self._place.write(name, to)
        return None

    def close(self) -> None:
        """End what is behind it."""
        self._place.close()

    def __enter__(self) -> Dataset:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is behind it."""
        self.close()

    def __repr__(self) -> str:
        """Name it and its version."""
        return f"Dataset({self.address}, version {self.version})"

    def _labels(self, iris: Sequence[str]) -> dict[str, str]:
        """The names of things and terms, each in the best language there is."""
        found: dict[str, tuple[int, str]] = {}
        names = " ".join(map(str, _NAMES))
        for at in range(0, len(iris), _INCOMING):
            listed = " ".join(str(NamedNode(one)) for one in iris[at : at + _INCOMING])
            told = self.select(
                f"SELECT ?x ?l {{ VALUES ?x {{ {listed} }} VALUES ?p {{ {names} }}"
                " { ?x ?p ?l } UNION { GRAPH ?g { ?x ?p ?l } } }"
            )
            for row in told:
                tag = str(getattr(row["l"], "language", ""))
                rank = 0 if tag == self._language else 1 if not tag else 2
                best = (rank, str(row["l"]))
                found[str(row["x"])] = min(found.get(str(row["x"]), best), best)
        return {iri: label for iri, (_, label) in found.items()}


def _is_address(name: str) -> bool:
    if not name.startswith(("http://", "https://", "urn:")):
        return False
    try:
        NamedNode(name)
    except ValueError:
        return False
    return True


def _table(answer: Mapping[str, Any]) -> Table:
    columns = answer["head"]["vars"]
    rows = [
        {name: value_of(row[name]) if name in row else None for name in columns}
        for row in answer["results"]["bindings"]
    ]
    evidence = answer.get("evidence")
    if evidence is None:
        return Table(columns, rows)
    behind = [tuple(_passages(one["facts"])) for one in evidence.get("rows", ())]
    behind += [()] * (len(rows) - len(behind))
    table = Table(columns, rows, evidence=behind, quotes=dict(evidence.get("quotes", {})))
    table.rules = tuple(_rules(one["facts"]) for one in evidence.get("rows", ()))
    return table


def _passages(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(passage for fact in facts for passage in fact.get("passages", ())))


def _rules(facts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(fact["rule"]) for fact in facts if fact.get("rule")))


def _facts(table: Table, labels: Mapping[str, str], *, inverse: bool) -> list[Fact]:
    made = []
    for number, row in enumerate(table):
        passages = tuple(Passage(Iri(one), table.quotes.get(one, "")) for one in (table.evidence or ())[number])
        rules = table.rules[number] if number < len(table.rules) else ()
        value, link = row["o"], Iri(str(row["p"]))
        assert value is not None, "the pattern binds both"
        label = labels.get(str(value), "") if isinstance(value, Iri) else ""
        rule = Iri(rules[0]) if rules else None
        made.append(Fact(link, labels.get(link, link), value, label, passages, rule, inverse))
    return sorted(made, key=lambda one: (one.name.casefold(), one.label.casefold(), str(one.value)))
