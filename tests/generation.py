"""A small published generation, made without the build: for tests of what stands above the store."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph

BASE = "https://example.org/site/"


def publish(
    state: Path,
    version: str,
    *,
    data: str = "",
    default: str = "",
    schema: str = "",
    writable: bool = False,
    disk: bool = False,
) -> Path:
    """Write a generation from N-Quads and N-Triples, and make it the current one; `disk`: with a disk store."""
    from samvirke.schema import compile_schema
    from samvirke.store import disk as disk_store
    from samvirke.store import files_of

    directory = state / "generations" / version
    directory.mkdir(parents=True)
    quads = list(pyoxigraph.parse(schema.encode(), pyoxigraph.RdfFormat.N_QUADS))
    compiled = compile_schema(quads, base=BASE, languages=("en", "da"), prefixes={"ex": f"{BASE}ex#"})
    for name, text in (
        ("data.nq", data),
        ("default.nt", default),
        ("schema.nq", schema),
        ("schema.json", compiled.to_json()),
        ("manifest.json", json.dumps({"version": version, "base": BASE, "hash": version, "writable": writable})),
    ):
        (directory / name).write_text(text, encoding="utf-8")
    if disk:
        disk_store.write_disk(directory, files_of(directory))
    link = state / ".current-test"
    link.symlink_to(Path("generations", version))
    link.replace(state / "current")
    return directory


def numbers(count: int) -> tuple[str, str]:
    """Return N-Quads and N-Triples that say of `count` things which number each has; two graphs say it of the first."""
    facts = [
        f'<{BASE}id/n{i}> <{BASE}ex#number> "{i}"^^<http://www.w3.org/2001/XMLSchema#integer>' for i in range(count)
    ]
    quads = [f"{fact} <{BASE}document/a/1#char={i},{i + 1}> ." for i, fact in enumerate(facts)]
    quads.append(f"{facts[0]} <{BASE}document/b/1#char=0,1> .")
    return "\n".join(quads) + "\n", "".join(f"{fact} .\n" for fact in facts)
