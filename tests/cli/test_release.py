"""`samvirke release`: whole, the same each time, what changed is told, and no address is lost in silence."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest
import rdflib

from samvirke.patch import read_patch
from tests.cli.conftest import Outcome, command

FILES = {
    "CHANGES.md",
    "CITATION.cff",
    "LICENSE.txt",
    "SHA256SUMS",
    "addresses.txt",
    "changes.ttl",
    "data.nq.gz",
    "data.trig.gz",
    "dcat.ttl",
    "facts.nt.gz",
    "facts.ttl.gz",
    "report.ttl",
    "schema.nq.gz",
    "void.ttl",
}
PROV = rdflib.Namespace("http://www.w3.org/ns/prov#")


def build(site: Path) -> Outcome:
    done = command("--site", site, "build", SAMVIRKE_REASONER="false")
    assert done.code == 0, done.err
    return done


def release(site: Path, *arguments: str) -> Outcome:
    return command("--site", site, "release", *arguments)


@pytest.fixture
def released(starter: Path) -> tuple[Path, Path]:
    """A site and its first release."""
    done = release(starter)
    assert done.code == 0, done.err
    return starter, Path(done.out.strip())


def test_a_release_has_everything_an_archive_needs(released):
    site, folder = released
    names = {path.name for path in folder.iterdir()}

    assert names >= FILES
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    facts = gzip.decompress((folder / "facts.nt.gz").read_bytes())
    assert facts == (site / ".samvirke/current/default.nt").read_bytes()
    assert len(rdflib.Dataset().parse(data=gzip.decompress((folder / "data.trig.gz").read_bytes()), format="trig")) > 10
    for name in ("dcat.ttl", "void.ttl", "changes.ttl", "report.ttl"):
        rdflib.Graph().parse(folder / name)
    citation = (folder / "CITATION.cff").read_text("utf-8")
    assert citation.startswith('cff-version: "1.2.0"\n')
    assert f'version: "{folder.name}"' in citation
    assert "The first release" in (folder / "CHANGES.md").read_text("utf-8")


def test_repeated_it_is_the_same_byte_for_byte(released, tmp_path):
    site, folder = released
    again = release(site)
    other = release(site, "-o", str(tmp_path / "elsewhere"))
    twin = Path(other.out.strip())

    assert (again.code, Path(again.out.strip())) == (0, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in twin.iterdir()
    }


def test_what_changed_is_told_for_people_and_programs(released):
    site, folder = released
    path = site / "data/more.ttl"
    path.write_text(
        '<https://example.org/new> <http://www.w3.org/2004/02/skos/core#prefLabel> "New [thing]"@en .\n', "utf-8"
    )
    build(site)
    done = release(site)
    assert done.code == 0, done.err
    second = Path(done.out.strip())
    notes = (second / "CHANGES.md").read_text("utf-8")

    assert f"Since {folder.name}: 1 facts added, 0 removed." in notes
    assert "- [New \\[thing\\]](<https://example.org/new>)" in notes
    delta = read_patch(gzip.decompress((second / "changes.rdfp.gz").read_bytes()))
    assert (len(delta.added), len(delta.deleted)) == (1, 0)
    graph = rdflib.Graph().parse(second / "changes.ttl")
    assert set(graph.objects(None, PROV.generated)) == {rdflib.URIRef("https://example.org/new")}
    assert len(list(graph.objects(None, PROV.wasRevisionOf))) == 1


def test_an_address_that_leads_nowhere_stops_a_release(released):
    site, folder = released
    extra = site / "data/more.ttl"
    label = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    extra.write_text(f'<https://example.org/a> {label} "A"@en . <https://example.org/b> {label} "B"@en .\n', "utf-8")
    build(site)
    second = Path(release(site).out.strip())
    extra.write_text(
        f'<https://example.org/a> {label} "A"@en ; <http://www.w3.org/2002/07/owl#deprecated> true .\n', "utf-8"
    )
    build(site)
    refused = release(site)

    assert refused.code != 0
    assert refused.out == ""
    assert "https://example.org/b" in refused.err
    assert "https://example.org/a" not in refused.err
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted([folder.name, second.name])
    allowed = release(site, "--allow-gone")
    assert allowed.code == 0
    assert "No longer described" in (Path(allowed.out.strip()) / "CHANGES.md").read_text("utf-8")


def test_a_release_that_was_changed_is_not_written_over(released):
    site, folder = released
    (folder / "SHA256SUMS").write_text("")
    done = release(site)

    assert done.code != 0
    assert "not the same" in done.err
    assert (folder / "SHA256SUMS").read_text() == ""


def test_what_is_no_release_and_what_is_not_published_is_said(starter, fresh, tmp_path):
    assert "is no release" in release(starter, "--previous", str(tmp_path)).err
    assert "samvirke build" in release(fresh).err
    assert not re.search("Traceback", release(fresh).err)
