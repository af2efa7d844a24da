"""N-Triples and N-Quads: one fact a line, in the canonical form, sorted.

Standards: https://www.w3.org/TR/n-triples/#canonical-ntriples, https://www.w3.org/TR/n-quads/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO

from samvirke.model import Quad
from samvirke.store import sorted_lines


def write_ntriples(quads: Iterable[Quad], output: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write the triples, each once."""
    output.writelines(sorted_lines(quad.triple for quad in quads))


def write_nquads(quads: Iterable[Quad], output: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write the quads, each once."""
    output.writelines(sorted_lines(quads))
