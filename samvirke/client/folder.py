"""What is published, in a site's folder.

Duty: the few questions that `Dataset` needs, asked of worker processes of its own. Level 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from samvirke.commands.published import export_generation, generation_of, published
from samvirke.site import Site

__all__ = ["Folder"]


class Folder:
    """A site's folder with something published."""

    def __init__(self, folder: Path, *, language: str) -> None:
        """Start workers over what is published. Raises: SiteError; StoreError when nothing is."""
        self._site, self._stack = Site.open(folder), ExitStack()
        self._generation = generation_of(self._site)
        self._known = self._stack.enter_context(published(self._site, language))
        self.address, self.version = self._site.base, self._generation.version

    def ask(self, query: str, media_type: str, *, explain: bool) -> bytes:
        """Return a worker's answer to a query, under the site's limits."""
        from samvirke.why import answer  # noqa: PLC0415 - only needed here
        from samvirke.workers.pool import QueryRequest  # noqa: PLC0415 - only needed here

        body = self._known.pool.query(QueryRequest(text=query, media_type=media_type, explain=explain)).read()
        if not explain:
            return body
        why = self._known.publication.index.why
        return answer.explained(body, media_type, base=self._site.base, why=why, quotes=self._quotes)

    def resolve(self, name: str) -> str:
        """Return the address that a name means. Raises: NotFound with the nearest names; WrongUse for several."""
        return self._known.find(name)

    def write(self, form: str, file: IO[bytes]) -> None:
        """Write everything, in a format of `samvirke.formats`."""
        export_generation(self._generation, form, file)

    def close(self) -> None:
        """End the workers."""
        self._stack.close()

    def _quotes(self, addresses: Sequence[str]) -> Mapping[str, str]:
        quads = self._known.pool.read("passages", iris=list(addresses))
        return {quad.subject.value: quad.object.value for quad in quads}  # type: ignore[union-attr]  # words are literals
