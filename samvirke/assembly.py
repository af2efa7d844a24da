"""Put a site's dataset together: every file into its graphs, then what follows from them.

Duty: sources → quads → rules, in a store in memory. Level 6; publishes nothing and judges nothing –
the gate does. What each graph is for:

    <base>document/<slug>/<version>#…   the facts that one passage supports
    <base>document/<slug>/<version>     the version's own description, and its passages' quotes
    <base>document/<slug>               the description of the document as such
    <base>graph/<path>                  triples of other data files that name no graph
    <base>rule/<name>                   what that rule inferred
    the ontology's or scheme's address, else <base>schema/<path>    schema; not in the default graph

The default graph is the set-union of the asserted and inferred graphs, physically: the engine's
union default graph counts a triple once per graph it stands in.
Standard: RDF 1.1 datasets, https://www.w3.org/TR/rdf11-concepts/#section-dataset
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import pyoxigraph

from samvirke import journal, rules, store
from samvirke.errors import InputError
from samvirke.generations import JOURNAL
from samvirke.model import Candidate, DefaultGraph, DocumentVersion, Literal, NamedNode, Quad
from samvirke.patch import Delta
from samvirke.rules import Rule, RuleResults
from samvirke.schema import compile_schema
from samvirke.site import ABOUT, Site
from samvirke.sources import read_documents
from samvirke.terms import CORE, OWL, PROV, SKOS, TYPE

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Written:
    """How far the journal was read: the number of its last record that counts, and that record's hash."""

    sequence: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Assembly:
    """A candidate with what only the build needs of it: the rules, how each triple was inferred, what was written."""

    candidate: Candidate
    rules: tuple[Rule, ...]
    results: RuleResults
    written: Written


@dataclass(slots=True)
class _Dataset:
    """What has been read so far. Graph addresses are texts here, in the order they were met."""

    asserted: dict[str, list[Quad]] = field(default_factory=dict)
    schema: dict[str, list[Quad]] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    claimed: dict[str, str] = field(default_factory=dict)

    def add(self, graphs: dict[str, list[Quad]], quads: Iterable[Quad], *, file: str) -> None:
        for quad in quads:
            assert isinstance(quad.graph_name, NamedNode), "every quad was given a graph"
            graphs.setdefault(quad.graph_name.value, []).append(quad)
            self.sources.setdefault(quad.graph_name.value, file)
            if graphs is self.asserted:
                self.claimed.setdefault(quad.graph_name.value, file)

    def change(self, delta: Delta, *, file: str) -> None:
        """Take out and add what was written since the files were."""
        for quad in delta.deleted:
            name = str(quad.graph_name).strip("<>")
            kept = [one for one in self.asserted.get(name, ()) if one != quad]
            if kept:
                self.asserted[name] = kept
            else:
                self.asserted.pop(name, None)
        for quad in sorted(delta.added, key=str):
            if quad not in self.asserted.get(str(quad.graph_name).strip("<>"), ()):
                self.add(self.asserted, (quad,), file=file)

    def take_prefixes(self, prefixes: Mapping[str, str]) -> None:
        """Keep each prefix and each namespace once; the first file that declares them wins."""
        for name, namespace in prefixes.items():
            if name not in self.prefixes and namespace not in self.prefixes.values():
                self.prefixes[name] = namespace


def assemble(site: Site, *, progress: Progress | None = None) -> Candidate:
    """Assemble a site's dataset without publishing it.

    Reads:  the site's documents, ontology, data and rules, and the engine's own vocabulary.
    Writes: nothing on disk.
    Raises: InputError with file, line and column when a file is malformed, or claims a graph that is not its own.
    """
    return assemble_with_rules(site, progress=progress).candidate


def assemble_with_rules(site: Site, *, progress: Progress | None = None) -> Assembly:
    """Assemble like `assemble` and keep the rules and the derivations."""
    say = progress or (lambda _step: None)
    say("Reading the documents …")
    documents = tuple(read_documents(site.root, site.base))
    say("Reading the ontology …")
    dataset = _Dataset()
    dataset.prefixes["d"] = f"{site.base}id/"
    _read_vocabulary(dataset)
    for path in site.ontology_files():
        _read_schema_file(dataset, site, path)
    say("Reading the data …")
    for path in site.data_files():
        _read_data_file(dataset, site, path)
    _say_of_files(dataset, site, documents)
    written = _take_journal(dataset, site)
    known = rules.load_rules(site)
    dataset.add(dataset.schema, rules.describe_rules(known, base=site.base), file="rules")
    _keep_apart(dataset, site)
    say("Applying the rules …")
    holder = pyoxigraph.Store()
    for graphs in (dataset.schema, dataset.asserted):
        for quads in graphs.values():
            holder.bulk_extend(quads)
    holder.bulk_extend(
        Quad(quad.subject, quad.predicate, quad.object, DefaultGraph())
        for quads in dataset.asserted.values()
        for quad in quads
    )
    schema_graphs = _names(dataset.schema)
    results = rules.apply_rules(holder, known, schema_graphs=schema_graphs)
    candidate = _candidate(site, holder, dataset, documents, results)
    return Assembly(candidate, known, results, written)


def _candidate(
    site: Site,
    holder: pyoxigraph.Store,
    dataset: _Dataset,
    documents: tuple[DocumentVersion, ...],
    results: RuleResults,
) -> Candidate:
    schema_quads = (quad for quads in dataset.schema.values() for quad in quads)
    return Candidate(
        store=holder,
        base=site.base,
        languages=site.languages,
        documents=documents,
        asserted=_names(dataset.asserted),
        inferred=tuple(NamedNode(graph) for graph in sorted(results.counts)),
        schema_graphs=_names(dataset.schema),
        schema=compile_schema(schema_quads, base=site.base, languages=site.languages, prefixes=dataset.prefixes),
        prefixes=dict(sorted(dataset.prefixes.items())),
        sources=dict(sorted(dataset.sources.items())),
    )


def _names(graphs: Mapping[str, object]) -> tuple[NamedNode, ...]:
    return tuple(NamedNode(name) for name in sorted(graphs))


def _read_vocabulary(dataset: _Dataset) -> None:
    folder = resources.files("samvirke") / "vocabulary"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".ttl"):
            name = f"samvirke/vocabulary/{entry.name}"
            parsed = store.parse_rdf(entry.read_bytes(), format="ttl", file=name)
            _take_schema(dataset, parsed, key=name, fallback=name)


def _read_schema_file(dataset: _Dataset, site: Site, path: Path) -> None:
    name = path.relative_to(site.ontology).with_suffix("").as_posix()
    address = f"{site.base}schema/{quote(name)}"
    parsed = store.parse_rdf(path, base_iri=address, file=str(path))
    _take_schema(dataset, parsed, key=site.relative(path), fallback=address)


def _take_schema(dataset: _Dataset, parsed: store.Parsed, *, key: str, fallback: str) -> None:
    graph = NamedNode(_declared(parsed.quads) or fallback)
    quads = store.localise(_into(parsed.quads, graph), key=key)
    dataset.take_prefixes(parsed.prefixes)
    dataset.add(dataset.schema, quads, file=key)


def _declared(quads: Iterable[Quad]) -> str | None:
    """Return the ontology, else the concept scheme, that a file declares: it names the file's graph.

    A file that declares several says nothing about which of them it is, so it has no say.
    """
    for kind in (OWL.Ontology, SKOS.ConceptScheme):
        found = {
            quad.subject.value
            for quad in quads
            if quad.predicate == TYPE and quad.object == kind and isinstance(quad.subject, NamedNode)
        }
        if len(found) == 1:
            return found.pop()
    return None


def _into(quads: Iterable[Quad], graph: NamedNode) -> list[Quad]:
    """Move the triples that stand in no named graph into `graph`."""
    return [
        Quad(quad.subject, quad.predicate, quad.object, graph) if isinstance(quad.graph_name, DefaultGraph) else quad
        for quad in quads
    ]


def _read_data_file(dataset: _Dataset, site: Site, path: Path) -> None:
    key = site.relative(path)
    name = path.relative_to(site.data).with_suffix("").as_posix()
    own = f"{site.base}graph/{quote(name)}"
    document_base = site.document_base(path)
    parsed = store.parse_rdf(path, base_iri=document_base or own, file=str(path))
    dataset.take_prefixes(parsed.prefixes)
    quads = store.skolemise(parsed.quads, base=site.base, key=key)
    if document_base is not None and path.name == ABOUT:
        quads = [_described(quad, document_base) for quad in quads]
    dataset.add(dataset.asserted, _into(quads, NamedNode(own)), file=key)


def _described(quad: Quad, folder: str) -> Quad:
    """Give a triple of an `about.ttl` the graph of the version it describes, else that of the document."""
    if not isinstance(quad.graph_name, DefaultGraph):
        return quad
    graph = folder.removesuffix("/")
    if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(folder):
        version = quad.subject.value.removeprefix(folder).partition("#")[0]
        graph = folder + version if version else graph
    return Quad(quad.subject, quad.predicate, quad.object, NamedNode(graph))


def _say_of_files(dataset: _Dataset, site: Site, documents: Iterable[DocumentVersion]) -> None:
    """Say of each version that no file describes what its own file shows, so that its passages lead somewhere."""
    described = {quad.subject for quads in dataset.asserted.values() for quad in quads}
    for document in documents:
        version = NamedNode(document.address)
        if version not in described:
            said = (
                Quad(version, PROV.specializationOf, NamedNode(document.document), version),
                Quad(version, CORE.sha256, Literal(document.sha256), version),
            )
            dataset.add(dataset.asserted, said, file=site.relative(Path(document.file)))


def _take_journal(dataset: _Dataset, site: Site) -> Written:
    """Lay what was written by requests over what the files say: a build loses nothing.

    Raises: StoreDamaged with the place when the journal cannot be read.
    """
    folder = site.state / JOURNAL
    if not folder.is_dir():
        return Written()
    records = list(journal.read(folder))
    if not records:
        return Written()
    dataset.change(journal.net(records), file=JOURNAL)
    return Written(records[-1].sequence, records[-1].hash)


def _keep_apart(dataset: _Dataset, site: Site) -> None:
    """Refuse data that would stand in a graph that means something else."""
    for graph in dataset.asserted:
        file = site.root / dataset.claimed[graph]
        if graph.startswith(f"{site.base}rule/"):
            raise InputError(
                f"The graph <{graph}> is for what a rule infers.",
                file=file,
                remedy="Name another graph for these facts.",
            )
        if graph in dataset.schema:
            raise InputError(
                f"The graph <{graph}> is for the ontology.", file=file, remedy="Name another graph for these facts."
            )
