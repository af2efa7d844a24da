"""An RDF file of any size on its way into a generation: as lines first, then into a store.

Duty: write the file's quads as N-Quads, a line each, and load them with the parser's own account of a mistake.
Level 3; holds no graph in memory, and never fetches anything. N-Triples are taken as they are: looking at each
quad here would take as long as half of the loading.
Standards: https://www.w3.org/TR/n-quads/, https://www.w3.org/TR/rdf11-concepts/#section-skolemization
"""

from __future__ import annotations

import hashlib
import mmap
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from xml.parsers import expat

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat

from samvirke.errors import InputError
from samvirke.store import (
    _BOM,
    DATA_FILE,
    DEFAULT_FILE,
    READABLE,
    SCHEMA_FILE,
    _input_error,
    _refuse_doctype,
    _refuse_newer,
)
from samvirke.store.disk import FOLDER, finish_disk

__all__ = ["Lines", "load_lines", "write_lines"]

_UNLIKE_LINES = (b"_:", b"<<(", b"--ltr", b"--rtl", b"\r")
"""What plain N-Triples of RDF 1.1 without blank nodes do not hold outside a text."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What was written: whether any quad is in a named graph, the prefixes the file declares, its lines as given."""

    named_graphs: bool
    prefixes: Mapping[str, str]
    as_given: bool = False


def write_lines(source: Path, directory: Path, *, base: str, plain: bool = True) -> Lines:
    """Write the quads of an RDF file to `data.nq` and `default.nt` of `directory`.

    Reads:  `source`, by its ending; `base` is what relative addresses count from, and blank nodes become
            addresses below it. `plain` allows N-Triples to be taken as they are.
    Writes: both files; they are one where no quad is in a named graph. `schema.nq`, empty.
    Raises: InputError with file, line and column, except for lines taken as they are: `load_lines` reads those.
    """
    ending = source.suffix.lstrip(".").lower()
    if ending not in READABLE:
        raise InputError(
            f"The format {ending!r} is not known.", file=source, remedy=f"Use one of {', '.join(READABLE)}."
        )
    data, default = directory / DATA_FILE, directory / DEFAULT_FILE
    (directory / SCHEMA_FILE).touch()
    try:
        if plain and ending == "nt" and _is_plain(source):
            shutil.copyfile(source, data)
            told = Lines(named_graphs=False, prefixes={}, as_given=True)
        else:
            told = _rewrite(source, ending, data, default, base=base)
    except OSError as error:
        if error.filename is not None and Path(str(error.filename)) == source:
            raise InputError(f"The file cannot be read: {error.strerror}.", file=source) from error
        raise
    if not told.named_graphs:
        default.unlink(missing_ok=True)
        try:
            default.hardlink_to(data)
        except OSError:  # Not every disk can give a file two names.
            shutil.copyfile(data, default)
    return told


def _is_plain(source: Path) -> bool:
    with source.open("rb") as file:
        if not file.seek(0, 2):
            return True
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content[: len(_BOM)] != _BOM and all(content.find(mark) < 0 for mark in _UNLIKE_LINES)


def _rewrite(source: Path, ending: str, data: Path, default: Path, *, base: str) -> Lines:
    """Write every quad once, and every triple once, in file order."""
    name = str(source)
    with source.open("rb") as file, data.open("wb") as quads_out, default.open("wb") as triples_out:
        if ending == "rdf":
            _refuse_doctype(file.read(), name)
            file.seek(0)
            _refuse_unclosed(cast("IO[bytes]", file), name)
            file.seek(0)
        if file.read(len(_BOM)) != _BOM:
            file.seek(0)
        parser = pyoxigraph.parse(cast("IO[bytes]", file), READABLE[ending], base_iri=base)
        seen_quads, seen_triples, named = _Seen(), _Seen(), False
        for quad in _skolemised(_parsed(parser, name), base=base, key=source.name):
            line = f"{quad} .\n".encode()
            if seen_quads.is_new(line):
                quads_out.write(line)
            if isinstance(quad.graph_name, DefaultGraph):
                triple = line
            else:
                named, triple = True, f"{quad.triple} .\n".encode()
            if seen_triples.is_new(triple):
                triples_out.write(triple)
        return Lines(named, dict(parser.prefixes))


def _refuse_unclosed(file: IO[bytes], name: str) -> None:
    """Refuse XML that is cut short: the engine's parser takes what there is of it, and says nothing."""
    parser = expat.ParserCreate()
    try:
        parser.ParseFile(file)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code).capitalize()
        raise InputError(
            f"{reason}.", file=name, line=error.lineno, column=error.offset + 1, remedy="Correct it and try again."
        ) from error


def _parsed(parser: Iterator[Quad], name: str) -> Iterator[Quad]:
    try:
        for quad in parser:
            _refuse_newer(quad, name)
            yield quad
    except SyntaxError as error:
        raise _input_error(error, name) from error


def _skolemised(quads: Iterator[Quad], *, base: str, key: str) -> Iterator[Quad]:
    """Replace blank nodes by addresses that are the same for the same file, as `skolemise` does for small ones."""
    known: dict[str, NamedNode] = {}

    def node(value: object) -> object:
        if not isinstance(value, BlankNode):
            return value
        if value.value not in known:
            digest = hashlib.sha256(f"{key}\n{len(known)}".encode()).hexdigest()
            known[value.value] = NamedNode(f"{base}.well-known/genid/{digest[:20]}")
        return known[value.value]

    for quad in quads:
        terms = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if any(isinstance(term, BlankNode) for term in terms):
            yield Quad(*(node(term) for term in terms))  # type: ignore[arg-type] # each term keeps its place
        else:
            yield quad


class _Seen:
    """Which lines were met, by digest: a hundred bytes a line, whatever its length."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def is_new(self, line: bytes) -> bool:
        """Say whether the line is met for the first time."""
        digest = hashlib.blake2b(line, digest_size=16).digest()
        if digest in self._digests:
            return False
        self._digests.add(digest)
        return True


def load_lines(directory: Path, lines: Lines, *, source: Path, on_disk: bool) -> int:
    """Load what `write_lines` wrote, and thereby check it; on disk, the store stays with the generation.

    Returns how many different triples there are. Lets other threads work meanwhile.
    Raises: InputError with line and column of `source`.
    """
    store = pyoxigraph.Store(directory / FOLDER) if on_disk else pyoxigraph.Store()
    try:
        if lines.named_graphs:
            store.bulk_load(path=directory / DATA_FILE, format=RdfFormat.N_QUADS)
        store.bulk_load(path=directory / DEFAULT_FILE, format=RdfFormat.N_TRIPLES)
    except SyntaxError as error:
        raise _input_error(error, str(source)) from error
    if on_disk:
        store.optimize()
        store.flush()
    count = len(store)
    if lines.named_graphs:
        count = sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))
    del store
    if on_disk:
        finish_disk(directory)
    return count
