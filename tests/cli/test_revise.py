"""A new version of a document: what is told, what is written, what is refused, and that the result is published."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Store

from samvirke.anchor import anchor
from samvirke.build import build, check_site
from samvirke.generations import current
from samvirke.model import Report, Severity
from samvirke.revision import revise
from samvirke.site import Site
from samvirke.store import open_generation
from tests.cli.conftest import Run, command

ROOT = Path(__file__).parents[2]
FIRST = "biblioteksnetvaerk-om-inkluderingsindsatser"
WALK = "Ada tends the old oak in the north bed. Ben tends the poppies there."
LATER = "It rained. Ada tends the old oak in the north bed. Ben tends the roses there."


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    """The garden, with the walk of a later year beside it, not yet taken in."""
    site = tmp_path / "garden"
    shutil.copytree(ROOT / "tests/sites/garden", site, ignore=shutil.ignore_patterns(".samvirke"))
    (tmp_path / "later.txt").write_text(LATER, encoding="utf-8")
    return site


def walk(garden: Path, name: str) -> Path:
    return garden / "data/documents/walk" / name


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def revised(report: Report) -> list[tuple[Severity, str, int, str]]:
    return [
        (one.severity, one.file, one.line, one.messages["en"])
        for one in report.findings
        if one.shape.endswith("RevisionShape")
    ]


def test_a_new_version_is_told_and_written(garden: Path, run_here: Run) -> None:
    before = contents(garden)

    outcome = run_here(
        "revise", garden.parent / "later.txt", "--document", "walk", "--version", "2021", "--diff", "--site", garden
    )

    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "State   Quote                                     Place         Facts",
        "──────  ────────────────────────────────────────  ────────────  ─────",
        "stands  “Ada tends the old oak in the north bed”  0,38 → 11,49  11",
        "lost    “Ben tends the poppies there”             40,67         6",
        "",
        "These lost their words; what is nearest:",
        "  40,67  “Ben tends the poppies there”: its words were changed: 51,76 “Ben tends the roses there”",
        *[
            f"      {fact}"
            for fact in (
                "<https://garden.example/id/ben> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
                " <https://garden.example/terms#Keeper>",
                '<https://garden.example/id/ben> <http://www.w3.org/2000/01/rdf-schema#label> "Ben"@en',
                "<https://garden.example/id/ben> <https://garden.example/terms#tends> <https://garden.example/id/poppies>",
                "<https://garden.example/id/poppies> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
                " <https://garden.example/terms#Poppy>",
                '<https://garden.example/id/poppies> <http://www.w3.org/2000/01/rdf-schema#label> "The poppies"@en',
                "<https://garden.example/id/poppies> <https://garden.example/terms#growsIn>"
                " <https://garden.example/id/north>",
            )
        ],
        "",
        "How the texts differ (- gone, + new, > moved):",
        "  + It rained.",
        "  - Ben tends the poppies there.",
        "  + Ben tends the roses there.",
        "",
        "These sentences are new and nothing was read from them:",
        "  0,10  It rained.",
        "  51,77  Ben tends the roses there.",
        "",
        "Passages (facts): 1 (11) stand · 0 (0) moved · 1 (6) lost their words",
    ]
    assert [line.rpartition(": ")[2] for line in outcome.err.splitlines()] == [
        "<http://purl.org/dc/terms/modified> <http://purl.org/dc/terms/title>.",
        "written.",
        "written.",
        "written.",
        "added to.",
    ]
    after = contents(garden)
    about = "data/documents/walk/about.ttl"
    assert {name: after[name] for name in before if name != about} == {
        name: content for name, content in before.items() if name != about
    }
    assert after[about].startswith(before[about])
    assert after["data/documents/walk/2021.txt"] == LATER.encode()


def test_the_result_passes_the_gate_and_both_versions_stand(garden: Path, run_here: Run) -> None:
    revise(Site.open(garden), garden.parent / "later.txt", document="walk", version="2021")

    report = check_site(Site.open(garden))
    built = run_here("build", "--site", garden)

    assert (built.code, report.of(Severity.VIOLATION)) == (0, [])
    assert revised(report) == [
        (
            Severity.INFO,
            "data/documents/walk/2021.lost",
            17,
            "Words of an earlier version are not in 2021. With 6 facts, 1 passage waits in 2021.lost: “Ben tends the "
            "poppies there”. Move those that the new text still says to 2021.trig, and delete the rest.",
        )
    ]
    generation = current(Site.open(garden).state)
    assert generation is not None
    store = open_generation(generation.directory)
    passages = {
        name.value.partition("walk/")[2]
        for name in store.named_graphs()
        if isinstance(name, NamedNode) and "#" in name.value
    }
    assert {name for name in passages if name} == {"2020#char=0,38", "2020#char=40,67", "2021#char=11,49"}


def test_revising_again_changes_nothing(garden: Path, run_here: Run) -> None:
    revise(Site.open(garden), garden.parent / "later.txt", document="walk", version="2021")
    before = contents(garden)

    again = run_here("revise", walk(garden, "2021.txt"), "--site", garden, "-q")

    assert (again.code, again.err, contents(garden)) == (1, "", before)


@pytest.mark.parametrize("missing", [["2021.trig"], ["2021.lost", "2021.trig"], ["2021.txt", "2021.lost", "2021.trig"]])
def test_what_was_ended_half_way_is_completed(garden: Path, missing: list[str]) -> None:
    """The files are written in the opposite order, each whole: these are all the states in between."""
    revise(Site.open(garden), garden.parent / "later.txt", document="walk", version="2021")
    whole = contents(garden)
    for name in missing:
        walk(garden, name).unlink()

    revise(Site.open(garden), garden.parent / "later.txt", document="walk", version="2021")

    assert contents(garden) == whole


@pytest.mark.parametrize("name", ["2021.trig", "2021.lost"])
def test_the_work_of_a_person_is_not_written_over(garden: Path, name: str, run_here: Run) -> None:
    revise(Site.open(garden), garden.parent / "later.txt", document="walk", version="2021")
    walk(garden, name).write_text(walk(garden, name).read_text(encoding="utf-8") + "# Mine.\n", encoding="utf-8")
    walk(garden, "2021.trig" if name == "2021.lost" else "2021.lost").unlink()
    before = contents(garden)

    refused = run_here("revise", walk(garden, "2021.txt"), "--site", garden)
    shown = run_here("revise", walk(garden, "2021.txt"), "--site", garden, "--dry-run")

    assert (refused.code, refused.out) == (3, "")
    assert refused.err.startswith(f"{walk(garden, name)}: The file is there and is not what a revision would write")
    assert (shown.code, f"{walk(garden, name)}: edited since, left alone." in shown.err) == (1, True)
    assert contents(garden) == before


def test_a_dry_run_writes_nothing(garden: Path, run_here: Run) -> None:
    before = contents(garden)

    outcome = run_here(
        "revise",
        garden.parent / "later.txt",
        "--document",
        "walk",
        "--version",
        "2021",
        "--dry-run",
        "--json",
        "--site",
        garden,
    )

    assert outcome.code == 1
    told = json.loads(outcome.out)
    assert told["counts"] == {
        "stands": {"passages": 1, "facts": 11},
        "moved": {"passages": 0, "facts": 0},
        "lost": {"passages": 1, "facts": 6},
    }
    assert [change["kind"] for change in told["changes"]] == ["inserted", "changed"]
    assert (told["written"], contents(garden)) == (False, before)


def test_it_speaks_danish(garden: Path, run_here: Run) -> None:
    outcome = run_here(
        "revise",
        garden.parent / "later.txt",
        "--document",
        "walk",
        "--version",
        "2021",
        "--lang",
        "da",
        "--site",
        garden,
    )

    assert (
        outcome.out.splitlines()[-1] == "Tekststeder (fakta): 1 (11) står · 0 (0) er flyttet · 1 (6) mistede deres ord"
    )


REFUSED = {
    "no document is named": ([], 2, "lies in no document’s folder"),
    "no version is named": (["--document", "walk"], 2, "which version this is"),
    "a document it has not": (["--document", "wlak", "--version", "2021"], 3, "Did you mean walk?"),
    "a way out of the folder": (["--document", "../walk", "--version", "2021"], 2, "cannot be the name"),
    "a version that is a path": (["--document", "walk", "--version", "a/b"], 2, "cannot be the name"),
    "a version that is there with other words": (["--document", "walk", "--version", "2020"], 3, "never change"),
    "a version older than all": (
        ["--document", "walk", "--version", "1999"],
        3,
        "name the one to compare with by --from",
    ),
    "an older version it has not": (
        ["--document", "walk", "--version", "2021", "--from", "2001"],
        3,
        "has no other version “2001”. It has: 2020.",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_it_refuses_and_writes_nothing(why: str, garden: Path, run_here: Run) -> None:
    arguments, code, told = REFUSED[why]
    before = contents(garden)

    outcome = run_here("revise", garden.parent / "later.txt", *arguments, "--site", garden)

    assert (outcome.code, outcome.out) == (code, "")
    assert told in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert contents(garden) == before


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "no words"), (b"\n \n", "no words"), (b"\xe6", "not UTF-8"), (b"a\0b", "U+0000"), (b"\xff\xfea", "UTF-16")],
)
def test_a_text_that_is_none_is_refused(content: bytes, told: str, garden: Path, run_here: Run) -> None:
    (garden.parent / "later.txt").write_bytes(content)
    before = contents(garden)

    outcome = run_here(
        "revise", garden.parent / "later.txt", "--document", "walk", "--version", "2021", "--site", garden
    )

    assert (outcome.code, told in outcome.err, contents(garden)) == (3, True, before)


def test_the_newest_older_version_is_compared_with(garden: Path) -> None:
    for name in ("v9", "v10", "v11"):
        walk(garden, f"{name}.txt").write_text(LATER, encoding="utf-8")

    between = revise(Site.open(garden), walk(garden, "v10.txt"), dry_run=True)
    last = revise(Site.open(garden), walk(garden, "v11.txt"), dry_run=True)
    chosen = revise(Site.open(garden), walk(garden, "v11.txt"), older_version="2020", dry_run=True)

    assert (between.old.rpartition("/")[2], between.newest) == ("v9", "v11")
    assert (last.old.rpartition("/")[2], last.newest) == ("v10", "")
    assert chosen.old.rpartition("/")[2] == "2020"


def test_the_same_words_let_everything_stand(garden: Path, run_here: Run) -> None:
    outcome = run_here("revise", walk(garden, "2020.txt"), "--document", "walk", "--version", "2021", "--site", garden)

    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "Passages (facts): 2 (17) stand · 0 (0) moved · 0 (0) lost their words"
    assert not walk(garden, "2021.lost").exists()


def test_an_old_version_that_does_not_hold_is_refused_with_its_place(garden: Path, run_here: Run) -> None:
    facts = walk(garden, "2020.trig")
    facts.write_text(facts.read_text(encoding="utf-8").replace("the old oak", "the oak"), encoding="utf-8")

    outcome = run_here(
        "revise", garden.parent / "later.txt", "--document", "walk", "--version", "2021", "--site", garden
    )

    assert outcome.code == 3
    assert outcome.err.startswith(f"{facts}:9:")
    assert not walk(garden, "2021.txt").exists()


def test_what_waits_is_moved_by_hand_and_then_told_no_more(garden: Path) -> None:
    """The steward's way: the block goes to the new file with the new words, and `anchor` finds its place."""
    site = Site.open(garden)
    revise(site, garden.parent / "later.txt", document="walk", version="2021")
    lost = walk(garden, "2021.lost").read_text(encoding="utf-8")
    block = lost[lost.index("# “Ben") :].replace("the poppies there", "the roses there")
    with walk(garden, "2021.trig").open("a", encoding="utf-8") as file:
        file.write(block)
    walk(garden, "2021.lost").write_text(lost[: lost.index("# “Ben")], encoding="utf-8")

    anchor(site)
    report = check_site(site)

    assert (report.of(Severity.VIOLATION), revised(report)) == ([], [])
    assert "<#char=51,76> nif:anchorOf" in walk(garden, "2021.trig").read_text(encoding="utf-8")


def test_a_review_file_that_cannot_be_read_is_told(garden: Path) -> None:
    revise(Site.open(garden), garden.parent / "later.txt", document="walk", version="2021")
    lost = walk(garden, "2021.lost")
    lost.write_text(lost.read_text(encoding="utf-8") + "<> {\n", encoding="utf-8")

    ((severity, file, line, told),) = revised(check_site(Site.open(garden)))

    assert (severity, file, line > 1) == (Severity.WARNING, "data/documents/walk/2021.lost", True)
    assert told.startswith("The file 2021.lost of what lost its words cannot be read: ")


def first_site(root: Path) -> tuple[Path, Path]:
    """The first site, and its document as it might be after some years: moved, cut, added to, changed."""
    for name in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "samvirke.toml", root)
    text = (root / "data/documents" / FIRST / "2021-10-21.txt").read_bytes().decode()
    parts = text.split("\n\n")
    text = "\n\n".join([*parts[:2], *parts[5:10], *parts[2:5], *parts[10:]])
    for old, new in (
        ("februar 2018", "marts 2019"),
        (" Det var erfaringerne fra Medborgercenter-programmet.", ""),
        ("landet - blandt andet", "landet. Alle var velkomne. Det var blandt andet"),
        ("21. oktober 2021", "1. maj 2024"),
    ):
        assert old in text.replace("\u00a0", " ")
        text = text.replace(old, new).replace(old.replace(" ", "\u00a0", 1), new)
    new = root.parent / "new.txt"
    new.write_bytes(text.encode())
    return root, new


def test_the_first_document_edited_passes_the_gate(tmp_path: Path) -> None:
    root, text = first_site(tmp_path / "first")
    site = Site.open(root)

    revision = revise(site, text, document=FIRST, version="2024-05-01")
    generation = build(site, reasoner=False)

    counts = {state: (len(revision.of(state)), revision.facts(state)) for state in ("stands", "moved", "lost")}
    assert counts == {"stands": (25, 117), "moved": (18, 71), "lost": (3, 9)}
    assert [(fate.quote[:34], fate.found) for fate in revision.of("lost")] == [
        ("Det var erfaringerne fra Medborger", ""),
        ("i perioden juni 2014 til februar 2", "i perioden juni 2014 til marts 2019"),
        ("Opdateret\u00a021. oktober 2021", "Opdateret\u00a01. maj 2024"),
    ]
    assert [change.new for change in revision.unread] == ["Alle var velkomne.", "Opdateret\u00a01. maj 2024"]
    assert anchor(site) == []
    store = open_generation(generation.directory)
    new = f"{site.base}document/{FIRST}/2024-05-01"
    assert (
        len([1 for name in store.named_graphs() if isinstance(name, NamedNode) and name.value.startswith(f"{new}#")])
        == 43
    )
    assert _default(store) == _default(_published(tmp_path / "again"))


def _published(root: Path) -> Store:
    """The first site without the new version, with what is known of that version besides."""
    first_site(root)
    return open_generation(build(Site.open(root), reasoner=False).directory)


def _default(store: Store) -> set[str]:
    """What is said of things: with every fact carried or kept, a new version says nothing new of them."""
    return {
        str(quad.triple)
        for quad in store.quads_for_pattern(None, None, None, DefaultGraph())
        if "/document/" not in str(quad.subject)
    }


def test_documents_are_completed(garden: Path) -> None:
    words = f"samvirke --site {garden} revise --document w"

    outcome = command(_SAMVIRKE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="5")

    assert outcome.out.split() == ["plain,walk"]


def test_a_folder_that_may_not_be_written_to_is_told(garden: Path, run_here: Run) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder = walk(garden, "")
    folder.chmod(0o555)
    try:
        outcome = run_here(
            "revise", garden.parent / "later.txt", "--document", "walk", "--version", "2021", "--site", garden
        )
    finally:
        folder.chmod(0o755)

    assert outcome.code == 3
    assert "The file cannot be written" in outcome.err
