"""Build a site: assemble, check, and publish a generation.

Duty: the order of the steps, and what a generation holds. Level 6; the steps themselves are done by
`assembly`, `gate`, `owl`, `search` and `generations`. Deterministic and offline: the same files give
the same hash, and the same bytes in `data.nq`, `default.nt` and `schema.nq`.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from samvirke import __version__, generations, search, store
from samvirke.assembly import Assembly, Progress, assemble, assemble_with_rules
from samvirke.counts import COUNTS_FILE, Counts, GraphCount, count_graphs, count_triples
from samvirke.errors import GateRefused, StoreDamaged
from samvirke.generations import Generation
from samvirke.judgement import Judgement, judge
from samvirke.model import Candidate, DefaultGraph, NamedNode, Quad, Report, Severity, Triple
from samvirke.places import placed
from samvirke.questions import check_questions
from samvirke.reports import named, report_turtle
from samvirke.revision import waiting
from samvirke.settings import public_settings
from samvirke.site import Site
from samvirke.store import disk

__all__ = ["assemble", "build", "check_site", "source_files"]


def check_site(site: Site, *, reasoner: bool = False, progress: Progress | None = None) -> Report:
    """Check a site and publish nothing.

    Reads:  the whole site. The reasoner is asked only with `reasoner`: it takes seconds.
    Writes: nothing.
    Raises: InputError with file, line and column when a file cannot be read at all; LimitError when a shape
            takes too long.
    """
    assembly = assemble_with_rules(site, progress=progress)
    check_questions(site)
    report = judge(
        assembly,
        reasoner=reasoner,
        progress=progress,
        beside=waiting(site),
        shape_ms=site.settings.check_shape_ms,
    ).report
    return named(placed(report, root=site.root, sources=assembly.candidate.sources), assembly.candidate)


def build(
    site: Site, *, allow_invalid: bool = False, reasoner: bool | None = None, progress: Progress | None = None
) -> Generation:
    """Build a site and publish it as a new generation.

    Reads:  the whole site. `reasoner` is the setting of that name when it is None.
    Writes: a generation in the site's state folder, and the link `current`; nothing when it raises.
    Raises: GateRefused with the report when a violation was found and `allow_invalid` is not given;
            InputError when a file cannot be read; LimitError when a shape takes too long;
            StoreBusy when another build goes on for too long;
            StoreError when the state folder cannot be written.
    """
    settings = site.settings
    ask = settings.reasoner if reasoner is None else reasoner
    with generations.locked(site.state, wait_ms=settings.lock_wait_ms):
        digests = {site.relative(path): generations.file_digest(path) for path in source_files(site)}
        assembly = assemble_with_rules(site, progress=progress)
        check_questions(site)
        judgement = judge(
            assembly,
            reasoner=ask,
            progress=progress,
            before=_before(site),
            beside=waiting(site),
            shape_ms=settings.check_shape_ms,
        )
        report = placed(judgement.report, root=site.root, sources=assembly.candidate.sources)
        judgement = dataclasses.replace(judgement, report=report)
        if not (report.publishable or allow_invalid or settings.allow_invalid):
            count = len(report.of(Severity.VIOLATION))
            raise GateRefused(
                f"The check found {count} violation{'' if count == 1 else 's'}; nothing was published.",
                report=named(report, assembly.candidate),
                remedy="Repair them, or publish all the same with --allow-invalid.",
            )
        if progress:
            progress("Writing the generation …")
        writer = _Writer(site, assembly, judgement, digests)
        return generations.publish(site.state, name=writer.name, write=writer.write, retention=settings.retention)


def _before(site: Site) -> Mapping[str, Any]:
    """Return the manifest of what is published now; nothing when that is damaged, as the build mends it."""
    try:
        generation = generations.current(site.state)
    except StoreDamaged:
        return {}
    return generation.manifest if generation is not None else {}


def source_files(site: Site) -> tuple[Path, ...]:
    """Return every file that a build of the site reads, in path order."""
    return site.source_files()


class _Writer:
    """Writes one generation's files. What does not depend on the directory is computed first."""

    def __init__(self, site: Site, assembly: Assembly, judgement: Judgement, digests: Mapping[str, str]) -> None:
        self.site = site
        self.assembly = assembly
        self.candidate = assembly.candidate
        self.judgement = judgement
        self.digests = digests
        self.built = datetime.now(UTC).replace(microsecond=0)
        candidate = self.candidate
        data = [*_quads(candidate, candidate.asserted), *_quads(candidate, candidate.inferred)]
        schema = _quads(candidate, candidate.schema_graphs)
        self.hash = store.canonical_hash([*data, *schema])
        self.data = store.sorted_lines(data)
        self.schema = store.sorted_lines(schema)
        default = candidate.store.quads_for_pattern(None, None, None, DefaultGraph())
        self.default = store.sorted_lines(quad.triple for quad in default)

    @property
    def name(self) -> str:
        """The generation's name: the time it was built, and the beginning of its hash."""
        return f"{self.built:%Y%m%dT%H%M%SZ}-{self.hash[:12]}"

    def write(self, directory: Path) -> Mapping[str, Any]:
        """Fill `directory` and return the manifest."""
        for name, lines in (
            (store.DATA_FILE, self.data),
            (store.SCHEMA_FILE, self.schema),
            (store.DEFAULT_FILE, self.default),
        ):
            with (directory / name).open("wb") as file:
                file.writelines(lines)
        if len(self.data) + len(self.default) + len(self.schema) >= disk.WORTH_QUADS:
            disk.write_disk(directory, store.files_of(directory))
        _write_text(directory / "schema.json", self.candidate.schema.to_json() + "\n")
        _write_json(directory / "settings.json", public_settings(self.site.settings))
        _write_json(directory / COUNTS_FILE, self._counts().to_json())
        self._write_report(directory)
        self._copy_texts(directory / "texts")
        self._copy_queries(directory / "queries")
        index = directory / "index.sqlite"
        search.build_index(index, self.candidate)
        write_inferred(index, self.assembly)
        return self._manifest()

    def _counts(self) -> Counts:
        """Count what the description of the dataset tells, by the kinds of graphs there are."""
        inferred = {graph.value for graph in self.candidate.inferred}
        kinds: dict[str, list[int]] = {"passages": [], "stated": [], "inferred": []}
        for graph, triples in count_graphs(self.data).items():
            kinds["inferred" if graph in inferred else "passages" if "#" in graph else "stated"].append(triples)
        kinds["schema"] = list(count_graphs(self.schema).values())
        graphs = {kind: GraphCount(len(many), sum(many)) for kind, many in kinds.items()}
        return count_triples(self.default, self.candidate.base, graphs)

    def _write_report(self, directory: Path) -> None:
        report = self.judgement.report
        findings = [{**dataclasses.asdict(finding), "messages": dict(finding.messages)} for finding in report.findings]
        _write_json(directory / "report.json", {"findings": findings, "seconds": report.seconds})
        (directory / "report.ttl").write_bytes(report_turtle(report))

    def _copy_texts(self, folder: Path) -> None:
        folder.mkdir()
        for document in self.candidate.documents:
            (folder / f"{document.sha256}.txt").write_bytes(document.text.encode())

    def _copy_queries(self, folder: Path) -> None:
        folder.mkdir()
        for path in self.site.query_files():
            target = folder / path.relative_to(self.site.queries)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)

    def _manifest(self) -> dict[str, Any]:
        candidate, results = self.candidate, self.assembly.results
        report = self.judgement.report
        return {
            "built": self.built.isoformat().replace("+00:00", "Z"),
            "engine": __version__,
            "base": candidate.base,
            "languages": list(candidate.languages),
            "hash": self.hash,
            "counts": {
                "facts": len(self.default),
                "inferred": sum(results.counts.values()),
                "quads": len(self.data),
                "schema": len(self.schema),
                "passages": sum("#" in graph.value for graph in candidate.asserted),
                "documents": len(candidate.documents),
            },
            "journal": dataclasses.asdict(self.assembly.written),
            "rules": dict(results.counts),
            "findings": {severity.value: len(report.of(severity)) for severity in Severity},
            "reasoner": self.judgement.reasoner,
            "schema_graphs": [graph.value for graph in candidate.schema_graphs],
            "prefixes": dict(candidate.prefixes),
            "files": dict(self.digests),
        }


def _quads(candidate: Candidate, graphs: Iterable[NamedNode]) -> list[Quad]:
    return [quad for graph in graphs for quad in candidate.store.quads_for_pattern(None, None, None, graph)]


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_json(path: Path, value: object) -> None:
    _write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_inferred(index: Path, assembly: Assembly) -> None:
    """Add the table `inferred` to the index: for each inferred triple its rule and the passages behind it.

    `s`, `p` and `o` are N-Triples terms, `rule` is an address, `passages` a JSON array of addresses.
    """
    connection = sqlite3.connect(index)
    try:
        connection.execute(
            "CREATE TABLE inferred (s TEXT NOT NULL, p TEXT NOT NULL, o TEXT NOT NULL, rule TEXT NOT NULL,"
            " passages TEXT NOT NULL, PRIMARY KEY (s, p, o)) WITHOUT ROWID"
        )
        connection.execute("CREATE INDEX inferred_object ON inferred (o)")
        rows = [
            (str(triple.subject), str(triple.predicate), str(triple.object), rule, json.dumps(passages))
            for triple, rule, passages in inferred_passages(assembly)
        ]
        connection.executemany("INSERT INTO inferred VALUES (?, ?, ?, ?, ?)", sorted(rows))
        connection.commit()
    finally:
        connection.close()


def inferred_passages(assembly: Assembly) -> list[tuple[Triple, str, list[str]]]:
    """Return each inferred triple with its rule and, in order, the passages its premises stand in."""
    candidate = assembly.candidate
    asserted = {graph.value for graph in candidate.asserted}
    found: dict[Triple, frozenset[str]] = {}

    def passages(triple: Triple) -> frozenset[str]:
        # Premises come before what follows from them, so an inferred premise has been met already.
        if triple not in found:
            quads = candidate.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
            names = (quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode))
            found[triple] = frozenset(name for name in names if name in asserted)
        return found[triple]

    rows = []
    for triple, derivation in assembly.results.derivations.items():
        behind = [passages(premise) for premise in derivation.premises]
        found[triple] = frozenset[str]().union(*behind)
        rows.append((triple, derivation.rule.value, sorted(found[triple])))
    return rows
