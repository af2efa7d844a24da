"""Say in `about.ttl` that there is a new version.

Duty: what is known of every version – its kind, its document, its language, its checksum – for the new one, and
its date where its name is one and no passage gives another. Level 6. It must not copy what was seen of the old
file only: its dates, its titles, where it was fetched.
Standard: PROV-O, https://www.w3.org/TR/prov-o/#specializationOf
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from samvirke.anchor.rewriting import File
from samvirke.anchor.turtle_text import resolve
from samvirke.model import DocumentVersion, NamedNode, Quad
from samvirke.terms import CORE, DCT, PROV, TYPE, XSD

__all__ = ["dated", "described", "description", "left_behind"]

_KEPT = (TYPE, PROV.specializationOf, DCT.language)
_DATES = frozenset({DCT.modified, DCT.issued, PROV.generatedAtTime})
_NAMES = ((r"\d{4}-\d\d-\d\d", XSD.date), (r"\d{4}-\d\d", XSD.gYearMonth), (r"\d{4}", XSD.gYear))
_LOCAL = re.compile(r"[A-Za-z](?:[\w-]*\w)?")


def described(file: File | None, version: str) -> bool:
    """Whether the file says anything of a version."""
    return file is not None and any(
        isinstance(quad.subject, NamedNode) and quad.subject.value == version for quad in file.quads
    )


def dated(quads: Iterable[Quad], version: str) -> bool:
    """Whether some quads say what time a version is from."""
    return any(quad.predicate in _DATES and quad.subject == NamedNode(version) for quad in quads)


def description(
    file: File | None, known: Iterable[Quad], old: DocumentVersion, new: DocumentVersion, *, date: str
) -> str:
    """Return the statement about the new version, in the file's own words where it has them.

    Reads:  `known`, what is said of the old version; `date`, the name of the new one where that is to date it.
    """
    said: dict[NamedNode, list[NamedNode]] = {predicate: [] for predicate in _KEPT}
    for quad in known:
        if quad.subject == NamedNode(old.address) and quad.predicate in said:
            said[quad.predicate].append(quad.object)  # type: ignore[arg-type]  # a literal is written as it is
    said[PROV.specializationOf] = said[PROV.specializationOf] or [NamedNode(new.document)]
    prefixes = file.text.prefixes if file else {}
    lines = [
        f"{'a' if predicate == TYPE else _term(predicate, prefixes)} "
        + " , ".join(sorted({_term(value, prefixes) for value in values}))
        for predicate, values in said.items()
        if values
    ]
    for form, datatype in _NAMES:
        if re.fullmatch(form, date):
            lines.append(f'{_term(DCT.issued, prefixes)} "{date}"^^{_term(datatype, prefixes)}')
    lines.append(f'{_term(CORE.sha256, prefixes)} "{new.sha256}"')
    name = new.address.removeprefix(f"{new.document}/")
    subject = f"<{name}>" if file and resolve(name, file.base) == new.address else f"<{new.address}>"
    end = "\r\n" if file and "\r\n" in file.text.text else "\n"
    return f"{subject} " + f" ;{end}    ".join(lines) + f" .{end}"


def left_behind(known: Iterable[Quad], old: DocumentVersion) -> tuple[str, ...]:
    """Return the properties that the old version has and the new one was not given: somebody must look them up."""
    found = {
        quad.predicate.value
        for quad in known
        if quad.subject == NamedNode(old.address) and quad.predicate not in (*_KEPT, CORE.sha256)
    }
    return tuple(sorted(found))


def _term(term: object, prefixes: Mapping[str, str]) -> str:
    if not isinstance(term, NamedNode):
        return str(term)
    for name, space in prefixes.items():
        if term.value.startswith(space) and _LOCAL.fullmatch(term.value[len(space) :]):
            return f"{name}:{term.value[len(space) :]}"
    return str(term)
