"""Nobody counts characters: find each quote in its document and write the place into the passage's address.

Duty: set and repair `#char=` fragments and checksums in a site's Turtle and TriG files. Level 6.
It must not touch anything else in a file – comments, layout and order stay byte for byte – must not guess
where a new quote belongs, and must not write anything before everything is known to be right.
Standards: RFC 5147, https://www.rfc-editor.org/rfc/rfc5147; `oa:prefix` and `oa:suffix` as in
https://www.w3.org/TR/annotation-model/#text-quote-selector

A steward writes a passage under any name, `<#my-draft>`, with its words in `nif:anchorOf`; the name becomes
`<#char=190,242>` wherever it stands. Passages in rows and cells (RFC 7111) are left alone.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from samvirke.anchor import placing
from samvirke.anchor.drafts import Draft, gather, to_place
from samvirke.anchor.rewriting import Change, Edit, File, applied, changes, prove, read_file, replace
from samvirke.anchor.turtle_text import Address, resolve
from samvirke.anchor.wording import problem, refusal
from samvirke.errors import InputError, SiteError
from samvirke.evidence.quotes import clip
from samvirke.model import DocumentVersion
from samvirke.settings import FILE_NAME
from samvirke.site import ABOUT, Site
from samvirke.sources import read_documents
from samvirke.terms import CORE

__all__ = ["Change", "anchor"]

ENDINGS = (".trig", ".ttl", ".nt", ".nq")


def anchor(target: Site | Iterable[Path], *, dry_run: bool = False) -> list[Change]:
    """Find every quote and write its place; write the checksums of the documents.

    Reads:  the site's documents and data; `target` is the site, or files and folders of one, whose quotes
            alone are then placed. A passage that gets another address gets it in all files of the site.
    Writes: the files that change, each replaced in one step, after every quote was found; nothing with `dry_run`.
    Returns what changed, by file and place. Anchoring again changes nothing.
    Raises: EvidenceError with file, line and column when a quote has no place or more than one.
    """
    site, chosen = _target(target)
    documents = {document.address: document for document in read_documents(site.root, site.base)}
    files = [read_file(path, _base(site, path)) for path in site.data_files() if path.suffix in ENDINGS]
    every = gather(files, documents)
    renamed = _renamed(to_place(every, documents, chosen), documents)
    _refuse_collisions(renamed, every, files)
    told: list[Change] = []
    contents: list[tuple[File, str]] = []
    for file in files:
        edits = _address_edits(file, renamed, every)
        if chosen is None or file.path.resolve() in chosen:
            edits += _checksum_edits(file, documents)
        if edits:
            contents.append((file, applied(file.text.text, edits)))
            told += changes(file, edits)
    for file, text in contents:
        prove(file, text, renamed)
    if not dry_run:
        replace(contents)
    return told


def _base(site: Site, path: Path) -> str:
    """Return what relative addresses in a data file count from."""
    name = path.relative_to(site.data).with_suffix("").as_posix()
    return site.document_base(path) or f"{site.base}graph/{quote(name)}"


def _target(target: Site | Iterable[Path]) -> tuple[Site, frozenset[Path] | None]:
    """Return the site, and the files whose quotes are to be placed; None means all."""
    if isinstance(target, Site):
        return target, None
    paths = [Path(path) for path in target]
    sites = {_site_of(path) for path in paths}
    if len(sites) != 1:
        raise SiteError("The files belong to more than one site, or none was named.", remedy="Name files of one site.")
    site = Site.open(sites.pop())
    chosen: set[Path] = set()
    for path in paths:
        chosen |= {file.resolve() for file in path.rglob("*") if file.is_file()} if path.is_dir() else {path.resolve()}
    known = {file.resolve() for file in site.data_files()}
    for path in paths:
        if not path.is_dir() and (path.suffix not in ENDINGS or path.resolve() not in known):
            raise InputError(
                "This is no data file of the site that can be anchored.",
                file=path,
                remedy="Name a .trig or .ttl file below data/.",
            )
    return site, frozenset(chosen)


def _site_of(path: Path) -> Path:
    """Return the folder of the site that a file belongs to."""
    if not path.exists():
        raise InputError("There is no such file.", file=path, remedy="Check its name.")
    whole = Path(os.path.normpath(path.absolute()))
    for folder in (whole, *whole.parents):
        if (folder / FILE_NAME).is_file():
            return Path(os.path.relpath(folder))
    raise SiteError(
        f"{path} belongs to no site: no folder above it holds {FILE_NAME}.", remedy="Name the site by --site."
    )


def _renamed(drafts: Mapping[str, Draft], documents: Mapping[str, DocumentVersion]) -> dict[str, str]:
    """Return the new address of every passage, by its old one."""
    by_version: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts.values():
        by_version[draft.version].append(draft)
    renamed: dict[str, str] = {}
    for version, group in by_version.items():
        placed = placing.place(documents[version].text, [draft.wanted() for draft in group])
        for draft in group:
            found = placed[draft.address]
            if isinstance(found, placing.Problem):
                raise problem(draft.quote.value, found, documents[version], draft.file.here(draft.offset))
            renamed[draft.address] = f"{version}#{found}"
    return renamed


def _refuse_collisions(renamed: Mapping[str, str], drafts: Mapping[str, Draft], files: Sequence[File]) -> None:
    """Two passages may become one only when the same is said of both."""
    used = {address.full for file in files for address in file.text.addresses}
    first = {address: draft for address, draft in drafts.items() if address not in renamed}
    for old, new in renamed.items():
        draft = drafts[old]
        if new in used and new not in drafts:
            raise refusal(
                f"The place of “{clip(draft.quote.value)}”, #{new.partition('#')[2]}, is taken by one with no quote.",
                draft.file.here(draft.offset),
                "Give that passage its quote first.",
            )
        other = first.setdefault(new, draft)
        if other is not draft and other.told() != draft.told():
            raise refusal(
                f"<#{old.partition('#')[2]}> and <#{other.address.partition('#')[2]}> are the same words, "
                f"“{clip(draft.quote.value)}”, yet not the same is said of them (language, mode or note).",
                draft.file.here(draft.offset),
                "Say the same of both, or choose a narrower quote for one of them.",
            )


def _address_edits(file: File, renamed: Mapping[str, str], drafts: Mapping[str, Draft]) -> list[Edit]:
    edits = []
    for address in file.text.addresses:
        new = renamed.get(address.full)
        if new is not None and new != address.full:
            written = _rewritten(address, new)
            edits.append(
                Edit(
                    address.start,
                    address.end,
                    written,
                    address.written,
                    written,
                    drafts[address.full].quote.value,
                    told=address.full,
                )
            )
    return edits


def _rewritten(address: Address, new: str) -> str:
    """Write the new address as the old one was written: relative stays relative."""
    before, mark, _ = address.written.partition("#")
    if mark and address.written.startswith("<"):
        return f"{before}#{new.partition('#')[2]}>"
    return f"<{new}>"


def _checksum_edits(file: File, documents: Mapping[str, DocumentVersion]) -> list[Edit]:
    """Correct the checksums that a file declares; an about.ttl gets those it lacks."""
    edits = []
    declared: set[str] = set()
    for string in file.text.strings:
        document = documents.get(string.subject)
        if string.predicate != CORE.sha256.value or document is None:
            continue
        declared.add(document.address)
        if string.value != document.sha256:
            edits.append(
                Edit(
                    string.start,
                    string.end,
                    f'"{document.sha256}"',
                    f"core:sha256 {string.value[:12] or '(none)'}",
                    document.sha256[:12],
                )
            )
    if file.path.name == ABOUT:
        folder = file.base.removesuffix("/")
        own = [address for address, document in documents.items() if document.document == folder]
        edits += [_added(file, documents[address]) for address in own if address not in declared]
    return edits


def _added(file: File, document: DocumentVersion) -> Edit:
    """Add a statement of the checksum at the end of the file, with the words the file already uses."""
    stem = document.address.removeprefix(f"{document.document}/")
    subject = f"<{stem}>" if resolve(stem, file.base) == document.address else f"<{document.address}>"
    prefix = next((name for name, space in file.text.prefixes.items() if space == str(CORE)), None)
    predicate = f"<{CORE.sha256.value}>" if prefix is None else f"{prefix}:sha256"
    end = len(file.text.text)
    gap = "" if file.text.text.endswith("\n") or not end else "\n"
    statement = f'{gap}\n{subject} {predicate} "{document.sha256}" .\n'
    return Edit(end, end, statement, "core:sha256 (none)", document.sha256[:12])
