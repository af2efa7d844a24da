"""Evidence: passages of documents, and whether they hold.

Duty: read passages out of quads and write them as quads; check every passage against the words of
its document. Level 2; imports `errors`, `terms`, `model`, `fragments`, `quotes`.
It must not read files and must not repair: that is for `sources` and `anchor`.
Standards: RFC 5147, https://www.rfc-editor.org/rfc/rfc5147; NIF 2.0 core (`nif:anchorOf`).

A passage's address is the address of a document version and a fragment. It names the graph of the facts
that its words support; what is known of the passage itself stands in the graph of the version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from samvirke.errors import EvidenceError
from samvirke.evidence.fragments import Cell, Column, Place, Row, Span, is_place, parse_fragment
from samvirke.evidence.quotes import clip, difference, nearest, occurrences
from samvirke.evidence.wording import SENTENCES
from samvirke.model import DocumentVersion, Finding, Literal, NamedNode, Passage, Quad, Severity, Term
from samvirke.terms import CORE, NIF

__all__ = ["READS", "Cell", "Column", "Place", "Row", "Span", "encode", "parse_fragment", "passages", "verify"]

MODES: Mapping[str, str] = {CORE.stated.value: "stated", CORE.implied.value: "implied"}
HEDGE_SEPARATOR = "; "
READS = frozenset({NIF.anchorOf, CORE.mode, CORE.hedge, CORE.note, CORE.sha256})
# Looking for similar words takes time; when this much is wrong, people repair the first things first.
_LOOKED_FOR = 100
_PATHS = {"Mode": CORE.mode, "Hedge": CORE.hedge, "Checksum": CORE.sha256}
_SAID = {NIF.anchorOf: "quotes", CORE.mode: "modes", CORE.hedge: "hedges", CORE.note: "notes"}


@dataclass(slots=True)
class _Raw:
    """What the quads say of one passage, right or wrong."""

    address: str
    quotes: set[Literal] = field(default_factory=set)
    modes: set[Term] = field(default_factory=set)
    hedges: set[Literal] = field(default_factory=set)
    notes: set[Literal] = field(default_factory=set)

    @property
    def version(self) -> str:
        """The address of the document version."""
        return self.address.partition("#")[0]

    @property
    def fragment(self) -> str:
        """The part after the `#`."""
        return self.address.partition("#")[2]

    def quote(self) -> Literal | None:
        """The quote; of several, the first in the order of their letters."""
        return min(self.quotes, key=str, default=None)


def passages(quads: Iterable[Quad], version: str) -> list[Passage]:
    """Return the passages of a document version, in the order of its text, the wider before the narrower.

    Reads:  what any graph says of passages of `version`. Passages of rows and cells, and those that
            `verify` finds wrong beyond reading (no quote, no place), are left out.
    """
    found = []
    for raw in _collect(quads, {version}).values():
        quote = raw.quote()
        try:
            place = parse_fragment(raw.fragment)
        except EvidenceError:
            continue
        if quote is None or not isinstance(place, Span) or raw.version != version:
            continue
        hedges = sorted((hedge.value for hedge in raw.hedges), key=lambda words: (quote.value.find(words), words))
        found.append(
            Passage(
                raw.address,
                version,
                place.start,
                place.end,
                quote.value,
                language=quote.language or "",
                mode="implied" if CORE.implied in raw.modes else "stated",
                hedge=HEDGE_SEPARATOR.join(hedges),
                note={note.language or "": note.value for note in sorted(raw.notes, key=str)},
            )
        )
    return sorted(found, key=lambda passage: (passage.start, -passage.end))


def encode(passage: Passage) -> list[Quad]:
    """Return what is known of the passage as quads in the graph of its version; `passages` reads them back."""
    subject, graph = NamedNode(passage.address), NamedNode(passage.version)
    objects: list[tuple[NamedNode, Term]] = [(NIF.anchorOf, _text(passage.quote, passage.language))]
    if passage.mode != "stated":
        objects.append((CORE.mode, CORE.term(passage.mode)))
    objects += [(CORE.hedge, _text(hedge, passage.language)) for hedge in passage.hedge.split(HEDGE_SEPARATOR) if hedge]
    objects += [(CORE.note, _text(note, language)) for language, note in passage.note.items()]
    return [Quad(subject, predicate, value, graph) for predicate, value in objects]


def verify(documents: Sequence[DocumentVersion], quads: Iterable[Quad], *, graphs: Iterable[str] = ()) -> list[Finding]:
    """Check every passage against the words of its document.

    Reads:  the texts of `documents`; of `quads`, what is said of passages, the names of the graphs, and
            checksums. `quads` are all asserted ones, or – much faster where there are many – only those with
            the predicates of `READS`, with the names of all asserted graphs in `graphs`.
    Returns the findings in the order of documents, places and kinds – the same on each run. All are violations.
    """
    quads = list(quads)
    known = {document.address: document for document in documents}
    findings: list[Finding] = _checksums(known, quads)
    by_version: dict[str, list[tuple[Span, str]]] = defaultdict(list)
    for raw in _collect(quads, known.keys(), graphs).values():
        findings += _modes(raw)
        place, wrong = _place(raw, known)
        findings += wrong
        findings += _quotes(raw)
        if place is None:
            continue
        wrong = _words(raw, place, known[raw.version], like=len(findings) < _LOOKED_FOR)
        findings += wrong
        # A passage that is not where its quote is crosses others by accident: that is one mistake, not two.
        if not wrong:
            by_version[raw.version].append((place, raw.address))
    for spans in by_version.values():
        findings += _crossings(spans)
    return sorted(findings, key=lambda finding: (_order(finding.focus), finding.shape, finding.value))


def _collect(quads: Iterable[Quad], versions: Iterable[str], graphs: Iterable[str] = ()) -> dict[str, _Raw]:
    """Gather what is said of each passage. Passages are what has a quote, and graphs named by a place."""
    known = frozenset(versions)
    names = set(graphs)
    raws: dict[str, _Raw] = {}
    aside: list[tuple[str, str, Term]] = []
    for quad in quads:
        if isinstance(quad.graph_name, NamedNode):
            names.add(quad.graph_name.value)
        role = _SAID.get(quad.predicate)
        if role is None:
            continue
        address = quad.subject.value if isinstance(quad.subject, NamedNode) else str(quad.subject)
        if role == "quotes":
            raws.setdefault(address, _Raw(address))
        if not isinstance(quad.object, Literal if role != "modes" else NamedNode | Literal):
            continue
        aside.append((address, role, quad.object))
    for name in names:
        version, mark, fragment = name.partition("#")
        if mark and (version in known or is_place(fragment)):
            raws.setdefault(name, _Raw(name))
    for address, role, value in aside:
        if address in raws:
            getattr(raws[address], role).add(value)
    return raws


def _place(raw: _Raw, known: Mapping[str, DocumentVersion]) -> tuple[Span | None, list[Finding]]:
    """Read where the passage stands, in characters of a document that is there."""
    try:
        place = parse_fragment(raw.fragment)
    except EvidenceError:
        if is_place(raw.fragment):
            return None, [_finding("Fragment", raw, "malformed", fragment=raw.fragment)]
        return None, [_finding("Fragment", raw, "unanchored", fragment=raw.fragment or raw.address)]
    if raw.version not in known:
        return None, [_finding("Version", raw, "unknown", version=raw.version)]
    if isinstance(place, Span):
        return place, []
    # A quote that cannot be held against its words is no evidence: a text has no rows and no cells.
    return None, [_finding("Fragment", raw, "no-table", version=raw.version, fragment=raw.fragment)]


def _quotes(raw: _Raw) -> list[Finding]:
    """Exactly one quote, and so in one language."""
    if not raw.quotes:
        return [_finding("Quote", raw, "missing")]
    if len(raw.quotes) == 1:
        return []
    words = {quote.value for quote in raw.quotes}
    if len(words) == 1:
        tags = ", ".join(sorted(f"@{quote.language}" if quote.language else "–" for quote in raw.quotes))
        return [_finding("Quote", raw, "languages", quote=clip(words.pop()), tags=tags)]
    return [_finding("Quote", raw, "several", quotes=", ".join(f"»{clip(word)}«" for word in sorted(words)))]


def _words(raw: _Raw, place: Span, document: DocumentVersion, *, like: bool) -> list[Finding]:
    """The span is one, the words there are the quote, and the hedge is among them."""
    length = len(document.text)
    if place.start >= place.end:
        return [_finding("Span", raw, "empty", start=place.start, end=place.end)]
    if place.end > length:
        return [_finding("Span", raw, "beyond", end=place.end, length=length)]
    findings = []
    words = document.text[place.start : place.end]
    for quote in sorted({quote.value for quote in raw.quotes}):
        if quote != words:
            findings.append(_mismatch(raw, quote, place, document, like=like))
    for hedge in sorted({hedge.value for hedge in raw.hedges}):
        if hedge not in words:
            findings.append(_finding("Hedge", raw, "absent", value=hedge, hedge=clip(hedge), found=clip(words)))
    return findings


def _mismatch(raw: _Raw, quote: str, place: Span, document: DocumentVersion, *, like: bool) -> Finding:
    """Tell where the quote really stands, or, where `like` asks for it, what differs in the words most like it."""
    words = document.text[place.start : place.end]
    values = {"quote": clip(quote), "found": clip(words), "start": raw.fragment.removeprefix("char=")}
    at = min(occurrences(document.text, quote), key=lambda at: abs(at - place.start), default=None)
    if at is not None:
        return _finding("Quote", raw, "moved", value=quote, place=f"{at},{at + len(quote)}", **values)
    near = nearest(document.text, quote) if like else None
    if near is None:
        return _finding("Quote", raw, "absent", value=quote, **values)
    instead = document.text[near.start : near.end]
    apart = difference(quote, instead)
    values |= {"like": clip(instead), "place": f"{near.start},{near.end}"}
    if apart is None:
        return _finding("Quote", raw, "absent", value=quote, **values)
    kind = "differs" if apart.quoted and apart.found else "extra" if apart.quoted else "lacks"
    return _finding(
        "Quote", raw, kind, value=quote, at=apart.position, quoted=apart.quoted, instead=apart.found, **values
    )


def _modes(raw: _Raw) -> list[Finding]:
    """One of the two modes, or none."""
    wrong = sorted(str(mode) for mode in raw.modes if mode.value not in MODES)
    if wrong:
        return [_finding("Mode", raw, "unknown", value=wrong[0], mode=", ".join(wrong))]
    return [_finding("Mode", raw, "several")] if len(raw.modes) > 1 else []


def _crossings(spans: list[tuple[Span, str]]) -> list[Finding]:
    """Passages may lie inside each other; two that overlap in part cannot both be marked in the text."""
    findings = []
    around: list[tuple[Span, str]] = []
    for span, address in sorted(spans, key=lambda item: (item[0].start, -item[0].end)):
        while around and around[-1][0].end <= span.start:
            around.pop()
        crossed = [other for other in around if other[0].end < span.end]
        for other, _ in crossed:
            findings.append(_finding("Overlap", _Raw(address), "crossing", span=str(span), other=str(other)))
        around.append((span, address))
        around.sort(key=lambda item: -item[0].end)
    return findings


def _checksums(known: Mapping[str, DocumentVersion], quads: Iterable[Quad]) -> list[Finding]:
    """The checksum that is declared is that of the file."""
    declared = {
        (quad.subject.value, quad.object.value if isinstance(quad.object, Literal) else str(quad.object))
        for quad in quads
        if quad.predicate == CORE.sha256 and isinstance(quad.subject, NamedNode)
    }
    return [
        _finding("Checksum", _Raw(address), "changed", value=checksum, file=known[address].file)
        for address, checksum in sorted(declared)
        if address in known and checksum != known[address].sha256
    ]


def _order(address: str) -> tuple[str, int, int, str]:
    """Sort by document, then by place in the text and not by the letters of the numbers."""
    version, _, fragment = address.partition("#")
    try:
        place = parse_fragment(fragment)
    except EvidenceError:
        return version, -1, -1, fragment
    return (version, place.start, place.end, "") if isinstance(place, Span) else (version, -1, -1, fragment)


def _text(words: str, language: str) -> Literal:
    return Literal(words, language=language) if language else Literal(words)


def _finding(shape: str, raw: _Raw, kind: str, *, value: str = "", file: str = "", **words: object) -> Finding:
    """Make a finding from the sentences of its shape and kind."""
    sentences = SENTENCES[shape, kind]
    words = {"passage": f"#{raw.fragment}" if raw.fragment else raw.address, "value": value, "file": file, **words}
    quote = raw.quote()
    words.setdefault("quote", clip(quote.value) if quote is not None else "")
    return Finding(
        Severity.VIOLATION,
        shape=CORE.term(f"{shape}Shape").value,
        messages={
            language: sentence.format_map(words) for language, sentence in zip(("da", "en"), sentences, strict=True)
        },
        focus=raw.address,
        path=_PATHS.get(shape, NIF.anchorOf).value,
        value=value,
        component=CORE.term(f"{shape}ConstraintComponent").value,
        passage=raw.address if raw.fragment else "",
        file=file,
    )
