"""A release of what is published: a folder of files that an archive can keep.

Level 8. The same generation and the same release before give the same bytes. Dumps are read line by line, so memory
stays flat. The folder gets its name when everything is in it and on the disk.
Standards: DCAT-AP 3; VoID; Citation File Format 1.2.0, https://citation-file-format.github.io/;
RDF Patch, https://afs.github.io/rdf-delta/rdf-patch.html
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from samvirke.commands.published import export_generation, generation_of
from samvirke.commands.release_notes import STAYS, Changes, as_markdown, as_turtle, compared, walked
from samvirke.errors import NotFound, WriteRefused
from samvirke.generations import Generation, sync_tree
from samvirke.store import DATA_FILE, DEFAULT_FILE, SCHEMA_FILE

if TYPE_CHECKING:
    from samvirke.site import Site
    from samvirke.web.publication import Publication

__all__ = ["Release", "make_release"]

ADDRESSES = "addresses.txt"
SUMS = "SHA256SUMS"
DATA = "data.nq.gz"
_LEVEL = 6
_NAMED_GONE = 5


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its folder, the version it is of, that of the one before or "", its files.

    `waiting`: changes that were written since the generation was built, and are not in it.
    """

    folder: Path
    version: str
    previous: str
    files: tuple[str, ...]
    waiting: int


def make_release(
    site: Site, folder: Path, *, previous: Path | None, language: str, allow_gone: bool = False
) -> Release:
    """Write the release of what is published into `folder`/<version>, and return it.

    Reads:  the current generation; the release before, by default the newest in `folder`.
    Raises: StoreError when nothing is published; NotFound when `previous` is no release; WriteRefused when an address
    of the release before leads nowhere now, or the folder is there with other files in it.
    """
    from samvirke.journal import last_sequence
    from samvirke.web.publication import open_publication

    generation = generation_of(site)
    publication = open_publication(generation)
    target = folder / generation.version
    before = previous or _newest(folder, generation.version)
    if before is not None and not (before / SUMS).is_file():
        raise NotFound(f"{before} is no release.", remedy=f"Name a folder with a {SUMS}.")
    if before is not None:
        _refuse_gone(before, publication, allow_gone=allow_gone)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".release-") as work:
        made = Path(work) / "release"
        made.mkdir()
        _write(made, generation, publication, before, language)
        files = _seal(made)
        if target.exists():
            _same(target, made)
        else:
            sync_tree(made)
            made.rename(target)
    done = int((generation.manifest.get("journal") or {}).get("sequence", 0))
    waiting = max(0, last_sequence(site.state / "journal") - done)
    return Release(target, generation.version, before.name if before else "", files, waiting)


def _newest(folder: Path, version: str) -> Path | None:
    """The newest release that is older than a version: their names begin with the moment they were built."""
    found = sorted(path.parent for path in folder.glob(f"*/{SUMS}") if path.parent.name < version)
    return found[-1] if found else None


def _refuse_gone(before: Path, publication: Publication, *, allow_gone: bool) -> None:
    """Refuse to let an address lead nowhere: what is no longer here is withdrawn, and says so (410), or is replaced."""
    with (before / ADDRESSES).open(encoding="utf-8") as lines:
        gone = [iri for line in lines if publication.index.entity(iri := line.rstrip("\n")) is None]
    if gone and not allow_gone:
        named = ", ".join(gone[:_NAMED_GONE]) + (
            f" and {len(gone) - _NAMED_GONE} more" if len(gone) > _NAMED_GONE else ""
        )
        raise WriteRefused(
            f"Addresses that were published in {before.name} lead nowhere now: {named}.",
            remedy="Mark them owl:deprecated true, or dct:isReplacedBy what they became. --allow-gone lets them go.",
        )


def _write(made: Path, generation: Generation, publication: Publication, before: Path | None, language: str) -> None:
    from samvirke.web import catalogue, void

    for name, form in ((DATA, "nq"), ("data.trig.gz", "trig"), ("facts.nt.gz", "nt"), ("facts.ttl.gz", "ttl")):
        _packed(made / name, lambda file, form=form: export_generation(generation, form, file))  # type: ignore[misc]  # a default binds
    with (generation.directory / SCHEMA_FILE).open("rb") as schema:
        _packed(made / "schema.nq.gz", lambda file: shutil.copyfileobj(schema, file))
    if (report := generation.directory / "report.ttl").is_file():
        shutil.copyfile(report, made / "report.ttl")
    (made / "dcat.ttl").write_bytes(catalogue.written(publication, "ttl"))
    (made / "void.ttl").write_bytes(void.written(publication, "ttl"))
    (made / ADDRESSES).write_text("".join(f"{iri}\n" for iri in publication.index.addresses()), encoding="utf-8")
    (made / "CITATION.cff").write_text(_citation(publication), encoding="utf-8")
    (made / "LICENSE.txt").write_text(_licence(publication), encoding="utf-8")
    changes = _changes(made, before, generation)
    for lang in publication.languages:
        name = "CHANGES.md" if lang == _first(publication, language) else f"CHANGES.{lang}.md"
        (made / name).write_text(as_markdown(changes, publication, lang), encoding="utf-8")
    (made / "changes.ttl").write_bytes(as_turtle(changes, publication))


def _first(publication: Publication, language: str) -> str:
    return language if language in publication.languages else publication.languages[0]


def _packed(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a compressed file that holds no moment and no name, so that it is the same each time (RFC 1952)."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
        write(file)  # type: ignore[arg-type]  # it writes bytes


def _changes(made: Path, before: Path | None, generation: Generation) -> Changes:
    """Compare with the release before, and write what changed as a patch."""
    now = generation.directory
    if before is None:
        return compared("", generation.version, (), _lines((now / DEFAULT_FILE).open("rb")))
    with (made / "changes.rdfp.gz").open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as patch:
        old, new = _lines(_opened(before / DATA)), _lines((now / DATA_FILE).open("rb"))
        for verb, line in walked(old, new):
            if verb != STAYS:
                patch.write(verb + b" " + line)
    facts = before / "facts.nt.gz"
    return compared(before.name, generation.version, _lines(_opened(facts)), _lines((now / DEFAULT_FILE).open("rb")))


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb")  # type: ignore[return-value]  # a file of bytes


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from file


def _seal(made: Path) -> tuple[str, ...]:
    """Write the checksums of all files, as `sha256sum -c` reads them."""
    names = tuple(sorted(path.name for path in made.iterdir()))
    sums = "".join(f"{_digest(made / name)}  {name}\n" for name in names)
    (made / SUMS).write_text(sums, encoding="utf-8")
    return (*names, SUMS)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(there: Path, made: Path) -> None:
    """Accept a release that is there already when it is this one. Raises: WriteRefused."""
    if not (there / SUMS).is_file() or (there / SUMS).read_bytes() != (made / SUMS).read_bytes():
        raise WriteRefused(
            f"{there} is there, and not the same.", remedy="Move it away, or name the release it followed: --previous."
        )


def _citation(publication: Publication) -> str:
    settings = publication.settings
    titles = settings.get("title") or {}
    title = next((titles[lang] for lang in publication.languages if titles.get(lang)), publication.base)
    author = str((settings.get("publisher") or {}).get("name") or title)
    licence = str((settings.get("licence") or {}).get("address") or "")
    built = str(publication.manifest.get("built", ""))[:10]
    lines: list[tuple[str, Any]] = [
        ("cff-version", "1.2.0"),
        ("message", "If you use this dataset, please cite it, and the documents its facts were read from."),
        ("type", "dataset"),
        ("title", title),
        ("version", publication.version),
        ("url", publication.base),
    ]
    if built:
        lines.append(("date-released", built))
    if licence:
        lines.append(("license-url", licence))
    told = "".join(f"{name}: {_quoted(str(value))}\n" for name, value in lines)
    return f"{told}authors:\n  - name: {_quoted(author)}\n"


def _quoted(text: str) -> str:
    """A text as YAML reads it: JSON's strings are YAML's double-quoted ones (YAML 1.2, 7.3.1)."""
    return json.dumps(text, ensure_ascii=False)


def _licence(publication: Publication) -> str:
    licence = publication.settings.get("licence") or {}
    name, address = str(licence.get("name") or ""), str(licence.get("address") or "")
    if not name and not address:
        return "No licence is stated for the facts.\n"
    return f"The facts: {' – '.join(part for part in (name, address) if part)}\nThe documents stay their publishers'.\n"
