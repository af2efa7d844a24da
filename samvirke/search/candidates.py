"""Which names may answer a question, the best first.

Duty: the stages of a search as queries of the index: exactly so, beginning so, by words, inside words. Level 4;
judges no name, and opens no file. Names are numbered as hits are ranked, within their kind and language, so the
first numbers of each block that match are its best, and no query reads further than what is asked for.
Source: https://www.sqlite.org/fts5.html#full_text_query_syntax
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

__all__ = ["EVERY", "Block", "Stage", "blocks_for", "found"]

Block = tuple[int, str, int, int]
"""The names of a kind in a language: kind, language tag, first and last number."""
EVERY: Block = (0, "", 0, 2**62)
_MOST_BLOCKS = 24
_CLASS_LOOKED_AT = 20_000
"""Names looked at to find some of a class."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A condition on the number of a name, and its values."""

    table: str
    number: str
    condition: str
    values: tuple[str, ...]


def blocks_for(blocks: Sequence[Block], lang: str) -> list[list[tuple[int, int]]]:
    """Return the blocks in the order in which a language prefers them; those that rank alike stand together."""
    if not blocks or len(blocks) > _MOST_BLOCKS:
        blocks = [EVERY]
    ordered = sorted(blocks, key=lambda block: (block[0], block[1] != lang))
    return [
        [(first, last) for _, _, first, last in alike]
        for _, alike in groupby(ordered, key=lambda block: (block[0], block[1] != lang))
    ]


def found(
    rows: Callable[..., Sequence[int]], stage: Stage, block: tuple[int, int], class_iri: str | None, limit: int
) -> Iterator[int]:
    """Yield the first numbers of a block for which a stage's condition holds; of things of a class if one is given."""
    query = (
        f"SELECT {stage.number} AS number FROM {stage.table} WHERE {stage.condition}"
        f" AND {stage.number} BETWEEN ? AND ? ORDER BY {stage.number} LIMIT ?"
    )
    if class_iri is None:
        yield from rows(query, *stage.values, *block, limit)
        return
    of_class = (
        f"SELECT number FROM ({query}) JOIN name ON name.id = number"
        " WHERE EXISTS (SELECT 1 FROM entity_class c WHERE c.class = ? AND c.entity = name.entity) LIMIT ?"
    )
    yield from rows(of_class, *stage.values, *block, _CLASS_LOOKED_AT, class_iri, limit)
