"""A thing and what is said of it, each fact with its words.

Duty: plain values for one thing. Level 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from samvirke.client.tables import cell, link
from samvirke.client.values import Iri, Value

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]  # its types are a package of their own

__all__ = ["Entity", "Fact", "Passage"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of a document: their address (RFC 5147) and the words."""

    address: Iri
    words: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `name` is the property's name, `label` the value's when it is a thing.

    `passages` are the words it was read from; an inferred fact has a `rule` and the passages of its premises.
    `inverse`: the thing is what the fact leads to, `value` where it comes from.
    """

    property: Iri
    name: str
    value: Value
    label: str
    passages: tuple[Passage, ...]
    rule: Iri | None = None
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing: its address, its name, and the facts about it."""

    iri: Iri
    label: str
    facts: tuple[Fact, ...]

    def __getitem__(self, name: str) -> list[Value]:
        """Return the values of a property, by its address or its name. Raises: KeyError when there are none."""
        found = [one.value for one in self.facts if name in (one.property, one.name) and not one.inverse]
        if not found:
            raise KeyError(name)
        return found

    def to_pandas(self) -> pandas.DataFrame:
        """Return the facts as a DataFrame, one row for each. Raises: ImportError when pandas is not installed."""
        import pandas  # noqa: PLC0415 - not a dependency: whoever asks for it has it

        return pandas.DataFrame(
            [
                (one.name, one.value, one.label, one.inverse, one.rule, tuple(each.words for each in one.passages))
                for one in self.facts
            ],
            columns=["property", "value", "label", "inverse", "rule", "words"],
        )

    def _repr_html_(self) -> str:
        """Return the facts with their words as HTML, for notebooks."""
        rows = []
        for one in self.facts:
            value = link(str(one.value), one.label) if isinstance(one.value, Iri) and one.label else cell(one.value)
            words = "<br>".join(link(each.address, each.words) for each in one.passages)
            name = f"← {one.name}" if one.inverse else one.name
            rows.append(f"<tr><th>{escape(name)}</th><td>{value}</td><td>{words}</td></tr>")
        return f"<h3>{link(self.iri, self.label)}</h3><table><tbody>{''.join(rows)}</tbody></table>"
