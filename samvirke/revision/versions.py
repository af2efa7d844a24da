"""The document versions that a revision is between: the old one with its passages, the new one with its text.

Duty: find which version is the older one, what is said of its passages, and which files the new one gets.
Level 6; reads the site's files. It must not compare words and must not write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import quote

from samvirke import journal
from samvirke.anchor.drafts import Draft, gather
from samvirke.anchor.rewriting import File, read_file
from samvirke.anchor.wording import refusal
from samvirke.errors import EvidenceError, InputError, NotFound, WrongUse
from samvirke.evidence import Span
from samvirke.evidence.quotes import clip
from samvirke.generations import JOURNAL
from samvirke.model import BlankNode, DocumentVersion, NamedNode, Quad
from samvirke.patch import Delta
from samvirke.site import REVIEW, Site
from samvirke.sources import read_document, read_documents
from samvirke.store import read_rdf
from samvirke.terms import NIF, OA

__all__ = ["Before", "Target", "before", "older", "target"]

_NAME = re.compile(r"[^\W_][\w.-]*")
_NUMBERS = re.compile(r"(\d+)")
ENDINGS = (".trig", ".ttl", ".nt", ".nq")
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Target:
    """The new version: its words, the file they come from, and the files it has or gets."""

    version: DocumentVersion
    content: bytes
    text: Path
    facts: Path
    review: Path
    about: Path


@dataclass(frozen=True, slots=True)
class Before:
    """The old version: its words, its own file of facts, what other files say of its passages, its passages."""

    version: DocumentVersion
    file: File | None
    others: tuple[Quad, ...]
    drafts: dict[str, Draft]
    spans: dict[str, Span]


def target(site: Site, path: Path, *, document: str | None, version: str | None) -> Target:
    """Return the new version that a text file is, or is to become.

    Raises: WrongUse when it cannot be told which document or version it is; NotFound when the site has no such
            document; EvidenceError when the text is none; InputError when the version has another text.
    """
    slug, name = _names(site, path, document, version)
    folder = site.documents / slug
    if not folder.is_dir():
        known = sorted(one.name for one in site.documents.iterdir() if one.is_dir()) if site.documents.is_dir() else []
        near = get_close_matches(slug, known, n=1)
        raise NotFound(
            f"The site has no document “{slug}”.",
            remedy=f"Did you mean {near[0]}?" if near else f"It has: {', '.join(known[:10]) or 'none'}.",
        )
    if not path.is_file():
        raise WrongUse(f"{path} is no file.", remedy="Name the file with the text of the new version.")
    read = read_document(path, site.base)
    text = folder / f"{name}.txt"
    content = path.read_bytes()
    if text.exists() and text.read_bytes() != content:
        raise InputError(
            "This version is there with other words, and the words of a version never change.",
            file=text,
            remedy="Give the new text a version of its own.",
        )
    address = f"{site.base}document/{quote(slug)}"
    found = replace(read, address=f"{address}/{quote(name)}", document=address, file=str(text))
    return Target(
        found, content, text, text.with_name(f"{name}.trig"), text.with_name(name + REVIEW), folder / "about.ttl"
    )


def _names(site: Site, path: Path, document: str | None, version: str | None) -> tuple[str, str]:
    """Return the document and the version, as told or as the file's place tells."""
    here = path.resolve()
    placed = here.parent.parent == site.documents.resolve() and here.suffix == ".txt"
    if placed:
        document = here.parent.name if document is None else document
        version = here.stem if version is None else version
        if (document, version) == (here.parent.name, here.stem):
            return document, version
    if document is None:
        raise WrongUse(
            f"{path} lies in no document’s folder, so it must be told which document it is.",
            remedy="Add --document SLUG and --version DATE, or put it into data/documents/<document>/<version>.txt.",
        )
    if version is None:
        raise WrongUse("It must be told which version this is.", remedy="Add --version DATE, such as 2024-05-01.")
    for name in (document, version):
        if not _NAME.fullmatch(name):
            raise WrongUse(
                f"“{clip(name)}” cannot be the name of a document or a version.",
                remedy="Use letters, digits, hyphens and full stops.",
            )
    return document, version


def order(name: str) -> tuple[tuple[int, int, str], ...]:
    """The order of versions: numbers by size, so that v10 comes after v9, and the rest by letters."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _NUMBERS.split(name) if part)


def older(site: Site, new: Target, chosen: str | None) -> tuple[DocumentVersion, str]:
    """Return the newest version older than the new one, and the newest of all when that is newer than the new one.

    Raises: NotFound when there is none, or none of the name `chosen`.
    """
    slug = new.text.parent.name
    documents = [one for one in read_documents(site.root, site.base) if Path(one.file).parent.name == slug]
    names = {Path(one.file).stem: one for one in documents if one.address != new.version.address}
    if chosen is not None:
        if chosen not in names:
            have = ", ".join(sorted(names, key=order)) or "none"
            raise NotFound(f"“{slug}” has no other version “{clip(chosen)}”.", remedy=f"It has: {have}.")
        return names[chosen], ""
    mine = order(new.text.stem)
    before_it = [name for name in names if order(name) < mine]
    if not before_it:
        have = ", ".join(sorted(names, key=order))
        raise NotFound(
            f"“{slug}” has no version older than {new.text.stem}.",
            remedy=f"It has {have}: name the one to compare with by --from." if have else "Write its facts by hand.",
        )
    newest = max(names, key=order)
    return names[max(before_it, key=order)], newest if order(newest) > mine else ""


def before(site: Site, old: DocumentVersion, new: Target) -> Before:
    """Gather the passages of the old version from all files of the site.

    Raises: EvidenceError with file, line and column when one does not hold: a new version can only be built on
            an old one that is right.
    """
    own = Path(old.file).with_suffix(".trig")
    slug = own.parent.name
    files: list[File] = []
    others: list[Quad] = []
    mark = f"{old.address}#"
    number = 0
    for path in site.data_files():
        if path in (new.facts, own) or not _speaks_of(path, slug, site):
            continue
        if path.suffix in ENDINGS:
            other = read_file(path, _base(site, path))
            files.append(other)
            found = [quad for quad in other.quads if _belongs(quad, mark)]
        else:
            found = [quad for quad in read_rdf(path, base_iri=_base(site, path)) if _belongs(quad, mark)]
        # Files are counted that say something: the file a revision writes must not change the next one's names.
        number += bool(found)
        others += _named(found, f"f{number}")
    file = read_file(own, _base(site, own)) if own.is_file() else None
    written = journal.net(journal.read(site.state / JOURNAL))
    if file is not None:
        file = replace(file, quads=tuple(_named(file.quads, "")))
    drafts = {
        address: draft
        for address, draft in gather([*([file] if file else []), *files], {old.address}).items()
        if address.startswith(mark)
    }
    quads = [*(file.quads if file else ()), *others]
    _refuse_deleted(quads, written, own)
    others += _only_written(written, drafts, mark, own)
    quads = [*(file.quads if file else ()), *others]
    _refuse_quoteless(quads, drafts, mark, own)
    return Before(old, file, tuple(others), drafts, {address: _span(draft, old) for address, draft in drafts.items()})


def _refuse_deleted(quads: Iterable[Quad], written: Delta, own: Path) -> None:
    """Refuse to take over what files still say and a request has deleted: it would come back."""
    gone = sorted(written.deleted.intersection(quads), key=str)
    if gone:
        raise InputError(
            f"The files still say what was deleted since: {_some(gone)}.",
            file=own,
            remedy="Take it out of the file first, then revise.",
        )


def _only_written(written: Delta, drafts: Mapping[str, Draft], mark: str, own: Path) -> list[Quad]:
    """Return what requests wrote into the passages of the old version. Raises: InputError for a new passage."""
    found = sorted((quad for quad in written.added if _belongs(quad, mark)), key=str)
    known = set(map(NamedNode, drafts))
    strange = [quad for quad in found if quad.graph_name not in known and quad.subject not in known]
    if strange:
        raise InputError(
            f"Passages that are in the journal only cannot be taken over: {_some(strange)}.",
            file=own,
            remedy="Write them into the file, with their quotes, then revise.",
        )
    return found


def _some(quads: Sequence[Quad]) -> str:
    more = f" and {len(quads) - SHOWN} more" if len(quads) > SHOWN else ""
    return ", ".join(str(quad) for quad in quads[:SHOWN]) + more


def _named(quads: Iterable[Quad], file: str) -> list[Quad]:
    """Name blank nodes in the order they are met: the parser names those without a name anew each time."""
    names: dict[object, BlankNode] = {}

    def name(term: object) -> object:
        if not isinstance(term, BlankNode):
            return term
        return names.setdefault(term, BlankNode(f"{file}b{len(names) + 1}"))

    return [
        Quad(name(quad.subject), quad.predicate, name(quad.object), name(quad.graph_name))  # type: ignore[arg-type]  # a term of the same kind comes back
        for quad in quads
    ]


def _belongs(quad: Quad, mark: str) -> bool:
    return any(isinstance(term, NamedNode) and term.value.startswith(mark) for term in (quad.graph_name, quad.subject))


def _speaks_of(path: Path, slug: str, site: Site) -> bool:
    """Whether a file can name passages of the document: those of the document's own folder, and who writes its name."""
    if path.parent == site.documents / slug:
        return True
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", file=path) from error
    return slug.encode() in content or quote(slug).encode() in content


def _base(site: Site, path: Path) -> str:
    name = path.relative_to(site.data).with_suffix("").as_posix()
    return site.document_base(path) or f"{site.base}graph/{quote(name)}"


def _refuse_quoteless(quads: Sequence[Quad], drafts: dict[str, Draft], mark: str, file: Path) -> None:
    for quad in quads:
        graph = quad.graph_name
        if isinstance(graph, NamedNode) and graph.value.startswith(mark) and graph.value not in drafts:
            raise EvidenceError(
                f"The passage #{graph.value.partition('#')[2]} has facts and no quote.",
                file=file,
                remedy="Write its words with nif:anchorOf first; `samvirke check` lists all that is wrong.",
            )


def _span(draft: Draft, old: DocumentVersion) -> Span:
    """The place of a passage whose words stand there."""
    quotes = [term.value for term in draft.said[NIF.anchorOf.value]]
    place = draft.old
    if len(quotes) != 1:
        raise refusal("The passage has more than one quote.", draft.file.here(draft.offset), "Keep one.")
    if not isinstance(place, Span) or not quotes[0] or old.text[place.start : place.end] != quotes[0]:
        raise refusal(
            f"The passage #{draft.address.partition('#')[2]} does not stand where its address says: "
            f"“{clip(quotes[0])}” is not there.",
            draft.file.here(draft.offset),
            "Repair the old version first: run `samvirke anchor`, then `samvirke check`.",
        )
    for predicate, name in ((OA.prefix, "oa:prefix"), (OA.suffix, "oa:suffix")):
        if len(draft.said[predicate.value]) > 1:
            raise refusal(f"The passage has more than one {name}.", draft.file.here(draft.offset), "Keep one.")
    return place
