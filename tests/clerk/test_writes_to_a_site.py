"""Writes to a published site: judged, written down, made, and never lost – through real workers."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace

import pytest

from samvirke import journal
from samvirke.build import build
from samvirke.errors import (
    GateRefused,
    InputError,
    PreconditionFailed,
    QueryTimeout,
    StoreError,
    WriteRefused,
    WriteTooLarge,
)
from samvirke.generations import JOURNAL, current
from samvirke.model import NamedNode, Quad
from samvirke.site import Site
from samvirke.store import open_generation
from samvirke.workers import Pool, QueryRequest
from samvirke.workers.pool import WriteRequest
from tests.garden import FAR, GARDEN, GRAPH, OAK, adding, deleting
from tests.processes import LIMITS, eventually, processes

BASE = "https://garden.example/"
TERM = f"{BASE}terms#"
PASSAGE_OF_BEN = f"{BASE}document/walk/2020#char=40,67"


@pytest.fixture
def site(tmp_path):
    shutil.copytree(GARDEN, tmp_path / "site")
    opened = Site.open(tmp_path / "site", overrides={"state": tmp_path / "state"})
    build(opened, reasoner=False)
    return opened


@pytest.fixture
def pool(site):
    with Pool.start(site.state, LIMITS, writable=True) as running:
        yield running


def write(pool, text, **named):
    return pool.write(WriteRequest(action="update", content=text.encode(), author="ada", **named))


def rows(pool, pattern, head="*"):
    request = QueryRequest(text=f"SELECT {head} {{ {pattern} }}", media_type="text/csv")
    return b"".join(pool.query(request).body).decode().split("\r\n")[1:-1]


def names(pool):
    return set(rows(pool, f"<{OAK}> <{FAR}> ?name", "?name"))


def everything(pool):
    """All quads that are answered from, the default graph's among them; the ontology's nodes have no lasting names."""
    found = rows(pool, "{ ?s ?p ?o BIND('' AS ?g) } UNION { GRAPH ?g { ?s ?p ?o } }", "?s ?p ?o ?g")
    return sorted(line for line in found if "_:" not in line)


def test_a_write_is_seen_by_who_asks_next_and_stands_in_the_journal(pool, site):
    before = pool.version
    written = write(pool, adding("Old oak"), reason="Ben calls it so")

    assert names(pool) == {"Old oak"}
    assert (written.changes, written.sequence, written.version) == (1, 1, f"{before}.1")
    assert pool.version == written.version
    (record,) = journal.read(site.state / JOURNAL)
    assert (record.author, record.reason) == ("ada", "Ben calls it so")
    assert record.patch.decode() == f'A <{OAK}> <{FAR}> "Old oak" <{GRAPH}> .\n'


def test_who_takes_over_after_a_stop_knows_it(pool, site):
    write(pool, adding("One", "Two"))
    write(pool, deleting("Two"))
    state, version = everything(pool), pool.version
    pool.close()
    with Pool.start(site.state, LIMITS) as reading:
        assert everything(reading) == state
        assert reading.version == version
        assert not reading.writable
        with pytest.raises(StoreError, match="not changed by requests"):
            write(reading, adding("Three"))


def test_a_build_takes_in_what_was_written_and_changes_nothing_else(pool, site):
    write(pool, adding("One"))
    write(pool, f"DELETE WHERE {{ GRAPH <{GRAPH}> {{ <{OAK}> <{TERM}colour> ?any }} }}")
    state = everything(pool)
    generation = build(site, reasoner=False)
    again = build(site, reasoner=False)

    assert generation.manifest["journal"]["sequence"] == 2
    assert generation.hash == again.hash
    assert (generation.directory / "data.nq").read_bytes() == (again.directory / "data.nq").read_bytes()
    with Pool.start(site.state, LIMITS) as reading:
        assert everything(reading) == state
        assert reading.version == again.version


def test_a_writer_goes_on_over_a_new_generation(pool, site):
    write(pool, adding("One"))
    newer = build(site, reasoner=False)

    assert eventually(lambda: pool.generation.directory == newer.directory)
    assert names(pool) == {"One"}
    assert write(pool, adding("Two")).sequence == 2
    assert names(pool) == {"One", "Two"}


def test_what_follows_from_a_write_is_there_and_goes_with_it(pool):
    before = everything(pool)
    gone = f"DELETE DATA {{ GRAPH <{PASSAGE_OF_BEN}> {{ <{BASE}id/ben> <{TERM}tends> <{BASE}id/poppies> }} }}"
    write(pool, gone)
    without = everything(pool)
    write(pool, gone.replace("DELETE", "INSERT"))

    assert everything(pool) == before
    inferred = {line for line in before if f",{BASE}rule/" in line}
    assert inferred - set(without), "the test has to take something inferred away"


REFUSED = {
    "the default graph": f"INSERT DATA {{ <{OAK}> <{FAR}> 'x' }}",
    "everything": "CLEAR ALL",
    "the default graph by its name": "CLEAR DEFAULT",
    "what a rule infers": f"INSERT DATA {{ GRAPH <{BASE}rule/colleague> {{ <{OAK}> <{FAR}> 'x' }} }}",
    "the ontology": f"INSERT DATA {{ GRAPH <{BASE}terms> {{ <{OAK}> <{FAR}> 'x' }} }}",
    "a new file of the ontology": f"INSERT DATA {{ GRAPH <{BASE}schema/x> {{ <{OAK}> <{FAR}> 'x' }} }}",
    "the ontology, to be deleted": f"DROP GRAPH <{BASE}terms>",
    "a statement about a statement": f"INSERT DATA {{ GRAPH <{GRAPH}> {{"
    f" <{OAK}> <{FAR}> <<( <{OAK}> <{FAR}> 1 )>> }} }}",
}
assert len(REFUSED) >= 8


@pytest.mark.parametrize("kind", REFUSED)
def test_what_requests_do_not_change_is_refused_and_nothing_is_written(pool, site, kind):
    before = everything(pool)
    with pytest.raises(WriteRefused):
        write(pool, REFUSED[kind])

    assert everything(pool) == before
    assert list(journal.read(site.state / JOURNAL)) == []


INVALID = {
    "a passage that supports nothing more": f"DELETE WHERE {{ GRAPH <{PASSAGE_OF_BEN}> {{ ?s ?p ?o }} }}",
    "no passage of a document here": f"INSERT DATA {{ GRAPH <urn:elsewhere> {{ <{OAK}> <{FAR}> 'x' }} }}",
    "is not the quote": f"INSERT DATA {{ GRAPH <{BASE}document/walk/2020> {{ <{BASE}document/walk/2020#char=0,3> "
    "<http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#anchorOf> 'Ben'@en } }",
    "has no quote": f"INSERT DATA {{ GRAPH <{BASE}document/walk/2020#char=0,3> {{ <{OAK}> <{FAR}> 'x' }} }}",
    "lies beyond": f"INSERT DATA {{ GRAPH <{BASE}document/walk/2020> {{ <{BASE}document/walk/2020#char=0,3000> "
    "<http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#anchorOf> 'Ada'@en } }",
    "a date that is none": f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <{OAK}> <{TERM}planted> "
    "'some day'^^<http://id.loc.gov/datatypes/edtf/EDTF-level1> } }",
    "a quote that is deleted": f"DELETE WHERE {{ GRAPH <{BASE}document/walk/2020> {{ <{GRAPH}> ?p ?o }} }}",
}
assert len(INVALID) >= 6


@pytest.mark.parametrize("kind", INVALID)
def test_what_breaks_the_rules_of_evidence_is_refused_with_its_reason(pool, site, kind):
    before = everything(pool)
    with pytest.raises(GateRefused) as refused:
        write(pool, INVALID[kind])

    assert refused.value.report.findings
    for finding in refused.value.report.findings:
        assert finding.severity.value == "violation"
        assert set(finding.messages) >= {"da", "en"}
    assert everything(pool) == before
    assert list(journal.read(site.state / JOURNAL)) == []


def test_one_bad_operation_refuses_the_whole_request(pool):
    with pytest.raises(GateRefused):
        write(pool, f"{adding('One')} ; {INVALID['has no quote']}")

    assert names(pool) == set()


def test_a_new_passage_with_its_quote_takes_facts(pool):
    passage = f"{BASE}document/walk/2020#char=0,8"
    write(
        pool,
        f"INSERT DATA {{ GRAPH <{BASE}document/walk/2020> {{ <{passage}> "
        "<http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#anchorOf> 'Ada tend'@en }"
        f" GRAPH <{passage}> {{ <{OAK}> <{FAR}> 'Tended' }} }}",
    )

    assert names(pool) == {"Tended"}


def test_nodes_without_an_address_get_one(pool, site):
    write(pool, f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <{OAK}> <{TERM}near> [ <{FAR}> 'pond' ] }} }}")
    (near,) = rows(pool, f"<{OAK}> <{TERM}near> ?near", "?near")

    assert near.startswith(f"{BASE}.well-known/genid/")
    (record,) = journal.read(site.state / JOURNAL)
    assert b"_:" not in record.patch


def test_a_token_for_some_graphs_changes_no_others(pool):
    with pytest.raises(WriteRefused, match="may not change the graph"):
        write(pool, adding("One"), graphs=(f"{BASE}document/other*",))
    write(pool, adding("One"), graphs=(f"{BASE}document/walk/*",))

    assert names(pool) == {"One"}


def test_what_changes_nothing_is_not_written_down(pool, site):
    write(pool, adding("One"))
    again = write(pool, adding("One"))

    assert (again.changes, again.sequence) == (0, 0)
    assert len(list(journal.read(site.state / JOURNAL))) == 1


def test_a_write_tied_to_a_version_is_refused_after_another(pool):
    version = pool.version
    write(pool, adding("One"))
    with pytest.raises(PreconditionFailed):
        write(pool, adding("Two"), only_at=version)

    assert names(pool) == {"One"}


def test_a_patch_is_taken_as_far_as_it_is_not_so_already(pool, site):
    write(pool, adding("One"))
    lines = [
        f'{verb} <{OAK}> <{FAR}> "{name}" <{GRAPH}> .\n' for verb, name in (("A", "One"), ("A", "Two"), ("D", "No"))
    ]
    patch = "".join(lines)
    written = pool.write(WriteRequest(action="patch", content=patch.encode(), author="ada"))

    assert (written.changes, names(pool)) == (1, {"One", "Two"})
    with pytest.raises(InputError):
        pool.write(WriteRequest(action="patch", content=b"no patch", author="ada"))


def test_a_change_is_taken_back_and_the_undoing_too(pool, site):
    before = everything(pool)
    write(pool, adding("One"))
    after = everything(pool)
    for sequence, state in ((1, before), (2, after), (3, before)):
        delta = journal.undo(journal.read(site.state / JOURNAL), sequence)
        pool.write(WriteRequest(action="patch", content=delta.patch(), author="ada", reason=f"undo {sequence}"))
        assert everything(pool) == state


def many(count):
    return "".join(f'A <{OAK}> <{FAR}> "name {number}" <{GRAPH}> .\n' for number in range(count)).encode()


@pytest.mark.parametrize("action", ["patch", "update", "put", "pattern"])
def test_more_facts_than_a_write_may_change_are_refused_and_nothing_is_written(site, action):
    lines = many(41)
    facts = "".join(line[2 : line.index("<" + GRAPH)] + ". " for line in lines.decode().splitlines())
    content = {
        "patch": lines.decode(),
        "update": f"INSERT DATA {{ GRAPH <{GRAPH}> {{ {facts} }} }}",
        "put": facts,
        "pattern": f"INSERT {{ GRAPH <{GRAPH}> {{ ?s <{FAR}> ?o }} }} WHERE {{ ?s ?p ?o }}",
    }[action]
    named = {"graph": GRAPH, "content_type": "text/turtle"} if action == "put" else {}
    with Pool.start(site.state, replace(LIMITS, write_facts=40), writable=True) as pool:
        before = everything(pool)
        sent = "update" if action == "pattern" else action
        with pytest.raises(WriteTooLarge, match=r"one may change 40 \(limits\.write_facts\)"):
            pool.write(WriteRequest(action=sent, content=content.encode(), author="ada", **named))
        assert everything(pool) == before
        assert write(pool, adding("One")).sequence == 1


def test_many_facts_in_one_write_are_all_there(pool):
    written = pool.write(WriteRequest(action="patch", content=many(3_000), author="ada"))

    assert (written.changes, len(names(pool))) == (3_000, 3_000)


ENDLESS = f"""
@prefix sh: <http://www.w3.org/ns/shacl#> .
<{TERM}EndlessShape> a sh:NodeShape ; sh:targetSubjectsOf <{FAR}> ;
    sh:property [ sh:path <{FAR}> ; sh:pattern "^(?=a)(a+)+$" ; sh:severity sh:Info ] .
"""


def test_a_check_without_an_end_is_stopped_and_the_write_refused(tmp_path):
    """Only pySHACL knows the pattern, and its time doubles with each letter."""
    shutil.copytree(GARDEN, tmp_path / "site")
    (tmp_path / "site" / "ontology" / "endless.ttl").write_text(ENDLESS, encoding="utf-8")
    site = Site.open(tmp_path / "site", overrides={"state": tmp_path / "state"})
    build(site, reasoner=False)
    with Pool.start(site.state, replace(LIMITS, write_ms=4_000), writable=True) as pool:
        with pytest.raises(QueryTimeout, match=r"could not be judged within 4 s \(limits\.write_ms\)"):
            write(pool, adding("a" * 80 + "!"))

        assert names(pool) == set()
        assert list(journal.read(site.state / JOURNAL)) == []
        assert write(pool, adding("One")).sequence == 1


def test_a_killed_template_loses_nothing(pool, site):
    write(pool, adding("One"))
    for number in processes(pool._zygote.process_id):
        os.kill(number, signal.SIGKILL)

    assert write(pool, adding("Two")).sequence == 2
    assert names(pool) == {"One", "Two"}


def test_what_is_published_is_what_the_journal_says(pool, site):
    """The store that is answered from equals one that is loaded anew and changed by every record."""
    write(pool, adding("One"))
    store = open_generation(current(site.state).directory)
    for record in journal.read(site.state / JOURNAL):
        for quad in record.delta.added:
            store.add(quad)
            store.add(Quad(quad.subject, quad.predicate, quad.object))

    assert len(rows(pool, "GRAPH ?g { ?s ?p ?o }")) == len(
        [quad for quad in store if isinstance(quad.graph_name, NamedNode)]
    )


def test_many_writes_in_a_row_leave_what_a_new_start_finds(pool, site):
    """One worker judges one write after the other; what it knows must stay what is published."""
    for number in range(12):
        if number % 4 == 3:
            with pytest.raises(GateRefused):
                write(pool, INVALID["has no quote"])
        write(pool, adding(f"name {number}"))
        if number % 3 == 2:
            write(pool, deleting(f"name {number - 1}"))
    state = everything(pool)
    pool.close()

    with Pool.start(site.state, LIMITS) as reading:
        assert everything(reading) == state
        assert len(names(reading)) == 8
