"""The page about one thing, written where the data are: in a worker process, beside the store.

Duty: find a thing, build its view and write the page's HTML, all but the frame that the web process puts around it.
Level 7 (web), and named by the web to the workers, who know no web themselves (`workers.template`); imports neither
Flask nor templates. It runs on data of the site only, in workers that no stranger's query ever reaches: these may
open the files of their generation (index, words of the documents), which others cannot.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from samvirke.describe.blocks import Neighbourhood
from samvirke.describe.entity import EntityView, entity_view
from samvirke.describe.facts import Evidence
from samvirke.formats import FORMATS
from samvirke.generations import open_directory
from samvirke.model import DefaultGraph, NamedNode
from samvirke.schema.hints import Text
from samvirke.search import Index
from samvirke.web import wording
from samvirke.web.drawing import Drawing
from samvirke.web.entity_html import Beside, EntityWriter, Figure
from samvirke.web.escaping import escaped
from samvirke.web.formatting import count, lower_first, number, stamp, when
from samvirke.web.fragments import Fragments, script_safe
from samvirke.web.links import links_of
from samvirke.web.pictures import connections, timeline

if TYPE_CHECKING:
    from samvirke.describe.rows import Row
    from samvirke.schema import Schema

__all__ = ["DESCRIPTION", "PARTS", "Pages", "load"]

SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_FIGURE = 60
DESCRIPTION = 300
"""Longest description that a page gives of itself, in characters."""
REMARKS = frozenset({"violation", "warning"})
PARTS = ("title", "description", "path", "json_ld", "crumb_label", "crumb_href", *FORMATS, "content")
"""The parts of a page, as they are answered; those named after a format are addresses of its data."""
CLASSES_KEPT = 1_000
ELSEWHERE_KEPT = 20_000
"""Things that were withdrawn or have a successor: of more than these the index is asked each time."""
_PLACE = "samvirkeTheThing"  # Letters alone: no coding changes them.


def load(directory: Path, schema: Schema) -> Pages:
    """Return what writes the pages of a generation. Reads: its small files; imports all that is needed."""
    return Pages(directory, schema)


@dataclass(frozen=True, slots=True)
class _Voice:
    """What writes pages in one language."""

    write: EntityWriter
    facts_query: Callable[[str], str]
    incoming_query: Callable[[str], str]


class Told(Mapping[tuple[str, str, str], Evidence]):
    """Which rule and which passages are behind a thing's inferred triples: read from the index when they are asked."""

    def __init__(self, index: Index, iri: str) -> None:
        """Take the index of a generation and the address of a thing."""
        self._index = index
        self._iri = iri
        self._node = f"<{iri}>"

    @cached_property
    def _of(self) -> dict[tuple[str, str, str], Evidence]:
        return {key: Evidence(passages, rule) for key, (rule, passages) in self._index.inferred_of(self._iri).items()}

    @cached_property
    def _to(self) -> dict[tuple[str, str, str], Evidence]:
        return {key: Evidence(passages, rule) for key, (rule, passages) in self._index.inferred_to(self._iri).items()}

    def __getitem__(self, key: tuple[str, str, str]) -> Evidence:
        if key[0] == self._node:
            return self._of[key]
        if key[2] == self._node:
            return self._to[key]
        raise KeyError(key)

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        return iter({**self._to, **self._of})

    def __len__(self) -> int:
        return len({**self._to, **self._of})


class Pages:
    """Writes the pages of one generation. Not for two threads at once."""

    def __init__(self, directory: Path, schema: Schema) -> None:
        """Take a generation's directory and its compiled schema."""
        settings = json.loads((directory / "settings.json").read_text(encoding="utf-8"))
        report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
        manifest = open_directory(directory).manifest
        self.schema = schema
        self.links = links_of(settings, schema, manifest)
        self.licence: Mapping[str, str] = settings.get("licence") or {}
        self.checked = bool(manifest.get("checked", True))
        self.version = directory.name
        self.problems = Counter(
            one["focus"].strip("<>") for one in report.get("findings", ()) if one["severity"] in REMARKS
        )
        # Of its own for those that are forked from here: an open file of SQLite's is not to be taken along.
        self.counts = {one.iri: one.count for one in Index(directory / "index.sqlite").classes()}
        self.index = Index(directory / "index.sqlite")
        self._elsewhere = Index(directory / "index.sqlite").elsewhere(ELSEWHERE_KEPT)
        self._texts = directory / "texts"
        self._known_texts = frozenset(path.stem for path in self._texts.glob("*.txt"))
        self._voices: dict[str, _Voice] = {}
        self._classes: dict[tuple[str, str], tuple[Text, str | None]] = {}
        for lang in self.links.languages:
            self.voice(lang)

    def voice(self, lang: str) -> _Voice:
        """Return what writes in a language of the site."""
        found = self._voices.get(lang)
        if found is None:
            draw, picture = Fragments(self.links, self.schema, lang), Drawing(self.links, self.schema, lang)
            write = EntityWriter(self.links, self.schema, draw, picture, lang)
            facts = self._asking(lang, "GRAPH ?passage {{ <{iri}> ?property ?value }}")
            incoming = self._asking(lang, "GRAPH ?passage {{ ?thing ?property <{iri}> }}")
            found = self._voices[lang] = _Voice(write, facts, incoming)
        return found

    def _asking(self, lang: str, pattern: str) -> Callable[[str], str]:
        """Return what gives the address of the query page with a pattern about a thing; all else is encoded once."""
        before, after = self.links.sparql(lang, query=_query(pattern.format(iri=_PLACE))).split(_PLACE)
        return lambda iri: f"{before}{quote_plus(iri)}{after}"

    def _forms(self, iri: str) -> list[tuple[str, str]]:
        """Return the formats of a thing's data by name with their addresses, which end in the format."""
        first = next(iter(FORMATS))
        stem = self.links.data(iri, first).removesuffix(first)
        return [(form.label, f"{stem}{ending}") for ending, form in FORMATS.items()]

    def page(self, store: Any, iri: str, lang: str) -> tuple[dict[str, Any], list[str]] | None:  # noqa: ANN401 - a store, or one with what is known of it
        """Write the page about a thing.

        Returns what the frame goes by, and the parts named by `PARTS`, escaped; None when the page has to be
        something else than the view of a thing: a redirection, a notice that it was withdrawn, or none at all.
        """
        if not self._is_here(store, iri):
            return None
        view = entity_view(
            Neighbourhood(store, self.schema, NamedNode(iri)),
            self.schema,
            iri,
            lang,
            texts=self.text,
            explanations=Told(self.index, iri),
        )
        return None if view is None else self._written(view, lang)

    def _is_here(self, store: Any, iri: str) -> bool:  # noqa: ANN401 - as above
        """Whether there is a page about a thing, and not a redirection or a notice."""
        if self._elsewhere is None or iri in self._elsewhere or "#" in iri:
            known = self.index.entity(iri)
            if known is not None:
                return not known.withdrawn and known.successor is None
        # What is in the store and not in the index was written since that was made; of a passage there is no page.
        node = NamedNode(iri)
        if "#" not in iri and next(iter(store.quads_for_pattern(node, None, None, DefaultGraph())), None) is not None:
            return True
        known = self.index.entity(iri)
        return known is not None and not known.withdrawn and known.successor is None

    def text(self, checksum: str) -> str | None:
        """Return a document's words by their checksum; None for words that are not here."""
        return text_in(self._texts, checksum) if checksum in self._known_texts else None

    def _written(self, view: EntityView, lang: str) -> tuple[dict[str, Any], list[str]]:
        links, voice = self.links, self.voice(lang)
        label, plural = self._class_words(view.class_iri, lang)
        crumb = plural is not None and not view.detail
        forms = self._forms(view.iri)
        dates = [source.modified for source in view.sources if source.modified]
        beside = Beside(
            class_label=label,
            figures=[figure for row in view.key if (figure := self._figure(row, lang))],
            problems=sum([self.problems[node] for node in view.nodes if node in self.problems]) if self.problems else 0,
            checked=self.checked,
            picture_time=timeline(view, lang),
            picture_graph=connections(view, self.schema.place),
            formats=forms,
            query_link=voice.facts_query(view.iri),
            incoming_query=voice.incoming_query(view.iri),
            licence=self.licence,
            modified=when(max(dates), lang) if dates else stamp(self.version, lang),
        )
        description = view.lead.value if view.lead else f"{view.title.value}: {lower_first(label.value, lang)}"
        parts = [
            escaped(view.title.value),
            escaped(description[:DESCRIPTION]),
            escaped(links.page(view.iri, lang).removeprefix(f"/{lang}")),
            script_safe(self._json_ld(view)),
            escaped(plural) if crumb and plural is not None else "",
            escaped(links.class_list(view.class_iri, lang)) if crumb else "",
            *[escaped(href) for _, href in forms],
            voice.write.content(view, beside),
        ]
        return {"class": view.class_iri, "crumb": crumb}, parts

    def _class_words(self, class_iri: str, lang: str) -> tuple[Text, str | None]:
        """The name of a class, and the name of the list of its things where there is one."""
        if not class_iri:
            return Text(""), None
        found = self._classes.get((class_iri, lang))
        if found is None:
            hint, languages = self.schema.class_hint(class_iri), self.schema.languages
            plural = hint.plural(lang, languages) if self.counts.get(class_iri) else None
            found = hint.label(lang, languages), plural
            if len(self._classes) >= CLASSES_KEPT:  # Data can name any number of classes.
                self._classes.clear()
            self._classes[class_iri, lang] = found
        return found

    def _figure(self, row: Row, lang: str) -> Figure | None:
        """Return a row as a key figure: the value, or how many there are of the commonest kind."""
        values = [value for fact in row.facts for value in fact.values]
        if not values:
            return None
        if len(values) == 1 and not row.open_list:
            value = values[0]
            text = {"date": when, "number": number}.get(value.kind, lambda text, _: text)(value.text, lang)
            return Figure(row.label, text) if len(text) <= LONGEST_FIGURE else None
        _ = wording.words(lang).gettext
        kinds: dict[str, int] = {}
        for value in values:
            kinds[value.class_iri] = kinds.get(value.class_iri, 0) + 1
        # "At least 3 feasts" counts the feasts, not the series they belong to.
        kind = max(sorted(kinds), key=lambda iri: kinds[iri])
        several = max(kinds[kind], row.total) if row.about and len(kinds) == 1 else kinds[kind]
        amount = count(several, lang)
        if kind:
            schema = self.schema
            hint = schema.class_hint(kind)
            named = hint.plural(lang, schema.languages) if several > 1 else hint.label(lang, schema.languages).value
            if named.casefold() != row.label.value.casefold():
                amount = f"{amount} {lower_first(named, lang)}"
        return Figure(row.label, _("at least %(number)s") % {"number": amount} if row.open_list else amount)

    def _json_ld(self, view: EntityView) -> dict[str, Any]:
        """Return the thing as a search engine reads it (https://schema.org/Thing)."""
        found: dict[str, Any] = {
            "@context": {"@vocab": "https://schema.org/"},
            "@id": view.iri,
            "@type": "Thing",
            "additionalType": {"@id": view.class_iri} if view.class_iri else None,
            "name": _tagged(view.title),
            "alternateName": [_tagged(name) for name in view.alternatives] or None,
            "description": _tagged(view.lead) if view.lead else None,
            "subjectOf": [{"@id": source.version, "name": _tagged(source.title)} for source in view.sources] or None,
            "license": self.licence.get("address") or None,
        }
        return {key: value for key, value in found.items() if value is not None}


@lru_cache(maxsize=64)
def text_in(folder: Path, checksum: str) -> str | None:
    """Return the words of a document from a folder of texts named by their checksums; None when they are not there."""
    try:
        return (folder / f"{checksum}.txt").read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def text_of(directory: Path) -> Callable[[str], str | None]:
    """Return what finds a document's words in a generation's folder."""
    folder = directory / "texts"
    return lambda checksum: text_in(folder, checksum) if SHA256.fullmatch(checksum) else None


def _query(pattern: str) -> str:
    return f"SELECT * WHERE {{\n  {pattern}\n}}\nLIMIT 1000"


def _tagged(text: Text) -> object:
    return {"@value": text.value, "@language": text.language} if text.language else text.value
