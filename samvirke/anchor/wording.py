"""What `anchor` says when a quote has no place.

Duty: sentences with file, line and column: what is wrong and what to do. Level 3; imports `placing` and `quotes`.
It must not decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from samvirke.anchor.placing import Problem
from samvirke.errors import EvidenceError
from samvirke.evidence.quotes import clip, difference
from samvirke.model import DocumentVersion

__all__ = ["problem", "refusal"]

_SHOWN_PLACES = 5
_AROUND = 20


def problem(quote: str, found: Problem, document: DocumentVersion, here: Mapping[str, object]) -> EvidenceError:
    """Say why a quote has no place, and what to do."""
    text = document.text
    name = Path(document.file).name
    places = ", ".join(
        f"{at},{at + len(quote)} (“{clip(text[max(0, at - _AROUND) : at])}[…]"
        f"{clip(text[at + len(quote) : at + len(quote) + _AROUND])}”)"
        for at in found.places[:_SHOWN_PLACES]
    )
    if len(found.places) > _SHOWN_PLACES:
        places += f" and {len(found.places) - _SHOWN_PLACES} more"
    if found.kind == "empty":
        return refusal("The quote is empty.", here, "Write the words of the document.")
    if found.kind == "ambiguous":
        return refusal(
            f"The quote “{clip(quote)}” stands {len(found.places)} times in {name}: at {places}.",
            here,
            'Add the words before or after it: oa:prefix "…" or oa:suffix "…", or quote more.',
        )
    if found.kind == "context":
        return refusal(
            f"The quote “{clip(quote)}” never has the words of its oa:prefix and oa:suffix beside it in {name}; "
            f"it stands at {places}.",
            here,
            "Correct the words before or after it.",
        )
    if found.kind == "crowded":
        return refusal(
            f"More passages than there are places quote “{clip(quote)}”; in {name} it stands at {places}.",
            here,
            "Delete the passage whose words are gone from the document.",
        )
    return _absent(quote, found, document, here)


def _absent(quote: str, found: Problem, document: DocumentVersion, here: Mapping[str, object]) -> EvidenceError:
    name = Path(document.file).name
    message = f"The quote “{clip(quote)}” is not in {name}"
    if found.near is None:
        return refusal(f"{message}, nor anything like it.", here, "Copy the words from the document.")
    like = document.text[found.near.start : found.near.end]
    apart = difference(quote, like)
    message += f". The nearest words are “{clip(like)}” at {found.near.start},{found.near.end}"
    if apart is not None:
        differs = f"{apart.quoted or 'nothing'} in the quote and {apart.found or 'nothing'} in the document"
        message += f"; they differ at character {apart.position}: {differs}"
    return refusal(f"{message}.", here, "Copy the words exactly as they stand, mistakes and spaces included.")


def refusal(message: str, here: Mapping[str, object], remedy: str) -> EvidenceError:
    """Make the error for a place in a file, as `rewriting.File.here` names it."""
    return EvidenceError(message, remedy=remedy, **here)  # type: ignore[arg-type]  # file, line, column of the place
