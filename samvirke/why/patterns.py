"""What a query asks for, as far as its rows can be explained.

Duty: the values that `reading` makes of a query's text and `matching` works with. Level 4; pure.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#GraphPattern
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Element", "Graph", "Group", "Note", "Optional", "Pattern", "Plan", "Raw", "Slot", "Triples", "Union"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of a pattern: a variable by its name without the sign, or a constant as the query writes it."""

    text: str
    variable: bool = False

    def __str__(self) -> str:
        """Return it as SPARQL."""
        return f"?{self.text}" if self.variable else self.text


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern, with its place in the order of the query."""

    number: int
    subject: Slot
    predicate: Slot
    object: Slot

    def __str__(self) -> str:
        """Return it as SPARQL."""
        return f"{self.subject} {self.predicate} {self.object} ."

    @property
    def slots(self) -> tuple[Slot, Slot, Slot]:
        """Return its three places."""
        return self.subject, self.predicate, self.object


@dataclass(frozen=True, slots=True)
class Triples:
    """A run of triple patterns."""

    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Raw:
    """FILTER, BIND or VALUES, word for word: they decide over facts and are none."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group in braces; it holds when all its parts do."""

    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """OPTIONAL; `mark` is the variable that is bound where it matched."""

    group: Group
    mark: str


@dataclass(frozen=True, slots=True)
class Union:
    """UNION; of the branches, those matched whose mark is bound."""

    branches: tuple[tuple[Group, str], ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """GRAPH: the facts inside stand in the graph named."""

    name: Slot
    group: Group


Element = Triples | Raw | Group | Optional | Union | Graph


@dataclass(frozen=True, slots=True)
class Note:
    """Something of the answer that has no words, with its place in the query."""

    reason: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A query whose rows can be explained.

    `head` is its prologue and `ending` a VALUES clause behind the pattern, word for word; `named` are the
    columns that are computed, as (expression, variable). `certain` are variables that have a value before
    anything optional or computed is looked at: rows may be narrowed by them without changing what matches.
    `constants` are the constants of all patterns, each once.
    """

    head: str
    body: Group
    named: tuple[tuple[str, str], ...] = ()
    ending: str = ""
    certain: frozenset[str] = frozenset()
    constants: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
