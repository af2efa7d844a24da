"""What a language model may ask of a published site: search, describe, sparql_select, explain, schema.

Level 8. Plain functions with plain answers; `mcp` hands them out. No fact is told without the address of the passage it
was read from: what has none is left out and counted. Strangers' queries run in a worker under the site's limits, and
what they are is decided by the parser, never by looking at their text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samvirke.commands.published import Published
from samvirke.errors import NotFound, QueryRefused, WrongUse

if TYPE_CHECKING:
    from samvirke.site import Site

__all__ = ["SCHEMA_BYTES", "Tools"]

SCHEMA_BYTES = 4_000
"""Most bytes of `schema`: it is read before every conversation."""
MOST_HITS = 20
MOST_ROWS = 100
MOST_FACTS = 200


class Tools:
    """The tools over one published site."""

    def __init__(self, site: Site, known: Published) -> None:
        """Take the site and what is published of it."""
        self._site, self._known = site, known

    def search(self, words: str, class_name: str = "", limit: int = 10) -> dict[str, Any]:
        """Find things by name, and sentences of the documents.

        Raises: NotFound when there is no class of that name.
        """
        known, index = self._known, self._known.publication.index
        class_iri = self._class(class_name) if class_name else None
        result = index.search(words, known.language, class_iri, max(1, min(limit, MOST_HITS)))
        return {
            "things": [
                {
                    "address": hit.iri,
                    "name": hit.label,
                    "class": self._name(hit.class_iri),
                    **({"matched": hit.matched} if hit.matched != hit.label else {}),
                }
                for hit in result.hits
            ],
            "sentences": [{"passage": one.passage, "words": one.text} for one in result.sentences[:MOST_HITS]],
            **({"did_you_mean": result.suggestion} if result.suggestion else {}),
            "more": result.more,
        }

    def describe(self, thing: str) -> dict[str, Any]:
        """Tell what is known of a thing: each fact with the addresses of its passages, and their words.

        Raises: NotFound when nothing has that name; WrongUse when several things have.
        """
        from samvirke.commands.telling import as_data, look_at

        known = self._known
        facts, view = look_at(known, known.find(thing))
        data = as_data(view, facts, known.language)
        told: list[dict[str, Any]] = []
        left_out = cut = 0
        for row in data["facts"]:
            with_words = [value for value in row["values"] if value["passages"]]
            left_out += len(row["values"]) - len(with_words)
            room = max(0, MOST_FACTS - sum(len(one["values"]) for one in told))
            cut += max(0, len(with_words) - room)
            if with_words[:room] or not row["stated"]:
                told.append({**row, "values": with_words[:room]})
        needed = {passage for row in told for value in row["values"] for passage in value["passages"]}
        return {
            **data,
            "class": self._name(data["class"]) if data["class"] else "",
            "facts": told,
            "passages": [passage for passage in data["passages"] if passage["address"] in needed],
            **({"facts_without_passage_left_out": left_out} if left_out else {}),
            **({"more_facts_at": data["address"], "facts_cut": cut} if cut else {}),
        }

    def sparql_select(self, query: str, limit: int = 50) -> dict[str, Any]:
        """Answer a SELECT: each row with the passages behind it.

        Rows that come of COUNT and the like are told as computed, for no passage says them.
        Raises: QueryRefused for any other form, and for rows that cannot be traced; what the limits raise.
        """
        from samvirke.sparql import classify
        from samvirke.why import answer
        from samvirke.why.wording import AGGREGATE, GROUPED
        from samvirke.workers.pool import QueryRequest

        form = classify(query)
        if form != "SELECT":
            raise QueryRefused(
                f"This is {form}: only SELECT is answered here.", rule="select-only", remedy="Ask with SELECT."
            )
        known = self._known
        most = max(1, min(limit, MOST_ROWS))
        request = QueryRequest(text=query, media_type="application/sparql-results+json", explain=True)
        body = known.pool.query(request).read()
        results, evidence = answer.told(
            body, base=self._site.base, why=known.publication.index.why, quotes=self._quotes
        )
        document = json.loads(results)
        rows = document["results"]["bindings"]
        told: dict[str, Any] = {"columns": document["head"]["vars"], "rows": []}
        missing = evidence.get("unavailable")
        if missing is not None:
            reason = str(missing["reason"])
            if reason not in (AGGREGATE, GROUPED):
                raise QueryRefused(
                    f"The rows cannot be traced to words: {reason}",
                    rule="no-passage",
                    remedy="Ask with plain patterns, or COUNT.",
                    line=int(missing.get("line", 0)),
                    column=int(missing.get("column", 0)),
                )
            told["rows"] = [{"values": self._values(row)} for row in rows[:most]]
            return {**told, "computed": reason, "more": len(rows) > most}
        traced = [
            (row, passages)
            for row, behind in zip(rows, evidence["rows"], strict=False)
            if (passages := answer.passages_of(behind))
        ]
        told["rows"] = [{"values": self._values(row), "passages": passages} for row, passages in traced[:most]]
        shown = {passage for row in told["rows"] for passage in row["passages"]}
        told["passages"] = {one: words for one, words in evidence.get("quotes", {}).items() if one in shown}
        left_out = min(len(rows), len(evidence["rows"])) - len(traced)
        notes = [str(note["reason"]) for note in evidence.get("notes", ())]
        return {
            **told,
            **({"rows_without_passage_left_out": left_out} if left_out else {}),
            **({"notes": notes} if notes else {}),
            "more": len(traced) > most or len(rows) > len(evidence["rows"]),
        }

    def explain(self, subject: str, property_name: str, value: str) -> dict[str, Any]:
        """Say why a fact holds: its words, or the rule and the premises down to words.

        Raises: NotFound when one of the three is unknown or the fact is not there.
        """
        from samvirke.commands.reasons import as_data, found_fact

        return as_data(found_fact(self._site, self._known, subject, property_name, value))

    def schema(self) -> str:
        """Return the classes and properties that are used, with their names and numbers, in at most 4 KB."""
        from samvirke.counts import COUNTS_FILE, Counts

        publication = self._known.publication
        counts = Counts.from_json(json.loads((Path(publication.directory) / COUNTS_FILE).read_text("utf-8")))
        schema = publication.schema
        used = [*counts.classes, *counts.properties]
        prefixes = {
            name: address
            for name, address in sorted(publication.links.prefixes.items())
            if any(iri.startswith(address) for iri in used)
        }
        lines = [f"PREFIX {name}: <{address}>" for name, address in prefixes.items()]
        for title, numbers in (("Classes", counts.classes), ("Properties", counts.properties)):
            lines.append(f"# {title}: name, label, how many")
            ranked = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
            lines += [f"{schema.shorten(iri)}  {self._name(iri)}  {count}" for iri, count in ranked]
        return _within(lines, SCHEMA_BYTES)

    def _class(self, name: str) -> str:
        """The class with this address, prefixed name or label."""
        publication, wanted = self._known.publication, name.casefold()
        iri = publication.links.resolve(name)
        counted = [one.iri for one in publication.index.classes()]
        if iri in counted:
            return str(iri)
        for one in counted:
            hint = publication.schema.class_hint(one)
            if wanted in {label.casefold() for label in (*hint.labels.values(), *hint.plurals.values())}:
                return one
        names = ", ".join(self._name(one) for one in counted[:MOST_HITS])
        raise NotFound(f"There is no class “{name}”.", remedy=f"There are: {names}.")

    def _name(self, iri: str) -> str:
        return self._known.publication.schema.name(iri, self._known.language).value

    def _quotes(self, addresses: Sequence[str]) -> Mapping[str, str]:
        quads = self._known.pool.read("passages", iris=list(addresses))
        return {quad.subject.value: quad.object.value for quad in quads}  # type: ignore[union-attr]  # words are literals

    def _values(self, row: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """A row as a reader reads it: things with their names."""
        told: dict[str, Any] = {}
        for column, term in row.items():
            label = self._known.publication.index.label(term["value"], self._known.language)
            told[column] = (
                {"address": term["value"], "name": label} if term["type"] == "uri" and label else term["value"]
            )
        return told


def _within(lines: Sequence[str], most: int) -> str:
    """As many lines as there is room for, and how many there is none for."""
    kept, size = [], 0
    for at, line in enumerate(lines):
        size += len(line.encode()) + 1
        if size > most - 80:  # Room for the last line.
            kept.append(f"… and {len(lines) - at} lines more: ask with sparql_select.")
            break
        kept.append(line)
    return "\n".join(kept)


def refuse_nothing(text: str) -> str:
    """Return a text that was asked for. Raises: WrongUse when it is empty."""
    if not text.strip():
        raise WrongUse("Nothing was asked.", remedy="Give a name, an address or a query.")
    return text
