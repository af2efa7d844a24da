"""A site: a folder with an ontology, data and queries, and its settings.

Duty: find the files of a site and hold its settings. Level 5; parses no RDF and writes nothing.
A `Site` is passed explicitly; nothing keeps one in a global.
The layout of the folder:

    samvirke.toml
    ontology/            ontologies, ontology/shapes/, ontology/rules/*.rq, ontology/vocab/
    data/documents/<slug>/about.ttl, <version>.txt, <version>.trig, <version>.lost
    data/                any other RDF files
    queries/<name>.rq
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from samvirke.errors import InputError, SiteError
from samvirke.settings import FILE_NAME, Settings, load_settings

RDF_ENDINGS = (".ttl", ".trig", ".nt", ".nq", ".rdf", ".jsonld")
RULE_ENDINGS = (".rq",)
QUERY_ENDINGS = (".rq",)
TEXT_ENDINGS = (".txt",)
ABOUT = "about.ttl"
REVIEW = ".lost"
"""What waits after a revision, in TriG; no data file, for it says nothing of the new version."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site's folder and settings. The file lists are read when they are asked for, in path order."""

    root: Path
    settings: Settings

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        overrides: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Site:
        """Open the site in the folder `path`; `overrides` are the options of the command line.

        Raises: SiteError when the folder or `samvirke.toml` is missing, or a setting is wrong.
        """
        root = Path(path)
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            raise SiteError(f"{root} {what}.", remedy="Name the folder of a site with --site.")
        return cls(root, load_settings(root, overrides=overrides, environ=environ))

    @property
    def base(self) -> str:
        """The address that everything in the site is named under, ending in a slash."""
        return self.settings.base

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the pages, the preferred one first."""
        return self.settings.languages

    @property
    def state(self) -> Path:
        """The folder for what is built; a relative setting counts from the site's folder."""
        return self.root / self.settings.state

    @property
    def settings_file(self) -> Path:
        """The file the settings come from."""
        return self.root / FILE_NAME

    @property
    def ontology(self) -> Path:
        """The folder of ontologies, shapes, rules and vocabularies."""
        return self.root / "ontology"

    @property
    def data(self) -> Path:
        """The folder of what is said."""
        return self.root / "data"

    @property
    def documents(self) -> Path:
        """The folder of the source documents."""
        return self.data / "documents"

    @property
    def queries(self) -> Path:
        """The folder of the stored questions."""
        return self.root / "queries"

    def ontology_files(self) -> tuple[Path, ...]:
        """The RDF files of the ontology folder, shapes and vocabularies included."""
        return files(self.ontology, RDF_ENDINGS)

    def rule_files(self) -> tuple[Path, ...]:
        """The site's own rules."""
        return files(self.ontology / "rules", RULE_ENDINGS)

    def data_files(self) -> tuple[Path, ...]:
        """The RDF files of the data folder, those of the documents included."""
        return files(self.data, RDF_ENDINGS)

    def review_files(self) -> tuple[Path, ...]:
        """The files of passages whose words a new version of their document does not have."""
        return files(self.documents, (REVIEW,))

    def query_files(self) -> tuple[Path, ...]:
        """The stored questions."""
        return files(self.queries, QUERY_ENDINGS)

    def source_files(self) -> tuple[Path, ...]:
        """Every file that a build of the site reads, in path order."""
        found = [
            self.settings_file,
            *self.ontology_files(),
            *self.rule_files(),
            *self.data_files(),
            *files(self.documents, TEXT_ENDINGS),
            *self.review_files(),
            *self.query_files(),
        ]
        return tuple(sorted(set(found), key=self.relative))

    def relative(self, path: Path) -> str:
        """Return the path of a file of the site as messages and manifests name it."""
        return path.relative_to(self.root).as_posix()

    def document_base(self, path: Path) -> str | None:
        """Return the base address for relative IRIs in an RDF file of a document, or None for other files.

        `about.ttl` counts from the document's folder address, `<version>.trig` from the version's address.
        """
        try:
            parts = path.relative_to(self.documents).parts
        except ValueError:
            return None
        if len(parts) != 2:  # noqa: PLR2004 - documents/<slug>/<file>
            return None
        slug = quote(parts[0])
        return f"{self.base}document/{slug}/" + ("" if parts[1] == ABOUT else quote(path.stem))


def files(folder: Path, endings: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the files below `folder` with one of the `endings`, in path order; none when it is missing.

    Hidden files and folders and the backups that editors leave (`~`) are not the site's.

    Raises: InputError with the folder when one cannot be read.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(place, name) for name in names if not name.startswith(".")]
        found += [path for path in paths if path.suffix in endings and path.is_file()]
    return tuple(sorted(found, key=lambda path: path.relative_to(folder).as_posix()))


def _unreadable(error: OSError) -> None:
    """Refuse a folder that is there and cannot be read: its checks and facts would be left out in silence."""
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise InputError(
            f"The folder cannot be read: {error.strerror}.", file=error.filename, remedy="Check that you may read it."
        ) from error
