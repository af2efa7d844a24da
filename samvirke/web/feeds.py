"""The newest changes as Atom: of the site, of one thing, of the things of a class.

Duty: feeds, from records that others found. Level 7 (web); reads no journal and no store. A record has one id in every
feed that it stands in, and what a feed is named by is its own address. The site's feed has the publication, too: the
data change when the files are read anew, and no record tells of that.
Standard: https://www.rfc-editor.org/rfc/rfc4287
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from samvirke.formats import FORMATS
from samvirke.journal import Record
from samvirke.model import NamedNode
from samvirke.terms import TYPE
from samvirke.web import layout
from samvirke.web.publication import Publication

__all__ = ["CONTENT_TYPE", "ENTRIES", "Feed", "moment", "of_class", "of_site", "of_thing", "written"]

ENTRIES = 50
CONTENT_TYPE = "application/atom+xml; charset=utf-8"
_PATCH = "application/rdf-patch"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets)."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one feed tells. `query` is that of its address, `page` the path of the page that shows the same.

    `published`: it has an entry for the publication itself.
    """

    title: str
    query: str
    page: str
    records: tuple[Record, ...]
    published: bool = False


def of_site(publication: Publication, records: Iterable[Record]) -> Feed:
    """Return the feed of everything; the newest record comes first in `records`, here and below."""
    return Feed(_title(publication), _query(), "/changes", tuple(islice(records, ENTRIES)), published=True)


def of_thing(publication: Publication, iri: str, records: Sequence[Record]) -> Feed:
    """Return the feed of one thing, from the records that touch it."""
    lang = publication.languages[0]
    shown = publication.index.shown(iri, lang)
    title = f"{shown[0] if shown else iri} – {_title(publication)}"
    return Feed(title, _query(about=iri), publication.links.history(iri, lang), tuple(records[:ENTRIES]))


def of_class(publication: Publication, iri: str, records: Iterable[Record]) -> Feed:
    """Return the feed of a class: of `records` those that say something of a thing of it or of a narrower one."""
    lang = publication.languages[0]
    wanted = frozenset(publication.schema.subclasses(iri))
    found = (record for record in records if _touches(publication, record, wanted))
    title = f"{publication.schema.class_hint(iri).plural(lang, publication.languages)} – {_title(publication)}"
    page = publication.links.class_list(iri, lang)
    return Feed(title, _query(**{"class": iri}), page, tuple(islice(found, ENTRIES)))


def _touches(publication: Publication, record: Record, wanted: frozenset[str]) -> bool:
    """Whether a record is about a thing of some classes: one of the index, or one whose class it tells."""
    about = set()
    for quad in record.delta.added | record.delta.deleted:
        if quad.predicate == TYPE and isinstance(quad.object, NamedNode) and quad.object.value in wanted:
            return True
        about |= {node.value for node in (quad.subject, quad.object) if isinstance(node, NamedNode)}
    known = (publication.index.entity(iri) for iri in about)
    return any(one is not None and one.class_iri in wanted for one in known)


def _title(publication: Publication) -> str:
    return layout.site_title(publication, publication.languages[0])


def _query(**named: str) -> str:
    return urlencode({"format": "atom", **named})


# ---------------------------------------------------------------- as XML


def written(publication: Publication, feed: Feed) -> str:
    """Return a feed as its document."""
    base, lang = publication.base, publication.languages[0]
    built = str(publication.manifest.get("built", "1970-01-01T00:00:00Z"))
    entries = [(moment(record), _entry(base, record)) for record in feed.records]
    if feed.published:
        entries.append((built, _published(publication, built)))
        entries = sorted(entries, key=lambda one: one[0].replace("Z", ".000Z") if "." not in one[0] else one[0])[::-1]
    updated = entries[0][0] if entries else built
    address = f"{base}changes?{feed.query}"
    publisher = str((publication.settings.get("publisher") or {}).get("name") or "") or _title(publication)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(lang)}>\n'
        f"<id>{_text(address)}</id><title>{_text(feed.title)}</title><updated>{updated}</updated>\n"
        f"<author><name>{_text(publisher)}</name></author>\n"
        f'<link rel="self" type="application/atom+xml" href={_attribute(address)}/>\n'
        f'<link rel="alternate" type="text/html" href={_attribute(base + feed.page.lstrip("/"))}/>\n'
        f"{''.join(entry for _, entry in entries)}</feed>\n"
    )


def _entry(base: str, record: Record) -> str:
    delta = record.delta
    counts = f"+{len(delta.added)} −{len(delta.deleted)}"
    address = f"{base}changes/{record.sequence}"
    return (
        f"<entry><id>{_text(address)}</id><title>{_text(record.reason) or counts}</title>"
        f"<updated>{moment(record)}</updated><author><name>{_text(record.author) or '–'}</name></author>"
        f'<link rel="alternate" type="{_PATCH}" href={_attribute(address)}/>'
        f"<summary>{counts}</summary></entry>\n"
    )


def _published(publication: Publication, built: str) -> str:
    """The publication as an entry, with the files as what it holds."""
    version, links = publication.generation.version, publication.links
    facts = publication.manifest.get("counts", {}).get("facts")
    told = f"{facts} facts" if facts is not None else version
    form = FORMATS["nt"].media_type
    return (
        f"<entry><id>{_text(publication.base)}changes#{_text(version)}</id><title>{_text(version)}</title>"
        f"<updated>{built}</updated>"
        f'<link rel="alternate" type="text/html" href={_attribute(publication.base + "data")}/>'
        f'<link rel="related" type="{form}" href={_attribute(links.canonical(links.dump("default.nt")))}/>'
        f'<summary xml:lang="en">{told}</summary></entry>\n'
    )


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))


def moment(record: Record) -> str:
    """Return when a record was written, to the millisecond, in UTC."""
    return record.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
