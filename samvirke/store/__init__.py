"""RDF files in, quads out; and a published generation opened as a store.

Duty: the one place, beside `formats/` and `workers/`, that uses the engine binding for more than
values. Level 3; knows nothing of sites, rules or the web, and never fetches anything: a JSON-LD
context or DTD that stands elsewhere is refused.
Standards: RDF 1.1 Concepts, https://www.w3.org/TR/rdf11-concepts/ (blank nodes replaced after
section 3.5); RDF Dataset Canonicalization, https://www.w3.org/TR/rdf-canon/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyoxigraph
from pyoxigraph import CanonicalizationAlgorithm, RdfFormat

from samvirke.errors import InputError, StoreDamaged
from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

READABLE: Mapping[str, RdfFormat] = {
    "ttl": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "nt": RdfFormat.N_TRIPLES,
    "nq": RdfFormat.N_QUADS,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}
DATA_FILE = "data.nq"
DEFAULT_FILE = "default.nt"
SCHEMA_FILE = "schema.nq"

_BOM = b"\xef\xbb\xbf"
# The parser's own account of the place; the place is told in front of the message instead.
_PLACE = re.compile(r"^Parser error (?:at|between) .*?: (?=\S)", re.DOTALL)
_REMOTE_CONTEXT = "LoadDocumentCallback"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What stands in one file: its quads in file order, and the prefixes it declares."""

    quads: tuple[Quad, ...]
    prefixes: Mapping[str, str]


def read_rdf(
    source: Path | bytes, *, format: str | None = None, base_iri: str | None = None, file: str | None = None
) -> Iterator[Quad]:
    """Read the quads of an RDF file or of bytes.

    Reads:  `source`; `format` is a file ending ("ttl", "trig", "nt", "nq", "rdf", "jsonld") and by
            default the path's own. `file` is the name that messages give.
    Returns the quads in file order; blank nodes keep the label the file gave them.
    Raises: InputError with file, line and column where the parser tells them.
    """
    return iter(parse_rdf(source, format=format, base_iri=base_iri, file=file).quads)


def parse_rdf(
    source: Path | bytes, *, format: str | None = None, base_iri: str | None = None, file: str | None = None
) -> Parsed:
    """Read like `read_rdf`, with the prefixes that the file declares."""
    name = file or (str(source) if isinstance(source, Path) else "")
    ending = format or (source.suffix.lstrip(".") if isinstance(source, Path) else "")
    if ending not in READABLE:
        raise InputError(f"The format {ending!r} is not known.", file=name, remedy=f"Use one of {', '.join(READABLE)}.")
    content = (_read_bytes(source, name) if isinstance(source, Path) else source).removeprefix(_BOM)
    if ending == "rdf":
        _refuse_doctype(content, name)
    parser = pyoxigraph.parse(content, READABLE[ending], base_iri=base_iri)
    try:
        quads = tuple(parser)
    except SyntaxError as error:
        raise _input_error(error, name) from error
    for quad in quads:
        _refuse_newer(quad, name)
    return Parsed(quads, dict(parser.prefixes))


def read_sent(content: bytes, *, format: str, base_iri: str) -> list[Quad]:
    """Read a graph that a client sent; its blank nodes get new labels, so that they are nobody else's.

    What RDF 1.2 adds is taken. Raises: InputError with line and column; also for a named graph in it.
    """
    content = content.removeprefix(_BOM)
    if format == "rdf":
        _refuse_doctype(content, "")
    try:
        return list(
            pyoxigraph.parse(
                content, READABLE[format], base_iri=base_iri, without_named_graphs=True, rename_blank_nodes=True
            )
        )
    except SyntaxError as error:
        raise _input_error(error, "") from error


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", file=name) from error


def _refuse_doctype(content: bytes, name: str) -> None:
    """Refuse a document type declaration: its entities can expand without limit."""
    for encoding in ("utf-8", "utf-16"):
        text = content.decode(encoding, errors="ignore")
        position = text.upper().find("<!DOCTYPE")
        if position >= 0:
            line = text.count("\n", 0, position) + 1
            column = position - text.rfind("\n", 0, position)
            raise InputError(
                "RDF/XML with a <!DOCTYPE> is refused.",
                file=name,
                line=line,
                column=column,
                remedy="Write the entities out and delete the declaration.",
            )


def _input_error(error: SyntaxError, name: str) -> InputError:
    message = _PLACE.sub("", str(error.msg)).strip().rstrip(".")
    remedy = "Correct it and try again."
    if _REMOTE_CONTEXT in message:
        message = "The JSON-LD context stands at another address, and nothing is fetched"
        remedy = "Write the context into the file."
    return InputError(f"{message}.", file=name, line=error.lineno or 0, column=error.offset or 0, remedy=remedy)


def _refuse_newer(quad: Quad, name: str) -> None:
    """Refuse what RDF 1.2 adds: not every tool a reader has can take it."""
    term = quad.object
    if isinstance(term, Triple):
        found = "a triple term"
    elif isinstance(term, Literal) and term.direction is not None:
        found = "a text with a base direction"
    else:
        return
    raise InputError(
        f"{quad.predicate} has {found}, which RDF 1.1 does not have.", file=name, remedy="Write it without."
    )


def skolemise(quads: Iterable[Quad], *, base: str, key: str) -> list[Quad]:
    """Replace blank nodes by addresses below `<base>.well-known/genid/`.

    The same file gives the same addresses at each build; `key` (the file's path) keeps the
    nodes of different files apart.
    Source: https://www.w3.org/TR/rdf11-concepts/#section-skolemization
    """

    def address(label: str) -> NamedNode:
        digest = hashlib.sha256(f"{key}\n{label}".encode()).hexdigest()
        return NamedNode(f"{base}.well-known/genid/{digest[:20]}")

    return _rename(quads, address)


def localise(quads: Iterable[Quad], *, key: str) -> list[Quad]:
    """Give blank nodes labels that are the same at each build and unique to the file `key`."""
    prefix = hashlib.sha256(key.encode()).hexdigest()[:10]
    return _rename(quads, lambda label: BlankNode(f"f{prefix}{label}"))


def _rename(quads: Iterable[Quad], rename: Callable[[str], NamedNode | BlankNode]) -> list[Quad]:
    """Replace blank nodes by what `rename` makes of their number, in the order the file names them.

    A canonical label would not depend on that order, but costs seconds for some ten thousand nodes
    and, for nine that all point at each other, more time than there is.
    """
    numbers: dict[str, NamedNode | BlankNode] = {}

    def node(value: NamedNode | BlankNode | Triple) -> NamedNode | BlankNode:
        assert not isinstance(value, Triple), "parse_rdf refuses triple terms"
        if isinstance(value, NamedNode):
            return value
        if value.value not in numbers:
            numbers[value.value] = rename(str(len(numbers)))
        return numbers[value.value]

    renamed = []
    for quad in quads:
        subject, value, graph = node(quad.subject), quad.object, quad.graph_name
        renamed.append(
            Quad(
                subject,
                quad.predicate,
                value if isinstance(value, Literal) else node(value),
                graph if isinstance(graph, DefaultGraph) else node(graph),
            )
        )
    return renamed


def has_blank_nodes(quads: Iterable[Quad]) -> bool:
    """Return whether any quad has a blank node."""
    return any(isinstance(term, BlankNode) for quad in quads for term in (quad.subject, quad.object, quad.graph_name))


def canonicalise(quads: Iterable[Quad]) -> list[Quad]:
    """Return the quads with blank nodes labelled after RDFC-1.0, each once, in no given order."""
    dataset = pyoxigraph.Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return list(dataset)


def sorted_lines(quads: Iterable[Quad] | Iterable[Triple]) -> list[bytes]:
    """Return canonical N-Quads (N-Triples for triples), each line once, sorted by code point.

    Source: https://www.w3.org/TR/n-quads/#canonical-quads
    """
    given: list[Quad | Triple] = list(quads)
    if not given:
        return []
    format = RdfFormat.N_TRIPLES if isinstance(given[0], Triple) else RdfFormat.N_QUADS
    lines = pyoxigraph.serialize(cast("list[Quad]", given), format=format)
    assert lines is not None, "without an output, the bytes are returned"
    # A canonical line holds its line breaks escaped, so each "\n" is the end of one; byte order in
    # UTF-8 is code point order.
    return sorted(set(lines.splitlines(keepends=True)))


def canonical_hash(quads: Iterable[Quad]) -> str:
    """Return the SHA-256 of the dataset's canonical N-Quads, in hexadecimal.

    Source: https://www.w3.org/TR/rdf-canon/#canon-algorithm
    """
    given = list(quads)
    if has_blank_nodes(given):
        given = canonicalise(given)
    digest = hashlib.sha256()
    for line in sorted_lines(given):
        digest.update(line)
    return digest.hexdigest()


def files_of(directory: Path) -> tuple[tuple[Path, RdfFormat], ...]:
    """Return the files that together are a generation's data, each with its format.

    A dataset without named graphs is its own default graph: both names then lead to one file.
    """
    files = [(directory / DATA_FILE, RdfFormat.N_QUADS), (directory / SCHEMA_FILE, RdfFormat.N_QUADS)]
    default = directory / DEFAULT_FILE
    if not (default.is_file() and files[0][0].is_file() and default.samefile(files[0][0])):
        files.append((default, RdfFormat.N_TRIPLES))
    return tuple(files)


def open_generation(directory: Path) -> pyoxigraph.Store:
    """Load a published generation into a store in memory: asserted, inferred and schema graphs.

    Reads:  `data.nq`, `schema.nq` and `default.nt` of `directory`. `bulk_load` of a file is the fastest way
            in that there is: copying the same quads over from the disk store takes more than twice as long.
    Raises: StoreDamaged when a file is missing or does not parse.
    """
    store = pyoxigraph.Store()
    load_files(store, files_of(directory))
    return store


def load_files(store: pyoxigraph.Store, files: Iterable[tuple[Path, RdfFormat]]) -> None:
    """Load the files of a generation into a store.

    Raises: StoreDamaged when one is missing or does not parse.
    """
    for path, format in files:
        try:
            store.bulk_load(path=path, format=format)
        except (OSError, SyntaxError) as error:
            raise StoreDamaged(
                f"{path} cannot be read: {error}.", remedy="Build the site again with `samvirke build`."
            ) from error
