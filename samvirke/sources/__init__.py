"""The documents of a site: their words, as they were harvested.

Duty: read `data/documents/<slug>/<version>.txt`. Level 3; imports `errors` and `model`.
It must not read facts and must not change a byte: the words of a version never change.
Standard: UTF-8, https://www.rfc-editor.org/rfc/rfc3629

Offsets count the Unicode code points of the decoded file as Python slices them. Line endings stay as they are,
so CR LF counts as two. A byte order mark at the very start is a signature of the file and not a
character of the text (Unicode Standard, 23.8), though the checksum covers it.
"""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path
from urllib.parse import quote

from samvirke.errors import EvidenceError
from samvirke.model import DocumentVersion

__all__ = ["read_document", "read_documents"]


def read_documents(root: Path, base: str) -> tuple[DocumentVersion, ...]:
    """Read every document version of the site in `root`, whose addresses begin with `base`.

    Reads:  `data/documents/<slug>/<version>.txt`; hidden files and folders are not the site's.
    Returns the versions in the order of their slugs and versions; none when the folder is missing.
    Raises: EvidenceError with the place when a file is no text in UTF-8, or empty.
    """
    folder = root / "data" / "documents"
    if not folder.is_dir():
        return ()
    files = [
        path
        for path in folder.glob("*/*.txt")
        if path.is_file() and not path.name.startswith(".") and not path.parent.name.startswith(".")
    ]
    return tuple(read_document(path, base) for path in sorted(files, key=lambda path: (path.parent.name, path.stem)))


def read_document(path: Path, base: str) -> DocumentVersion:
    """Read one document version; its folder names the document and the file the version.

    Raises: EvidenceError with the place when the file cannot be read, is no text in UTF-8, or is empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"The document cannot be read: {error.strerror}.", file=path) from error
    text = _decode(content, path)
    if not text.strip():
        raise EvidenceError(
            "The document holds no words.", file=path, line=1, remedy="Save its text in the file, or delete the file."
        )
    document = f"{base}document/{quote(path.parent.name)}"
    return DocumentVersion(
        address=f"{document}/{quote(path.stem)}",
        document=document,
        text=text,
        sha256=hashlib.sha256(content).hexdigest(),
        file=str(path),
    )


def _decode(content: bytes, path: Path) -> str:
    """Decode UTF-8 strictly; say where it is not."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise EvidenceError("The document is saved as UTF-16.", file=path, line=1, remedy="Save it as UTF-8.")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        raise EvidenceError(
            f"The document is not UTF-8: the byte 0x{error.object[error.start]:02x} cannot stand here.",
            file=path,
            line=before.count("\n") + 1,
            column=len(before) - before.rfind("\n"),
            remedy="Save it as UTF-8.",
        ) from error
    if "\0" in text:
        before = text[: text.index("\0")]
        raise EvidenceError(
            "The document holds the character U+0000, so it is no text.",
            file=path,
            line=before.count("\n") + 1,
            column=len(before) - before.rfind("\n"),
            remedy="Save the text of the document, not the file it was written in.",
        )
    return text
