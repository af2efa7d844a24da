"""One record of the journal as bytes, and back.

Duty: the form of the file. Level 3; opens no file. The file is lines of RDF Patch; what RDF Patch has no
word for stands in comments, which its readers pass over:

    # Samvirke journal, format 1: …                                   once, at the start of the file
    # record 0000000000000007, 0000000000000812 bytes, check 1f2e3d4c
    H id <nih:sha-256;…> .                                            the SHA-256 of all that follows in the record
    H prev <nih:sha-256;…> .                                          the id of the record before; not in the first
    H sequence "7"^^<…integer> .
    H time "2026-11-24T19:43:33.120000Z"^^<…dateTime> .
    H author "…" .
    H reason "…" .
    TX .
    D …, GD …, GA …, A …                                              the change (samvirke.patch)
    TC .

The frame (the first line) says how long the record is, so that an end that was never written is told from
bytes that changed later; its own check keeps a changed length from looking like a torn end. The id is the
chain: whoever changes a record changes the ids of all after it.
Source: https://afs.github.io/rdf-delta/rdf-patch.html; names of hashes: https://www.rfc-editor.org/rfc/rfc6920#section-7
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from pyoxigraph import Literal

from samvirke.errors import InputError
from samvirke.patch import Delta, read_patch

__all__ = [
    "FILE",
    "FOLDER",
    "FRAME_BYTES",
    "HEADER",
    "MARK",
    "Record",
    "decode",
    "encode",
    "framed",
    "may_become",
    "sealed",
]

FOLDER = "journal"
FILE = "journal.rdfp"
HEADER = b"# Samvirke journal, format 1: RDF Patch, https://afs.github.io/rdf-delta/rdf-patch.html\n"
MARK = b"\n# record "
"""What stands before every record and nowhere inside one: a literal never holds a line break."""

_INTEGER = b"http://www.w3.org/2001/XMLSchema#integer"
_DATE_TIME = b"http://www.w3.org/2001/XMLSchema#dateTime"
_FRAME = re.compile(rb"(# record (\d{16}), (\d{16}) bytes, check )([0-9a-f]{8})\n")
_SHAPE = b"# record 0000000000000000, 0000000000000000 bytes, check 00000000\n"
FRAME_BYTES = len(_SHAPE)
_HEX = bytes.maketrans(b"123456789abcdef", b"0" * 15)
_ID = b"H id <nih:sha-256;%s> .\n"
_ID_BYTES = len(_ID % (b"0" * 64))
_PREVIOUS = b"H prev <nih:sha-256;"
_HEADERS = re.compile(
    rb"(?:H prev <nih:sha-256;([0-9a-f]{64})> \.\n)?"
    rb'H sequence "([1-9]\d{0,15})"\^\^<' + re.escape(_INTEGER) + rb"> \.\n"
    rb'H time "(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z"\^\^<' + re.escape(_DATE_TIME) + rb"> \.\n"
    rb'H author ("[^\n]*") \.\n'
    rb'H reason ("[^\n]*") \.\n'
    rb"TX \.\n"
)
_END = b"TC .\n"


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted write. `previous` is the hash of the record before, "" in the first; `time` is in UTC."""

    sequence: int
    time: datetime
    author: str
    reason: str
    previous: str
    hash: str
    patch: bytes

    @property
    def delta(self) -> Delta:
        """What the write changed; read anew each time."""
        return read_patch(self.patch)


def encode(
    delta: Delta, *, sequence: int, time: datetime, author: str, reason: str, previous: str
) -> tuple[Record, bytes]:
    """Return a new record and its bytes.

    Raises: InputError when author or reason are no text that UTF-8 can write.
    """
    patch = delta.patch()
    stamp = time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds").encode()
    body = b"".join(
        (
            b"H prev <nih:sha-256;%s> .\n" % previous.encode() if previous else b"",
            b'H sequence "%d"^^<%s> .\n' % (sequence, _INTEGER),
            b'H time "%sZ"^^<%s> .\n' % (stamp, _DATE_TIME),
            b"H author %s .\n" % _literal(author, "author"),
            b"H reason %s .\n" % _literal(reason, "reason"),
            b"TX .\n",
            patch,
            _END,
        )
    )
    digest = hashlib.sha256(body).hexdigest()
    named = _ID % digest.encode() + body
    frame = b"# record %016d, %016d bytes, check " % (sequence, FRAME_BYTES + len(named))
    data = b"%s%08x\n" % (frame, zlib.crc32(frame)) + named
    return Record(sequence, time.astimezone(UTC), author, reason, previous, digest, patch), data


def spelt(record: Record) -> bytes:
    """Return a record as it stands in the file, from frame to end."""
    return encode(
        record.delta,
        sequence=record.sequence,
        time=record.time,
        author=record.author,
        reason=record.reason,
        previous=record.previous,
    )[1]


def _literal(text: str, what: str) -> bytes:
    try:
        return str(Literal(text)).encode()
    except (ValueError, UnicodeEncodeError) as error:
        raise InputError(
            f"The {what} of the write holds characters that are no text.", remedy="Write it in UTF-8."
        ) from error


def framed(data: bytes, at: int = 0) -> tuple[int, int] | None:
    """Return sequence and length of the record whose frame stands at `at`, or None when none does."""
    found = _FRAME.match(data, at)
    if found is None or b"%08x" % zlib.crc32(found[1]) != found[4]:
        return None
    return int(found[2]), int(found[3])


def may_become(start: bytes) -> bool:
    """Whether these bytes, too few for a frame, can be the beginning of one."""
    return _SHAPE.startswith(start[: len(b"# re")]) and _SHAPE.translate(_HEX).startswith(start.translate(_HEX))


def sealed(data: bytes, at: int, length: int) -> tuple[str, str] | None:
    """Return the hash of the record at `at` and of the one before it; None when the bytes do not have that hash."""
    named, body = at + FRAME_BYTES, at + FRAME_BYTES + _ID_BYTES
    digest = hashlib.sha256(memoryview(data)[body : at + length]).hexdigest()
    if data[named:body] != _ID % digest.encode():
        return None
    if not data.startswith(_PREVIOUS, body):
        return digest, ""
    return digest, data[body + len(_PREVIOUS) : body + len(_PREVIOUS) + len(digest)].decode()


def decode(data: bytes, *, sequence: int, digest: str) -> Record | None:
    """Return the record that these bytes are, from frame to end; None when they have not the form of one."""
    found = _HEADERS.match(data, FRAME_BYTES + _ID_BYTES)
    if found is None or int(found[2]) != sequence or not data.endswith(_END):
        return None
    try:
        time = datetime.fromisoformat(found[3].decode()).replace(tzinfo=UTC)
        author, reason = _text(found[4]), _text(found[5])
    except (ValueError, SyntaxError):
        return None
    previous = (found[1] or b"").decode()
    return Record(sequence, time, author, reason, previous, digest, data[found.end() : -len(_END)])


def _text(literal: bytes) -> str:
    if b"\\" not in literal:
        return literal[1:-1].decode()
    (quad,) = read_patch(b"A <urn:a> <urn:a> " + literal + b" .\n").added
    assert isinstance(quad.object, Literal), "a text was written"
    return quad.object.value
