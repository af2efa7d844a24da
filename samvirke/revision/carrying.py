"""Write the facts of the new version, and those that wait, from the file of the old version.

Duty: the text of the two files; comments and layout stay where the file can be cut, and what comes out is read
again and compared. Level 6; imports `blocks` and `plan`. It must not touch a file, and must not lose a quad:
where the text cannot be kept, the quads are written plainly.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from samvirke.anchor.rewriting import File
from samvirke.anchor.turtle_text import Address, read, resolve
from samvirke.errors import InputError
from samvirke.model import BlankNode, DefaultGraph, NamedNode, Quad
from samvirke.revision.blocks import Block, blocks
from samvirke.revision.plan import Plan, counted
from samvirke.store import read_rdf

__all__ = ["carried_text", "waiting_text"]

Cut = tuple[int, int, str]


def carried_text(file: File | None, others: Sequence[Quad], plan: Plan) -> str:
    """Return the file of the new version: the passages that still have their words, with their facts.

    Reads:  the old version's file, and what `others`, quads of other files, say of its passages.
    Returns "" when nothing is taken over.
    """
    expected = plan.goes(file.quads) if file else []
    text = ""
    if file and expected:
        text = _kept(file, plan)
        if not _says(text, plan.new, expected):
            text = _plain(expected)
    return _joined(text, plan.goes(others), plan.new)


def waiting_text(
    file: File | None,
    others: Sequence[Quad],
    plan: Plan,
    *,
    told: Mapping[str, Sequence[str]],
) -> str:
    """Return the passages that lost their words, with their facts, as they stand in the old version.

    `told` are lines that are written as comments above each passage. Returns "" when none waits.
    """
    expected = plan.waits(file.quads) if file else []
    text = ""
    if file and expected:
        text = _waiting(file, plan, told)
        if not _says(text, plan.old, expected):
            text = _comments(line for lines in told.values() for line in lines)
            text += _plain(expected)
    return _joined(text, plan.waits(others), plan.old)


def _kept(file: File, plan: Plan) -> str:
    """Cut what is not taken over out of the old file's text, and write the new addresses."""
    text = file.text.text
    cuts: list[Cut] = []
    gone: list[tuple[int, int]] = []
    for block in blocks(file.text, file.base):
        if block.kind == "base" and block.name == plan.old:
            cuts.append((block.start, block.end, _base(text[block.start : block.end], plan.new)))
        elif block.kind in {"graph", "triples"}:
            gone += _left_out(block, plan)
    gone = [_with_line(start, end, text) for start, end in _merged(gone)]
    cuts += [(start, end, "") for start, end in gone]
    for string in file.text.strings:
        words = plan.worded.get((string.subject, string.predicate))
        if words is not None and not _within(string.start, gone):
            cuts.append((string.start, string.end, _quoted(words)))
    kept = [address for address in file.text.addresses if not _within(address.start, gone)]
    return _addressed(_cut(text, cuts), kept, plan).rstrip() + "\n"


def _left_out(block: Block, plan: Plan) -> list[tuple[int, int]]:
    """The stretches of a block that do not belong to a passage that is taken over."""
    if block.name.startswith(f"{plan.old}#"):
        return [] if block.name in plan.carried else [(block.lead, block.tail)]
    staying = [statement for statement in block.statements if statement.subject not in plan.carried]
    if len(staying) == len(block.statements):
        return [(block.lead, block.tail)]
    return [(statement.lead, statement.end) for statement in staying]


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Make one of the stretches that touch."""
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _with_line(start: int, end: int, text: str) -> tuple[int, int]:
    """Let the empty line behind a stretch go too, when one stands before it."""
    alone = start == 0 or text.endswith(("\n\n", "\n\r\n"), 0, start)
    for line_end in ("\r\n", "\n"):
        if alone and text.startswith(line_end, end) and text[end - 1 : end] == "\n":
            return start, end + len(line_end)
    return start, end


def _addressed(text: str, kept: Sequence[Address], plan: Plan) -> str:
    """Write each address so that it means what it is to mean, now that relative ones count from another version."""
    now = read(text, plan.new).addresses
    if len(now) != len(kept):
        return ""
    cuts: list[Cut] = []
    for address, before in zip(now, kept, strict=True):
        wanted = plan.address(before.full)
        if address.full != wanted:
            relative = f"#{wanted.partition('#')[2]}"
            fits = address.written.startswith("<#") and resolve(relative, address.full) == wanted
            cuts.append((address.start, address.end, f"<{relative if fits else wanted}>"))
    return _cut(text, cuts)


def _waiting(file: File, plan: Plan, told: Mapping[str, Sequence[str]]) -> str:
    """Take the passages that wait out of the old file's text, as they stand, under the directives they need."""
    text = file.text.text
    pieces = blocks(file.text, file.base)
    based = any(piece.kind == "base" for piece in pieces[:1])
    parts = [] if based else [f"@base <{file.base}> .\n"]
    said: set[str] = set()

    def say(passage: str) -> str:
        lines = () if passage in said else told.get(passage, ())
        said.add(passage)
        return ("\n" if passage in told and lines else "") + _comments(lines)

    for block in pieces:
        if block.kind in {"base", "prefix"}:
            parts.append(text[block.start : block.end] + "\n")
        elif block.name.startswith(f"{plan.old}#"):
            if block.name not in plan.carried:
                parts.append(say(block.name) + _ended(text[block.lead : block.tail]))
        else:
            for statement in block.statements:
                passage = statement.subject
                if passage.startswith(f"{plan.old}#") and passage not in plan.carried:
                    # A block that holds one statement is taken as it stands, with its comments.
                    whole = len(block.statements) == 1
                    words = text[block.lead : block.tail] if whole else text[statement.lead : statement.end]
                    if not whole and block.kind == "graph":
                        words = f"{block.label} {{ {words} }}" if "#" not in words else f"{block.label} {{\n{words}\n}}"
                    parts.append(say(passage) + _ended(words))
    return "".join(parts)


def _ended(words: str) -> str:
    return words if words.endswith("\n") else f"{words}\n"


def _comments(lines: Iterable[str]) -> str:
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)


def _joined(text: str, others: Sequence[Quad], version: str) -> str:
    """Add what stood in other files; triples that named no graph go into the version's."""
    if not others:
        return text
    renamed = [_apart(quad, version) for quad in others]
    return text + ("\n" if text else "") + _plain(renamed)


def _apart(quad: Quad, version: str) -> Quad:
    """Give blank nodes names of their own, so that they are none of the text before."""

    def apart(term: object) -> object:
        if isinstance(term, DefaultGraph):
            return NamedNode(version)
        return BlankNode(f"other-{term.value}") if isinstance(term, BlankNode) else term

    return Quad(apart(quad.subject), quad.predicate, apart(quad.object), apart(quad.graph_name))  # type: ignore[arg-type]  # a term of the same kind comes back


def _plain(quads: Sequence[Quad]) -> str:
    """Write quads with no layout of their own, in the same order each time. What N-Triples writes is TriG too."""
    graphs: dict[str, set[str]] = {}
    for quad in quads:
        name = "" if isinstance(quad.graph_name, DefaultGraph) else f"{quad.graph_name} "
        graphs.setdefault(name, set()).add(f"    {quad.triple} .\n")
    return "".join(f"{name}{{\n{''.join(sorted(said))}}}\n" for name, said in sorted(graphs.items()))


def _says(text: str, base: str, expected: Sequence[Quad]) -> bool:
    """Whether a text says exactly this."""
    try:
        return counted(read_rdf(text.encode(), format="trig", base_iri=base)) == counted(expected)
    except InputError:
        return False


def _base(written: str, new: str) -> str:
    return written[: written.index("<")] + f"<{new}>" + written[written.rindex(">") + 1 :]


def _quoted(words: str) -> str:
    """Write a string in Turtle.

    Source: https://www.w3.org/TR/turtle/#sec-escapes
    """
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    for mark, name in (("\n", "n"), ("\r", "r"), ("\t", "t"), ("\f", "f"), ("\b", "b")):
        escaped = escaped.replace(mark, f"\\{name}")
    return f'"{escaped}"'


def _within(at: int, ranges: Sequence[tuple[int, int]]) -> bool:
    number = bisect_right(ranges, (at, sys.maxsize)) - 1
    return number >= 0 and ranges[number][0] <= at < ranges[number][1]


def _cut(text: str, cuts: Iterable[Cut]) -> str:
    """Put something else, or nothing, in the place of some stretches; those that were cut out may touch."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(cuts):
        parts += [text[at : max(at, start)], new]
        at = max(at, end)
    parts.append(text[at:])
    return "".join(parts)
