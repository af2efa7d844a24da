"""The pages of documents: the list, one document's versions, and one version with its words.

Duty: read, build the view, render. Level 7 (web). What a version's page holds is decided in `document.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template
from werkzeug.wrappers import Response

from samvirke.describe.documents import DocumentView, VersionLine, document_view, version_lines
from samvirke.errors import NotFound
from samvirke.formats import FORMATS
from samvirke.web import layout, signposts, wording
from samvirke.web.entity_pages import Download, fields_of, text_of
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.publication import Publication, current, serving


@dataclass(frozen=True, slots=True)
class DocumentsContext:
    """What `documents.html` shows: the versions of every document, or of one."""

    page: Page
    versions: tuple[VersionLine, ...]
    document: str
    formats: tuple[Download, ...]


@dataclass(frozen=True, slots=True)
class DocumentContext:
    """What `document.html` shows: one version with its words and facts.

    `backs` maps a passage's number to the place where its facts stand, `anchors` to the fragment of its
    address: whoever follows the address of a passage comes to its words.
    """

    page: Page
    view: DocumentView
    backs: Mapping[int, str]
    anchors: Mapping[int, str]
    formats: tuple[Download, ...]


def documents(lang: str) -> str:
    """List every document version."""
    publication = current()
    found = version_lines(serving().read("versions", iri=""), publication.schema, lang)
    name = wording.words(lang).gettext("Documents")
    page = layout.frame(lang=lang, path="/documents", title=name, crumbs=[Crumb(name)])
    return render_template("documents.html", **fields_of(DocumentsContext(page, found, "", ())))


def document(lang: str, name: str) -> str | Response:
    """Show a version with its words, or the versions of a document."""
    publication = current()
    for iri in publication.links.candidates(f"document/{name}"):
        quads = serving().read("document", iri=iri)
        view = document_view(quads, publication.schema, iri, lang, texts=text_of(publication)) if quads else None
        if view is not None and view.checksum:
            return _version(publication, view, lang)
        found = version_lines(serving().read("versions", iri=iri), publication.schema, lang)
        if found:
            return _versions(publication, iri, found, lang)
    raise NotFound("There is no such document.", remedy="The list of documents has all of them.")


def _downloads(publication: Publication, iri: str) -> tuple[Download, ...]:
    if publication.index.entity(iri) is None:  # a document of which nothing is said but that it has versions
        return ()
    return tuple(Download(form.label, publication.links.data(iri, ending)) for ending, form in FORMATS.items())


def _data_links(publication: Publication, iri: str) -> list[DataLink]:
    if publication.index.entity(iri) is None:
        return []
    return [DataLink(form.media_type, publication.links.data(iri, ending)) for ending, form in FORMATS.items()]


def _versions(publication: Publication, iri: str, found: tuple[VersionLine, ...], lang: str) -> str | Response:
    _ = wording.words(lang).gettext
    title = found[0].title.value
    page = layout.frame(
        lang=lang,
        path=publication.links.document(iri, lang).removeprefix(f"/{lang}"),
        title=title,
        crumbs=[Crumb(_("Documents"), f"/{lang}/documents"), Crumb(title)],
        data_links=_data_links(publication, iri),
    )
    context = DocumentsContext(page, found, iri, _downloads(publication, iri))
    return _signposted(publication, iri, render_template("documents.html", **fields_of(context)))


def _version(publication: Publication, view: DocumentView, lang: str) -> str | Response:
    _ = wording.words(lang).gettext
    links = publication.links
    name = view.version.rpartition("/")[2]
    page = layout.frame(
        lang=lang,
        path=links.document(view.version, lang).removeprefix(f"/{lang}"),
        title=f"{view.title.value} ({name})",
        description=_("The words of the document, with the facts each sentence gave."),
        crumbs=[
            Crumb(_("Documents"), f"/{lang}/documents"),
            Crumb(view.title.value, links.document(view.document, lang)),
            Crumb(name),
        ],
        data_links=_data_links(publication, view.version),
        sheets=("lit.css",),
    )
    backs = {number: f"n{number}" for number in range(1, view.passages + 1)}
    used = [one for block in view.blocks for one in block.used] + list(view.loose)
    anchors = {one.number: one.passage.address.partition("#")[2] for one in used}
    context = DocumentContext(page, view, backs, anchors, _downloads(publication, view.version))
    return _signposted(publication, view.version, render_template("document.html", **fields_of(context)))


def _signposted(publication: Publication, iri: str, page: str) -> str | Response:
    """Return the page of a document, with its signposts where it has data."""
    known = publication.index.entity(iri)
    return signposts.signposted(page, signposts.of_thing(publication, iri, known.class_iri)) if known else page
