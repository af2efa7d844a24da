"""A TriG file as blocks: its directives, its graphs, the statements in them, and the comments that belong to each.

Duty: cut the text of a file that is known to parse into pieces that can be taken over whole. Level 6; imports
`anchor.turtle_text`. It is no parser: what is made of the pieces is parsed and compared before it is used.
Standard: TriG, https://www.w3.org/TR/trig/#grammar-production-trigDoc
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samvirke.anchor.turtle_text import Text, resolve, tokens

__all__ = ["Block", "Statement", "blocks"]

_DIRECTIVES = {"@prefix", "@base", "PREFIX", "BASE"}
Token = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Statement:
    """All that is said of one subject between two full stops; `lead` is where its comments begin."""

    lead: int
    start: int
    end: int
    subject: str


@dataclass(frozen=True, slots=True)
class Block:
    """A directive, a graph with its statements, or one statement of the default graph.

    `lead` is where the comments right above it begin, `tail` where its last line ends. `kind` is "base",
    "prefix", "graph" or "triples"; `name` the graph's address, or the base's; `label` how the graph is written.
    """

    kind: str
    lead: int
    start: int
    end: int
    tail: int
    name: str = ""
    label: str = ""
    statements: tuple[Statement, ...] = ()


def blocks(text: Text, base: str) -> tuple[Block, ...]:
    """Cut a text whose relative addresses count from `base` into blocks, in order."""
    return tuple(_Cutter(text, base).cut())


class _Cutter:
    def __init__(self, text: Text, base: str) -> None:
        self.text = text.text
        self.base = base
        self.full = {address.start: address.full for address in text.addresses}

    def cut(self) -> Iterator[Block]:
        gathered: list[Token] = []
        depth = 0
        stream = tokens(self.text)
        after = 0
        for token in stream:
            kind, start, end = token
            written = self.text[start:end]
            if not gathered and kind in {"at", "name"} and (written in _DIRECTIVES or written.upper() in _DIRECTIVES):
                block = self._directive(written, start, stream, after)
            elif written == "{" and kind == "mark":
                block = self._graph(gathered, start, stream, after)
            else:
                gathered.append(token)
                depth += (kind == "mark") * ((written in "[(") - (written in "])"))
                if not (kind == "mark" and written == "." and depth == 0):
                    continue
                block = self._triples(gathered, after)
            gathered, depth, after = [], 0, block.tail
            yield block

    def _directive(self, written: str, start: int, stream: Iterator[Token], after: int) -> Block:
        end = start
        name = ""
        for kind, first, last in stream:
            end = last
            if kind == "address":
                name = self.text[first + 1 : last - 1]
                if not written.startswith("@"):
                    break
            elif self.text[first:last] == "." and kind == "mark":
                break
        base = written.upper().endswith("BASE")
        if base:
            self.base = name = resolve(name, self.base)
        return self._block("base" if base else "prefix", start, end, after, name=name)

    def _graph(self, label: Sequence[Token], opened: int, stream: Iterator[Token], after: int) -> Block:
        named = [token for token in label if self.text[token[1] : token[2]].upper() != "GRAPH"]
        statements: list[Statement] = []
        gathered: list[Token] = []
        depth, last = 0, opened + 1
        for token in stream:
            kind, start, end = token
            written = self.text[start:end] if kind == "mark" else ""
            closed = written == "}" and depth == 0
            if gathered and (closed or (written == "." and depth == 0)):
                stop = gathered[-1][2] if closed else end
                first = gathered[0][1]
                subject = self.full.get(first, "")
                statements.append(Statement(self._lead(last, first), first, stop, subject))
                gathered, last = [], self._tail(stop)
            elif not closed:
                gathered.append(token)
                depth += ((written in "[(") - (written in "])")) * bool(written)
            if closed:
                break
        first = label[0][1] if label else opened
        name = self.full.get(named[0][1], "") if named else ""
        written = self.text[named[0][1] : named[-1][2]] if named else ""
        return self._block("graph", first, end, after, name=name, label=written, statements=tuple(statements))

    def _triples(self, gathered: Sequence[Token], after: int) -> Block:
        first, end = gathered[0][1], gathered[-1][2]
        statement = Statement(first, first, end, self.full.get(first, ""))
        return self._block("triples", first, end, after, statements=(statement,))

    def _block(self, kind: str, start: int, end: int, after: int, **named: object) -> Block:
        return Block(kind, self._lead(after, start), start, end, self._tail(end), **named)  # type: ignore[arg-type]  # the fields with a default

    def _lead(self, after: int, start: int) -> int:
        """Where the comment lines right above a piece begin: those with no empty line between."""
        lead = start
        line = self.text.rfind("\n", after, start) + 1 or after
        if self.text[line:start].strip():
            return start
        lead = line
        while lead > after:
            above = self.text.rfind("\n", after, lead - 1) + 1 or after
            if not self.text[above:lead].strip().startswith("#"):
                break
            lead = above
        return lead

    def _tail(self, end: int) -> int:
        """Where the line ends, when only a comment follows on it; else where the piece does."""
        line = self.text.find("\n", end)
        line = len(self.text) if line < 0 else line + 1
        rest = self.text[end:line].strip()
        return line if not rest or rest.startswith("#") else end
