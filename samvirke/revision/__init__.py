"""A document has a new version: find the words of the old one in it, and take their facts over.

Duty: compare two versions, write the new one's files, and say of every passage what became of it. Level 6.
It must not change the old version, whose facts stay published with their words; must not write over a person's
work; and must not carry a fact whose words are not there: what is lost waits in a review file of its own,
`<version>.lost`, which no build reads as facts and every check tells of.
Standards: RFC 5147, https://www.rfc-editor.org/rfc/rfc5147; TriG, https://www.w3.org/TR/trig/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samvirke.evidence import Span
from samvirke.evidence.quotes import clip, difference, nearest
from samvirke.model import Literal, NamedNode, Quad
from samvirke.revision.carrying import carried_text, waiting_text
from samvirke.revision.describing import left_behind
from samvirke.revision.differing import Change, differences
from samvirke.revision.matching import place
from samvirke.revision.pairing import Pair, pair
from samvirke.revision.plan import Plan
from samvirke.revision.settling import Found, Missing
from samvirke.revision.versions import Before, Target, before, older, target
from samvirke.revision.waiting import headed, waiting
from samvirke.revision.writing import about_text, write
from samvirke.site import Site
from samvirke.terms import CORE, NIF, OA

__all__ = ["Change", "Fate", "Revision", "revise", "waiting"]

# Looking for similar words takes time; when this much is lost, people begin with the first things.
_LOOKED_FOR = 300
_LOOKED_FOR_EVERYWHERE = 50
_NEARBY = 5000
# Fewer words than these are read together with the sentences beside them.
_SHORT = 5


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one passage.

    `state` is "stands" (its words are where they were among the others, though perhaps at other numbers), "moved"
    (they are elsewhere) or "lost". `reason` says why it is lost: "changed" (`near` and `found` are the words there
    now), "gone", "unsought" (too much is gone to look for what is nearest), "hedge", or a kind of
    `settling.Missing`. `reread` means that what is around the words is not as it was. `facts` are N-Triples.
    """

    address: str
    state: str
    quote: str
    place: Span
    facts: tuple[str, ...]
    new_address: str = ""
    new_place: Span | None = None
    new_quote: str = ""
    reread: bool = False
    reason: str = ""
    places: tuple[int, ...] = ()
    near: Span | None = None
    found: str = ""

    @property
    def respelled(self) -> bool:
        """Whether the new text spells the words otherwise: white space, composed letters."""
        return self.new_quote not in ("", self.quote)


@dataclass(frozen=True, slots=True)
class Revision:
    """What a new version means for the facts of the old one.

    `changes` is how the texts differ; `unread` are the new sentences that no passage lies in; `undescribed` the
    properties that only the old version has; `newest` a version newer than this one, if there is one. `files`
    are those that were, or with `dry_run` would be, written, and whether each is new.
    """

    document: str
    old: str
    new: str
    fates: tuple[Fate, ...]
    changes: tuple[Change, ...]
    unread: tuple[Change, ...]
    undescribed: tuple[str, ...]
    newest: str
    files: tuple[tuple[Path, str], ...]

    def of(self, state: str) -> tuple[Fate, ...]:
        """The passages of one state, in the order of the old text."""
        return tuple(fate for fate in self.fates if fate.state == state)

    def facts(self, state: str) -> int:
        """How many facts the passages of one state hold."""
        return sum(len(fate.facts) for fate in self.of(state))


def revise(
    site: Site,
    text: Path,
    *,
    document: str | None = None,
    version: str | None = None,
    older_version: str | None = None,
    dry_run: bool = False,
) -> Revision:
    """Take the facts of a document's newest older version over to a new one.

    Reads:  `text`, the words of the new version; the old version's words, and its passages in all files.
    Writes: in the document's folder the text, `<version>.trig`, `<version>.lost` where something is lost, and the
            new version's description in `about.ttl`; each at once and whole, and nothing with `dry_run`.
    Returns what became of each passage. Revising again changes nothing.
    Raises: WrongUse, NotFound, InputError or EvidenceError when it cannot be done; then nothing was written.
    """
    new = target(site, text, document=document, version=version)
    old, newest = older(site, new, older_version)
    said = before(site, old, new)
    texts = pair(old.text, new.version.text)
    changes = differences(texts)
    decided, plan = _fates(texts, said, new)
    fates = _with_nearest(decided, texts, changes)
    facts = carried_text(said.file, said.others, plan)
    told = {fate.address: _told(fate, new) for fate in fates if fate.state == "lost"}
    lost = headed(waiting_text(said.file, said.others, plan, told=told), old, new)
    quads = (*(said.file.quads if said.file else ()), *said.others)
    about, known = about_text(site, said, new, plan.goes(quads))
    files = write(new, facts=facts, lost=lost, about=about, dry_run=dry_run)
    return Revision(
        new.version.document,
        old.address,
        new.version.address,
        fates,
        changes,
        _unread(changes, fates),
        left_behind(known, old),
        newest,
        files,
    )


def _fates(texts: Pair, said: Before, new: Target) -> tuple[tuple[Fate, ...], Plan]:
    """Decide of each passage, and plan what is written of it."""
    outcomes = place(texts, list(said.spans.values()))
    facts = _facts(said)
    carried: dict[str, str] = {}
    worded: dict[tuple[str, str], str] = {}
    fates: list[Fate] = []
    for address, span in sorted(said.spans.items(), key=lambda item: (item[1].start, -item[1].end)):
        quote = said.drafts[address].quote.value
        outcome = outcomes[span]
        fate = Fate(address, "lost", quote, span, facts.get(address, ()))
        if isinstance(outcome, Missing):
            reason = "gone" if outcome.kind == "absent" else outcome.kind
            fates.append(replace(fate, reason=reason, places=outcome.places))
            continue
        words = texts.new[outcome.span.start : outcome.span.end]
        hedges = [term.value for term in said.drafts[address].said[CORE.hedge.value] if isinstance(term, Literal)]
        if any(hedge not in words for hedge in hedges):
            fates.append(replace(fate, reason="hedge", near=outcome.span, found=words))
            continue
        carried[address] = f"{new.version.address}#{outcome.span}"
        worded |= _worded(address, said, texts.new, outcome.span, words)
        fates.append(_stands(fate, outcome, texts, carried[address], words))
    return tuple(fates), Plan(said.version.address, new.version.address, carried, worded)


def _stands(fate: Fate, found: Found, texts: Pair, address: str, words: str) -> Fate:
    touched = texts.old_sentences(fate.place.start, fate.place.end)
    was = [texts.olds[at].key for at in touched]
    now = [texts.news[at].key for at in texts.new_sentences(found.span.start, found.span.end)]
    # A short sentence – “Yes.” – says what those beside it make it say.
    short = len(" ".join(was).split()) < _SHORT and not (texts.ahead[touched.start] >= 0 and all(texts.beside(touched)))
    return replace(
        fate,
        state="moved" if found.moved else "stands",
        new_address=address,
        new_place=found.span,
        new_quote=words,
        reread=was != now or short,
    )


def _with_nearest(fates: Sequence[Fate], texts: Pair, changes: Sequence[Change]) -> tuple[Fate, ...]:
    """Find the words that are nearest to those that are gone: in the changed sentence, near by, then everywhere."""
    gone = [number for number, fate in enumerate(fates) if fate.reason == "gone"]
    now = {change.old_place[0]: change.new_place for change in changes if change.kind == "changed" and change.old_place}
    found: dict[int, Span] = {}
    far: list[int] = []
    unsought: list[int] = []
    for count, number in enumerate(gone):
        place = fates[number].place
        touched = texts.old_sentences(place.start, place.end)
        sentence = now.get(texts.olds[touched.start].start) if len(touched) == 1 else None
        windows = [sentence] if sentence else []
        near = _near(texts.new, fates[number].quote, [*windows, texts.around(touched)]) if count < _LOOKED_FOR else None
        if near or sentence:
            found[number] = near or Span(*(sentence or (0, 0)))
        elif len(far) < _LOOKED_FOR_EVERYWHERE:
            far.append(number)
        else:
            unsought.append(number)
    # The whole text is prepared for the search once, as long as nothing else is looked at meanwhile.
    for number in far:
        somewhere = nearest(texts.new, fates[number].quote)
        if somewhere is not None:
            found[number] = Span(somewhere.start, somewhere.end)
    told = list(fates)
    for number, span in found.items():
        told[number] = replace(told[number], reason="changed", near=span, found=texts.new[span.start : span.end])
    for number in unsought:
        told[number] = replace(told[number], reason="unsought")
    return tuple(told)


def _near(text: str, quote: str, windows: Sequence[tuple[int, int]]) -> Span | None:
    """Look for similar words in stretches of the text that are not too long."""
    for low, high in windows:
        near = nearest(text[low:high], quote) if low < high <= low + _NEARBY else None
        if near is not None:
            return Span(near.start + low, near.end + low)
    return None


def _worded(address: str, said: Before, text: str, span: Span, words: str) -> dict[tuple[str, str], str]:
    """What must be written otherwise of a passage: its quote as the new text spells it, the words beside it."""
    draft = said.drafts[address]
    changed = {} if draft.quote.value == words else {(address, NIF.anchorOf.value): words}
    for predicate in (OA.prefix, OA.suffix):
        for beside in draft.said[predicate.value]:
            size = len(beside.value)
            before_it = predicate == OA.prefix
            now = text[max(0, span.start - size) : span.start] if before_it else text[span.end : span.end + size]
            if now != beside.value:
                changed[address, predicate.value] = now
    return changed


def _facts(said: Before) -> Mapping[str, tuple[str, ...]]:
    """The facts of each passage, once each, in order."""
    found: dict[str, dict[str, None]] = {}
    quads: tuple[Quad, ...] = (*(said.file.quads if said.file else ()), *said.others)
    for quad in quads:
        if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value in said.spans:
            found.setdefault(quad.graph_name.value, {})[str(quad.triple)] = None
    return {address: tuple(facts) for address, facts in found.items()}


def _unread(changes: tuple[Change, ...], fates: tuple[Fate, ...]) -> tuple[Change, ...]:
    """The sentences that are new, wholly or in part, and that no passage lies in."""
    places = sorted((fate.new_place.start, fate.new_place.end) for fate in fates if fate.new_place)
    found = []
    number = 0
    reach = -1
    for change in sorted((one for one in changes if one.new_place), key=lambda one: one.new_place or (0, 0)):
        assert change.new_place is not None
        start, end = change.new_place
        while number < len(places) and places[number][0] < end:
            reach = max(reach, places[number][1])
            number += 1
        if reach <= start and change.kind in {"inserted", "changed"}:
            found.append(change)
    return tuple(found)


def _told(fate: Fate, new: Target) -> tuple[str, ...]:
    """What the review file says above a passage."""
    name = new.text.name
    lines = {
        "gone": f"Gone: nothing like these words is in {name}.",
        "unsought": f"These words are not in {name}.",
        "context": f"The words stand in {name}, but nothing around them is as before: {_at(fate)}.",
        "ambiguous": f"The words stand in several places of {name} that are as good as each other: {_at(fate)}.",
        "crowded": f"In {name} these words stand only where the same words stood for others before: {_at(fate)}.",
        "crossing": f"In {name} the words would overlap another passage in part: {_at(fate)}.",
        "hedge": f"In {name} the hedge is not among the words: “{clip(fate.found)}”.",
        "changed": f"Changed. Nearest in {name} at {_span(fate.near)}: “{clip(fate.found)}”.",
    }
    told = [f"“{clip(fate.quote)}”", lines[fate.reason]]
    # Beside a whole sentence a few words of it have no difference worth telling.
    alike = fate.reason == "changed" and len(fate.found) <= 2 * len(fate.quote)
    apart = difference(fate.quote, fate.found) if alike else None
    if apart is not None:
        told.append(f"From character {apart.position}: {apart.quoted or 'nothing'} is now {apart.found or 'nothing'}.")
    return tuple(told)


def _at(fate: Fate) -> str:
    shown = ", ".join(f"{at},{at + len(fate.quote)}" for at in fate.places[:5])
    return shown + (f" and {len(fate.places) - 5} more" if len(fate.places) > 5 else "")  # noqa: PLR2004 - those shown


def _span(span: Span | None) -> str:
    return f"{span.start},{span.end}" if span else ""
