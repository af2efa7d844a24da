"""What is published, as the commands read it.

Level 8. Opens the current generation and changes nothing. Facts are asked of a worker process.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from samvirke.errors import NotFound, StoreError, WrongUse

if TYPE_CHECKING:
    from samvirke.commands.frame import Frame
    from samvirke.generations import Generation
    from samvirke.site import Site
    from samvirke.web.publication import Publication
    from samvirke.workers.pool import Pool

SUGGESTED = 3
_STRETCH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Published:
    """The published site with a pool of workers to ask. `language` is the user's."""

    publication: Publication
    pool: Pool
    language: str

    def label(self, iri: str) -> str:
        """Return what people call a thing or a term."""
        return (
            self.publication.index.label(iri, self.language) or self.publication.schema.name(iri, self.language).value
        )

    def find(self, words: str) -> str:
        """Return the address that an address, a prefixed name, a path or a label names.

        Raises: NotFound with the nearest names; WrongUse when several things have that label.
        """
        from samvirke.model import NamedNode

        publication = self.publication
        iri = publication.links.resolve(words)
        if iri is not None:
            try:
                NamedNode(iri)
            except ValueError as error:
                raise NotFound(f"{words} is not an address: {error}.", remedy="Correct it.") from error
            return self._known(iri, words)
        result = publication.index.search(words, self.language)
        exact = list(dict.fromkeys(hit.iri for hit in result.hits if hit.kind == "exact"))
        if len(exact) == 1:
            return exact[0]
        if exact:
            addresses = ", ".join(publication.schema.shorten(iri) for iri in exact)
            raise WrongUse(f"Several things are called “{words}”.", remedy=f"Name one of {addresses}.")
        raise self._unknown(words)

    def find_term(self, words: str) -> str:
        """Return the address of a property or another term, found by its label too."""
        schema = self.publication.schema
        iri = self.publication.links.resolve(words)
        if iri is not None:
            return iri
        wanted = words.casefold()
        found = [
            iri
            for terms in (schema.properties, schema.terms)
            for iri, hint in terms.items()
            if any(label.casefold() == wanted for label in hint.labels.values())
        ]
        found = list(dict.fromkeys(found))
        if len(found) == 1:
            return found[0]
        if found:
            addresses = ", ".join(map(schema.shorten, found))
            raise WrongUse(f"Several properties are called “{words}”.", remedy=f"Name one of {addresses}.")
        labels = {
            label
            for terms in (schema.properties, schema.terms)
            for hint in terms.values()
            for label in hint.labels.values()
        }
        near = difflib.get_close_matches(words, sorted(labels), n=SUGGESTED)
        remedy = f"Did you mean {', '.join(near)}?" if near else "Give its prefixed name or address."
        raise NotFound(f"There is no property “{words}”.", remedy=remedy)

    def _known(self, iri: str, words: str) -> str:
        index, schema = self.publication.index, self.publication.schema
        if index.entity(iri) or iri in schema.terms or iri in schema.properties or iri in schema.classes:
            return iri
        return index.like(iri) or self._stands_anywhere(iri, words)

    def _stands_anywhere(self, iri: str, words: str) -> str:
        if self.pool.read("describe", iri=iri) or self.pool.read("graph", iri=iri, limit=1):
            return iri
        raise self._unknown(words)

    def _unknown(self, words: str) -> NotFound:
        schema = self.publication.schema
        last = words.rstrip("/").replace("#", "/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].replace("-", " ")
        near = self.publication.index.nearest(last or words, self.language, SUGGESTED)
        names = ", ".join(f"{hit.label} ({schema.shorten(hit.iri)})" for hit in near)
        return NotFound(
            f"Nothing here is called “{words}”.",
            remedy=f"Did you mean {names}?" if names else "Give an address, a prefixed name or a label.",
        )


@contextmanager
def published(site: Site, language: str) -> Iterator[Published]:
    """Open what is published and start workers for it; they end with the context.

    Raises: StoreError when nothing is published.
    """
    from samvirke.web.publication import open_publication
    from samvirke.workers.pool import Pool

    publication = open_publication(generation_of(site))
    with Pool.start(site.state, site.settings.limits, warm=False) as pool:
        yield Published(publication, pool, language)


def generation_of(site: Site) -> Generation:
    """Return what is published of the site.

    Raises: StoreError when nothing is.
    """
    from samvirke.generations import current

    generation = current(site.state)
    if generation is None:
        raise StoreError("Nothing has been published yet.", remedy="Run: samvirke build")
    return generation


def changed_files(site: Site, generation: Generation) -> list[str]:
    """Return the site's files that are not as they were when the generation was built, in path order.

    A generation that another version of the engine built counts as changed altogether.
    """
    from samvirke import __version__
    from samvirke.generations import file_digest

    if generation.manifest.get("engine") != __version__:
        return [f"Samvirke {__version__}"]
    then = dict(generation.manifest["files"])
    now = {site.relative(path): path for path in site.source_files()}
    return [
        name
        for name in sorted(then.keys() | now.keys())
        if name not in then or name not in now or file_digest(now[name]) != then[name]
    ]


def export_published(frame: Frame, form: str, file: IO[bytes]) -> None:
    """Write everything that is published of the site.

    Raises: WrongUse for an unknown format; StoreError when nothing is published.
    """
    export_generation(generation_of(frame.open_site()), form, file)


def export_generation(generation: Generation, form: str, file: IO[bytes]) -> None:
    """Write everything published in one format.

    Reads:  the generation's own files; formats with graphs get every fact with its passage or rule,
            the others the merged facts, each once. N-Quads and N-Triples are handed out as they lie there,
            a stretch at a time.
    Raises: WrongUse for an unknown format.
    """
    from samvirke.formats.about import read_about
    from samvirke.formats.views import ENDINGS, form_of, write
    from samvirke.store import DATA_FILE, DEFAULT_FILE, read_rdf

    name = form.lower().removeprefix(".")
    if name not in ENDINGS:
        raise WrongUse(f"There is no format {form}.", remedy=f"Use one of {', '.join(ENDINGS)}.")
    source = generation.directory / (DATA_FILE if form_of(name).quads else DEFAULT_FILE)
    if source.suffix == f".{name}":
        with source.open("rb") as stored:
            shutil.copyfileobj(stored, file, _STRETCH_BYTES)
        return
    prefixes = generation.manifest["prefixes"]
    about = read_about(generation.directory, version=generation.version, prefixes=prefixes)
    write(name, read_rdf(source), file, about)
