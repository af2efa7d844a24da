"""The dataset that the protocol names for an update.

Duty: write `using-graph-uri` and `using-named-graph-uri` into the text as USING clauses, because the
engine takes a dataset for queries only. Level 4; evaluates nothing. Each operation with a pattern gets
the clauses in front of its WHERE; operations without one (INSERT DATA, CLEAR …) ask no dataset.
Standard: SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/#update-dataset
"""

from __future__ import annotations

from collections.abc import Iterator

from samvirke.errors import QueryRefused
from samvirke.sparql.tokens import Token, place, tokens

__all__ = ["with_using"]


def with_using(text: str, default: tuple[str, ...] | None, named: tuple[str, ...] | None) -> str:
    """Return the update over the dataset of these graphs; the same text where the protocol names none.

    Raises: QueryRefused (rule `using`) when the text chooses a dataset itself, with USING or WITH.
    """
    if default is None and named is None:
        return text
    clauses = "".join(f" USING <{graph}>" for graph in default or ())
    clauses += "".join(f" USING NAMED <{graph}>" for graph in named or ())
    made, done = "", 0
    for place_of_where, short in _patterns(text):
        # DELETE WHERE { … } is short for a template and a pattern that are the same.
        group = text[place_of_where + len("WHERE") : short] if short else ""
        made += f"{text[done:place_of_where]}{group}{clauses} "
        done = place_of_where
    return made + text[done:]


def _patterns(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each outermost WHERE stands and, for the short form of DELETE, where its pattern ends."""
    depth, before, short = 0, "", None
    for token in tokens(text):
        if token.kind == "mark":
            depth += (token.text == "{") - (token.text == "}")
            if short is not None and depth == 0 and token.text == "}":
                yield short, token.start + 1
                short = None
        elif token.kind == "word" and depth == 0:
            word = token.text.upper()
            if word in ("USING", "WITH"):
                raise _refusal(text, token, word)
            if word == "WHERE" and before == "DELETE":
                short = token.start
            elif word == "WHERE":
                yield token.start, 0
            before = word
            continue
        before = ""


def _refusal(text: str, token: Token, word: str) -> QueryRefused:
    line, column = place(text, token.start)
    return QueryRefused(
        f"The request names a dataset, and so does {word} in the text.",
        rule="using",
        line=line,
        column=column,
        remedy="Name it in one of the two places only.",
    )
