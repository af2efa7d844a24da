"""What waits after a revision, told by every check.

Duty: the head of a review file, and one finding for each review file that still holds passages. Level 6; reads
the review files. It must not read them as facts of any version.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samvirke.errors import InputError
from samvirke.evidence.quotes import clip
from samvirke.model import DocumentVersion, Finding, Literal, NamedNode, Quad, Severity
from samvirke.revision.versions import Target
from samvirke.site import Site
from samvirke.store import read_rdf
from samvirke.terms import CORE, NIF

__all__ = ["headed", "waiting"]

_SHOWN = 3
_HEAD = """\
# Passages of {old} whose words are not in {new}, with their facts, as they stand there.
# No build reads this file, and {old} stays published with its facts; `samvirke check` tells what is left here.
# Where the new text says it too: move the passage to {facts}, write its quote as it stands in {new}, and run
# `samvirke anchor`. Where it does not: delete the passage here. When none is left, delete the file.

"""


def headed(text: str, old: DocumentVersion, new: Target) -> str:
    """Return a review file with its explanation; "" when nothing waits."""
    if not text:
        return ""
    return _HEAD.format(old=Path(old.file).name, new=new.text.name, facts=new.facts.name) + text


def waiting(site: Site) -> list[Finding]:
    """Return a notice for each review file that holds passages, and a warning for one that cannot be read."""
    return [finding for path in site.review_files() for finding in _told(site, path)]


def _told(site: Site, path: Path) -> list[Finding]:
    name = site.relative(path)
    base = site.document_base(path) or site.base
    version = Path(name).stem
    try:
        quads = list(read_rdf(path.read_bytes(), format="trig", base_iri=base, file=name))
    except (InputError, OSError) as error:
        why = error.message if isinstance(error, InputError) else error.strerror or str(error)
        line = error.line if isinstance(error, InputError) else 0
        da = f"Filen {Path(name).name} med det, der mistede sine ord, kan ikke læses: {why} Ret den, eller slet den."
        en = f"The file {Path(name).name} of what lost its words cannot be read: {why} Repair it, or delete it."
        return [_finding(Severity.WARNING, base, da, en, file=name, line=line)]
    quotes = _quotes(quads)
    facts = sum(isinstance(quad.graph_name, NamedNode) and "#" in quad.graph_name.value for quad in quads)
    if not quads:
        return []
    shown = list(quotes.values())[:_SHOWN]
    more = len(quotes) - len(shown)
    danish = ", ".join(f"»{clip(quote)}«" for quote in shown) + (f" og {more} til" if more > 0 else "")
    english = ", ".join(f"“{clip(quote)}”" for quote in shown) + (f" and {more} more" if more > 0 else "")
    file = Path(name).name
    one_da = "1 tekststed" if len(quotes) == 1 else f"{len(quotes)} tekststeder"
    one_en = "1 passage waits" if len(quotes) == 1 else f"{len(quotes)} passages wait"
    da = (
        f"Ord fra en tidligere version står ikke i {version}. Med {facts} fakta venter {one_da} i "
        f"{file}: {danish}. Flyt dem, den nye tekst stadig siger, til {version}.trig, og slet resten."
    )
    en = (
        f"Words of an earlier version are not in {version}. With {facts} facts, {one_en} in "
        f"{file}: {english}. Move those that the new text still says to {version}.trig, and delete the rest."
    )
    return [_finding(Severity.INFO, base, da, en, file=name, line=_line(path, next(iter(quotes), "")))]


def _quotes(quads: Sequence[Quad]) -> dict[str, str]:
    """The quote of each passage that waits, in the order of the file."""
    return {
        quad.subject.value: quad.object.value
        for quad in quads
        if quad.predicate == NIF.anchorOf and isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
    }


def _line(path: Path, passage: str) -> int:
    fragment = f"#{passage.partition('#')[2]}>"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if passage and fragment in line), 1)


def _finding(severity: Severity, focus: str, da: str, en: str, *, file: str, line: int) -> Finding:
    return Finding(
        severity,
        CORE.RevisionShape.value,
        {"da": da, "en": en},
        focus=focus,
        path=NIF.anchorOf.value,
        file=file,
        line=line,
    )
