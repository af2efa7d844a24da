"""Compiled shapes: what a shape, its constraints and its targets are once they are read.

Duty: frozen values, kept for as long as a site is served and copied into its workers; terms as
N-Triples texts, no store. Level 3.
Source: https://www.w3.org/TR/shacl/#shapes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from samvirke.gate.compiled.paths import Path
from samvirke.gate.compiled.patterns import Pattern
from samvirke.model import Severity, Term
from samvirke.terms import SH


class NotClaimed(Exception):
    """The compiler leaves a shape to pySHACL; the message says why."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of a shape: its component, the terms and numbers it is given, and the shapes it refers to."""

    component: str
    terms: tuple[str, ...] = ()
    number: int = 0
    shapes: tuple[Shape, ...] = ()
    others: tuple[Shape, ...] = ()
    """The sibling shapes of sh:qualifiedValueShapesDisjoint."""
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape and everything below it. `path` is None for a node shape."""

    node: Term
    name: str
    path: Path | None
    path_text: str
    severity: Severity
    constraints: tuple[Constraint, ...]
    words: Mapping[str, Mapping[str, str]]
    """The messages of a finding, by component."""

    def __hash__(self) -> int:
        """Shapes are compared by their node: a shapes graph holds each once."""
        return hash(self.node)

    def __eq__(self, other: object) -> bool:
        """As above."""
        return isinstance(other, Shape) and self.node == other.node


@dataclass(frozen=True, slots=True)
class Targets:
    """What chooses the focus nodes of a shape."""

    nodes: tuple[str, ...]
    classes: tuple[str, ...]
    subjects_of: tuple[str, ...]
    objects_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """A shape with targets."""

    shape: Shape
    targets: Targets


@dataclass(frozen=True, slots=True)
class Compiled:
    """The shapes that are evaluated here, and those that are left, each with the reason."""

    roots: tuple[Root, ...]
    left: Mapping[Term, str]


def component(name: str) -> str:
    """The component that a parameter declares, by the parameter's name."""
    return f"{SH}{name[0].upper()}{name[1:]}ConstraintComponent"
