"""Samvirke from Python: `samvirke.open("site/")` or `samvirke.open("https://…")`.

Duty: one object to ask, whether what is published lies in a folder or behind a server. Level 9; changes nothing.
Answers are plain Python values, facts carry their passages, and notebooks show both as tables.
"""

from __future__ import annotations

from pathlib import Path

from samvirke.client.dataset import Dataset
from samvirke.client.entities import Entity, Fact, Passage
from samvirke.client.folder import Folder
from samvirke.client.server import Server
from samvirke.client.tables import Table
from samvirke.client.values import Iri, Text

__all__ = ["Dataset", "Entity", "Fact", "Iri", "Passage", "Table", "Text", "open_dataset"]


def open_dataset(place: str | Path, *, language: str = "en", timeout_s: float = 60.0) -> Dataset:
    """Open what is published in a site's folder, or behind the address of a Samvirke server.

    `language` is that of names, where there are several. Close the dataset, or use it with `with`: a folder has
    worker processes behind it.
    Raises: SiteError when the folder is no site; StoreError when nothing is published there; ServiceFailed when no
    Samvirke server answers at the address.
    """
    if isinstance(place, str) and place.lower().startswith(("http://", "https://")):
        return Dataset(Server(place, language=language, timeout_s=timeout_s), language=language)
    return Dataset(Folder(Path(place), language=language), language=language)
