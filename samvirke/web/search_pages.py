"""Search: the page, what a browser's search bar asks while one types, and the description it learns that from.

Duty: ask the index, say which name matched, lead from an address to what it names, and say what is wrong with one that
names nothing. Level 7 (web). A result is an address, so everything chosen stands in the query; no script.
Sources: https://github.com/dewitt/opensearch/blob/master/opensearch-1-1-draft-6.md and its Suggestions extension,
https://github.com/dewitt/opensearch/blob/master/mediawiki/Specifications/OpenSearch/Extensions/Suggestions/1.1/Draft%201.wiki
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, redirect, render_template, request
from markupsafe import Markup
from markupsafe import escape as html_safe
from werkzeug.wrappers import Response as AnyResponse

from samvirke.schema.hints import slug
from samvirke.search import Hit, Index, SearchResult, SentenceHit
from samvirke.search.index import RANKED
from samvirke.web import layout, wording
from samvirke.web.entity_pages import fields_of
from samvirke.web.fragments import direction
from samvirke.web.layout import Crumb, Page
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current, serving

__all__ = ["blueprint", "fragment_of", "marked", "search"]

blueprint = Blueprint("search", __name__)

HITS = 20
LAST_PAGE = RANKED // HITS
LONGEST_WORDS = 200
SUGGESTED = 10
NEAREST = 5
_PREFIXED = re.compile(r"([A-Za-z][\w.-]*):(?!//)(\S+)$")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|urn:")
_FORBIDDEN = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f-\x9f]")
_DATA = re.compile(r"data/(.+)\.[a-z]+$")
_ENDS = 3
"""Words by which a browser finds a sentence on a page."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A class among whose things one may look: its name, how many hits it has, and where that is asked."""

    iri: str
    label: str
    count: int
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A sentence of a document: its words with those asked for marked, the document's title, where it stands."""

    words: Markup
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class SearchContext:
    """What `search.html` shows.

    `meant` is what misspelt words may have meant: then `hits` are those of `meant`. `near` are the nearest names, when
    there is nothing else. `complaint` says what is wrong with words that look like an address.
    """

    page: Page
    words: str
    chosen: str
    chosen_name: str
    choices: tuple[Choice, ...]
    total: int
    most: bool
    hits: tuple[Hit, ...]
    sentences: tuple[Found, ...]
    meant: str
    meant_link: str
    near: tuple[Hit, ...]
    more_link: str
    complaint: str
    everything_link: str


def search(lang: str) -> str | AnyResponse:
    """Find things by name and documents by sentence; an address or a prefixed name goes straight there."""
    publication = current()
    links, index = publication.links, publication.index
    words = _tidy(request.args.get("q", ""))[:LONGEST_WORDS]
    name = request.args.get("class", "")[:LONGEST_WORDS]
    chosen = (links.class_of(name) or "") if name else ""
    address = links.resolve(words) if words else None
    if address is not None and (target := _target(publication, address, lang)):
        return redirect(target, 303)
    number = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    result = index.search(words, lang, chosen or None, HITS, (number - 1) * HITS, counted=True)
    shown = result
    if result.suggestion:
        shown = index.search(result.suggestion, lang, None, HITS, counted=True)
    near: tuple[Hit, ...] = ()
    if words and not shown.total:
        near = index.nearest(_last_part(address or words), lang, NEAREST)
    gettext = wording.words(lang).gettext
    kept = {"q": words, "class": name if chosen else ""}
    context = SearchContext(
        page=layout.frame(
            lang=lang,
            path=links.search(lang, **kept, page=number if number > 1 else None).removeprefix(f"/{lang}"),
            title=gettext("Search: %(words)s") % {"words": words} if words else gettext("Search"),
            crumbs=[Crumb(gettext("Search"))],
            robots="noindex",
            query=words,
        ),
        words=words,
        chosen=chosen,
        chosen_name=publication.schema.class_hint(chosen).plural(lang, publication.languages) if chosen else "",
        choices=_choices(publication, lang, result, kept) if words and result.total else (),
        total=result.total,
        most=result.total >= RANKED,
        hits=shown.hits,
        sentences=tuple(_found(publication, one, words, lang) for one in result.sentences),
        meant=result.suggestion,
        meant_link=links.search(lang, q=result.suggestion) if result.suggestion else "",
        near=near,
        more_link=links.search(lang, **kept, page=number + 1) if result.more and number < LAST_PAGE else "",
        complaint=_complaint(publication, words, address, lang) if words else "",
        everything_link=links.search(lang, q=words),
    )
    return render_template("search.html", **fields_of(context))


def _tidy(text: str) -> str:
    """Words on one line, without what cannot be shown."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


# ---------------------------------------------------------------- addresses


def _target(publication: Publication, address: str, lang: str) -> str:
    """Where an address that a reader typed leads, or "" when nothing here has it."""
    links = publication.links
    local = links.local(address) or ""
    first, slash, _ = local.partition("/")
    if slash and first in publication.languages:  # The address of a page, as the browser shows it.
        return "/" + quote(local, safe="/:@!$&'()*+,;=~-._%#?")
    if found := _DATA.match(local):
        address = links.base + f"id/{found[1]}"
    if serving().entity(address) is not None:
        return links.page(address, lang)
    plain, sign, _ = address.partition("#")
    if sign and local.startswith("document/") and serving().entity(plain) is not None:
        return links.document(address, lang)
    meant = publication.index.like(address)
    return links.page(meant, lang) if meant is not None else _explained(publication, address, lang)


def _explained(publication: Publication, address: str, lang: str) -> str:
    """Where a term or a rule is explained; "" for anything else."""
    hint = publication.schema.terms.get(address)
    if hint is None or hint.kind == "shape":
        return ""
    links = publication.links
    return links.rule(address, lang) if hint.kind == "rule" else links.ontology(lang, address)


def _complaint(publication: Publication, words: str, address: str | None, lang: str) -> str:
    """Say what is wrong with words that look like an address and lead nowhere; "" when they do not look like one."""
    gettext, links = wording.words(lang).gettext, publication.links
    bare = words.removeprefix("<").removesuffix(">")
    if address is None and _SCHEME.match(bare):
        signs = sorted({one.replace(" ", gettext("a space")) for one in _FORBIDDEN.findall(bare)})
        if signs:
            return gettext("An address cannot contain %(signs)s.") % {"signs": ", ".join(signs)}
        return gettext("This address is not complete.")
    prefixed = _PREFIXED.match(bare)
    if address is None and prefixed and not prefixed[1].isdecimal():
        known = ", ".join(sorted(links.prefixes))
        told = gettext("The prefix “%(prefix)s” is not known here. Known ones: %(known)s.")
        return told % {"prefix": prefixed[1], "known": known}
    if address is None:
        return ""
    if links.local(address) is None:
        return gettext("This address belongs to another site, and nothing is said of it here.")
    return gettext("This address lies on this site, but nothing has it. Look for a slip of the pen.")


def _last_part(text: str) -> str:
    """The words in the last part of an address; other words as they are."""
    if not is_iri(text):
        return text
    return slug(text.rstrip("/#").replace("#", "/").rpartition("/")[2]).replace("-", " ")


# ---------------------------------------------------------------- what is shown


def _choices(publication: Publication, lang: str, result: SearchResult, kept: dict[str, str]) -> tuple[Choice, ...]:
    """All classes that lists show and that have hits, each with its number, and everything before them."""
    gettext, links = wording.words(lang).gettext, publication.links
    counts = {one.iri: one.count for one in result.classes}
    everything = Choice("", gettext("Everything"), result.total, links.search(lang, q=kept["q"]), not kept["class"])
    rest = [
        Choice(
            hint.iri,
            hint.plural(lang, publication.languages),
            counts[hint.iri],
            links.search(lang, q=kept["q"], **{"class": hint.slug}),
            links.class_of(kept["class"]) == hint.iri,
        )
        for hint, _ in layout.shown_classes(publication)
        if counts.get(hint.iri)
    ]
    return (everything, *rest)


def _found(publication: Publication, one: SentenceHit, words: str, lang: str) -> Found:
    index, links = publication.index, publication.links
    title = index.label(one.version, lang) or links.local(one.version) or one.version
    language = _language_of(publication, one.version)
    told = marked(index, one.text, words)
    if language and language != lang:
        told = Markup('<span lang="{}" dir="{}">{}</span>').format(language, direction(language), told)
    return Found(told, title, f"{links.document(one.version, lang)}{fragment_of(one.text)}")


def _language_of(publication: Publication, version: str) -> str:
    """The language of a document's version, as far as its label says; read once in a generation."""

    def read() -> str:
        found = publication.index.shown(version, publication.languages[0])
        return found[1] if found else ""

    return publication.once(("language of", version), read)


def marked(index: Index, text: str, words: str) -> Markup:
    """Return a sentence with the words that were asked for marked."""
    pieces, at = [], 0
    for start, end in index.places(text, words):
        pieces += [html_safe(text[at:start]), Markup("<b>"), html_safe(text[start:end]), Markup("</b>")]
        at = end
    return Markup("").join([*pieces, html_safe(text[at:])])


def fragment_of(sentence: str) -> str:
    """Return what makes a browser show and light a sentence of a page; one that cannot shows the page's beginning.

    Source: https://wicg.github.io/scroll-to-text-fragment/
    """
    words = sentence.split()
    if len(words) <= 2 * _ENDS:
        return f"#:~:text={_directive(words)}"
    return f"#:~:text={_directive(words[:_ENDS])},{_directive(words[-_ENDS:])}"


def _directive(words: Sequence[str]) -> str:
    return quote(" ".join(words), safe="").replace("-", "%2D")


# ---------------------------------------------------------------- while one types


@blueprint.get("/<language:lang>/suggest")
def suggest(lang: str) -> Response:
    """Answer names that begin with what has been typed: the question, the names, what each is, where it is."""
    publication = current()
    links, languages = publication.links, publication.languages
    typed = _tidy(request.args.get("q", ""))[:LONGEST_WORDS]
    hits = publication.index.suggest(typed, lang, SUGGESTED)
    kinds = [
        publication.schema.class_hint(hit.class_iri).label(lang, languages).value if hit.class_iri else ""
        for hit in hits
    ]
    body = [
        typed,
        [hit.matched for hit in hits],
        [
            f"{kind} – {hit.label}" if kind and hit.matched != hit.label else kind or hit.label
            for kind, hit in zip(kinds, hits, strict=True)
        ],
        [links.canonical(links.page(hit.iri, lang)) for hit in hits],
    ]
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/x-suggestions+json; charset=utf-8")


@blueprint.get("/<language:lang>/opensearch.xml")
def description(lang: str) -> Response:
    """Describe the site's search to browsers and programs."""
    publication = current()
    links, gettext = publication.links, wording.words(lang).gettext
    title = layout.site_title(publication, lang)
    addresses = (
        ("text/html", "results", links.search(lang)),
        ("application/x-suggestions+json", "suggestions", f"/{lang}/suggest"),
        ("application/opensearchdescription+xml", "self", f"/{lang}/opensearch.xml"),
    )
    urls = "".join(
        f"<Url type={quoteattr(kind)} rel={quoteattr(rel)} template="
        + quoteattr(links.canonical(path) + ("" if rel == "self" else "?q={searchTerms}"))
        + "/>"
        for kind, rel, path in addresses
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">'
        f"<ShortName>{escape(title[:16])}</ShortName><LongName>{escape(title[:48])}</LongName>"
        f"<Description>{escape((gettext('Search by name') + ': ' + title)[:1024])}</Description>"
        f"<Language>{escape(lang)}</Language><InputEncoding>UTF-8</InputEncoding>{urls}</OpenSearchDescription>\n"
    )
    return Response(body, content_type="application/opensearchdescription+xml; charset=utf-8")
