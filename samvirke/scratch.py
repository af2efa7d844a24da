"""A site with nothing in it, to be written to and thrown away.

Duty: publish an empty generation that says of itself that it is writable. Level 6; reads no site but the
settings it writes, and runs no gate: there is nothing to check, and what is written later is not checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyoxigraph import Store

from samvirke import __version__, generations, search, store
from samvirke.assembly import Assembly, Written
from samvirke.build import write_inferred
from samvirke.generations import Generation
from samvirke.model import Candidate, Report
from samvirke.reports import report_turtle
from samvirke.rules import RuleResults
from samvirke.schema import compile_schema
from samvirke.settings import FILE_NAME, public_settings
from samvirke.site import Site

__all__ = ["open_scratch"]

_SETTINGS = """\
languages = ["en", "da"]
[title]
en = "Scratch store"
da = "Kladdelager"
[description]
en = "An empty store to try things in. What is written here is gone when the server stops."
da = "Et tomt lager til forsøg. Det, der skrives her, er væk, når serveren stopper."
"""


def open_scratch(folder: Path, *, base: str) -> Site:
    """Make a site of the empty folder `folder` and publish it; everything is named under `base`.

    Reads:  the environment, for limits and the like; no file that was there before.
    Writes: into `folder` only.
    """
    (folder / FILE_NAME).write_text(_SETTINGS, encoding="utf-8")
    site = Site.open(folder, overrides={"base": base, "state": folder / "state"})
    with generations.locked(site.state, wait_ms=0):
        publish_empty(site)
    return site


def publish_empty(site: Site) -> Generation:
    """Publish an empty generation of a site. The caller holds the lock."""
    schema = compile_schema([], base=site.base, languages=site.languages, prefixes={})
    candidate = Candidate(Store(), site.base, site.languages, (), (), (), (), schema)
    counts = dict.fromkeys(("facts", "inferred", "quads", "schema", "passages", "documents"), 0)
    digest = store.canonical_hash([])

    def write(directory: Path) -> Mapping[str, Any]:
        for name in (store.DATA_FILE, store.SCHEMA_FILE, store.DEFAULT_FILE):
            (directory / name).touch()
        for name, text in (
            ("schema.json", schema.to_json()),
            ("settings.json", json.dumps(public_settings(site.settings), ensure_ascii=False)),
            ("report.json", json.dumps({"findings": [], "seconds": 0.0})),
        ):
            (directory / name).write_text(text + "\n", encoding="utf-8")
        (directory / "report.ttl").write_bytes(report_turtle(Report(())))
        for name in ("texts", "queries"):
            (directory / name).mkdir()
        search.build_index(directory / "index.sqlite", candidate)
        write_inferred(directory / "index.sqlite", Assembly(candidate, (), RuleResults({}, {}), Written()))
        return {
            "engine": __version__,
            "base": site.base,
            "languages": list(site.languages),
            "hash": digest,
            "counts": counts,
            "writable": True,
            "checked": False,
        }

    return generations.publish(site.state, name="scratch", write=write, retention=1)
