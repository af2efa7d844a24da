"""What each command does when all is well, and how it behaves in a pipe."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import RdfFormat

from samvirke import __version__
from tests.cli.conftest import COMMAND, Run, environment

COMMANDS = (
    "init",
    "anchor",
    "revise",
    "check",
    "build",
    "serve",
    "token",
    "query",
    "describe",
    "evidence",
    "explain",
    "mcp",
    "export",
    "release",
    "history",
    "undo",
    "generations",
    "rollback",
    "backup",
    "restore",
    "verify",
    "doctor",
    "config",
    "completion",
)
FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}
CHOIR = "https://example.org/site/id/harbour-choir"


def test_the_version_is_told(run: Run) -> None:
    outcome = run("--version")

    assert (outcome.code, outcome.out, outcome.err) == (0, f"samvirke {__version__}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(("language", "word"), [("en", "Language of the words."), ("da", "Ordenes sprog.")])
def test_every_command_explains_itself_in_both_languages(name: str, language: str, word: str, run_here: Run) -> None:
    outcome = run_here(name, "--help", "--lang", language)

    assert outcome.code == 0
    assert word in outcome.out
    assert outcome.err == ""


def test_the_command_alone_is_wrong_use(run_here: Run) -> None:
    outcome = run_here()

    assert (outcome.code, outcome.out, outcome.err) == (2, "", "Name a command. See: samvirke --help\n")


def test_help_lists_every_command(run_here: Run) -> None:
    outcome = run_here("--help")

    assert [
        line.split()[0] for line in outcome.out.partition("Commands:")[2].splitlines() if line[2:3].strip()
    ] == list(COMMANDS)


def test_the_language_comes_from_the_environment(run_here: Run) -> None:
    assert "Kommandoer" in run_here("--help", LANG="da_DK.UTF-8").out
    assert "Commands" in run_here("--help", LANG="de_DE.UTF-8").out
    assert (
        run_here("bild", LANG="da_DK.UTF-8").err
        == "Der er ingen kommando “bild”. Mente du build? Se: samvirke --help\n"
    )


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_new_site_checks_and_builds_clean(language: str, tmp_path: Path, run_here: Run) -> None:
    site = tmp_path / "ny mappe æøå"

    assert run_here("--lang", language, "init", site, "--base", "https://choirs.example/").code == 0
    assert run_here("check", "--strict", "--site", site).code == 0
    anchored = run_here("anchor", "--dry-run", "--site", site)
    built = run_here("build", "--site", site, "--json")

    assert (anchored.code, anchored.out) == (0, "")
    assert built.code == 0
    assert json.loads(built.out)["base"] == "https://choirs.example/"
    assert "example.org" not in "".join(path.read_text() for path in site.rglob("*.ttl"))
    assert (
        len(list(csv.reader(io.StringIO(run_here("query", "conductors", "--format", "csv", "--site", site).out)))) == 2
    )


def test_building_again_gives_the_same_hash(starter: Path, run_here: Run) -> None:
    first = json.loads(run_here("build", "--site", starter, "--json").out)
    second = json.loads(run_here("--site", starter, "--json", "build").out)

    assert first["hash"] == second["hash"]


def test_check_writes_its_report_in_six_formats(starter: Path, run_here: Run) -> None:
    settings = starter / "samvirke.toml"
    settings.write_text(settings.read_text().replace('["en"]', '["en", "da"]'))
    facts = starter / "data/documents/harbour-choir/2026-01-01.trig"
    facts.write_text(facts.read_text().replace('"The choir was founded in 1987."', '"The choir was founded in 1988."'))

    text = run_here("check", "--site", starter)
    told = json.loads(run_here("check", "--format", "json", "--site", starter).out)
    sarif = json.loads(run_here("check", "--format", "sarif", "--site", starter).out)
    turtle = run_here("check", "--format", "turtle", "--site", starter)
    table = list(csv.DictReader(io.StringIO(run_here("check", "--format", "csv", "--site", starter).out, newline="")))
    page = run_here("check", "--format", "html", "--site", starter, "--lang", "da")

    assert text.code == page.code == 1
    assert [row["place"] for row in table] == ["data/documents/harbour-choir/2026-01-01.trig:13"]
    assert page.out.startswith('<!doctype html>\n<html lang="da">') and "1 fejl, 0 advarsler" in page.out
    assert turtle.out == run_here("check", "--format", "ttl", "--site", starter).out
    assert text.out.startswith("data/documents/harbour-choir/2026-01-01.trig:13: violation: The quote “")
    assert told["publishable"] is False
    assert [finding["severity"] for finding in told["findings"]] == ["violation"]
    assert set(told["findings"][0]["messages"]) >= {"da", "en"}
    result = sarif["runs"][0]["results"][0]
    assert (sarif["version"], result["level"]) == ("2.1.0", "error")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 13}
    assert any(
        quad.predicate.value == "http://www.w3.org/ns/shacl#resultSeverity"
        for quad in pyoxigraph.parse(turtle.out.encode(), RdfFormat.TURTLE)
    )
    assert "Citatet" in run_here("check", "--site", starter, "--lang", "da").out


def test_a_refused_build_leaves_what_was_published(starter: Path, run_here: Run) -> None:
    before = (starter / ".samvirke/current").resolve()
    facts = starter / "data/documents/harbour-choir/2026-01-01.trig"
    facts.write_text(facts.read_text().replace("1987.", "1988."))

    refused = run_here("build", "--site", starter)
    allowed = run_here("build", "--allow-invalid", "--site", starter)

    assert (refused.code, refused.out) == (1, "")
    assert allowed.code == 0
    assert (starter / ".samvirke/current").resolve() != before


def test_anchor_finds_quotes_that_moved(starter: Path, run_here: Run) -> None:
    text = starter / "data/documents/harbour-choir/2026-01-01.txt"
    text.write_text(f"News. {text.read_text()}")
    facts = starter / "data/documents/harbour-choir/2026-01-01.trig"
    before = facts.read_text()

    dry = run_here("anchor", "--dry-run", "--site", starter)

    assert dry.code == 0
    assert facts.read_text() == before
    assert run_here("anchor", "--site", starter).code == 0
    assert "<#char=46,76>" in facts.read_text()
    assert "<#char=40,70>" not in facts.read_text()


def test_a_question_in_pages_is_answered_whole_unless_a_stretch_is_asked_for(starter: Path, run_here: Run) -> None:
    question = starter / "queries/all-facts.rq"
    question.write_text("# title@en: All\n# page: 2\nSELECT * { ?a ?b ?c } ORDER BY ?a ?b ?c LIMIT 2 OFFSET 0\n")

    def rows(*parameters: str) -> list[str]:
        given = [word for one in parameters for word in ("--param", one)]
        answer = run_here("query", "all-facts", *given, "--format", "csv", "--site", starter)
        assert (answer.code, answer.err) == (0, "")
        return answer.out.splitlines()[1:]

    whole = rows()
    assert len(whole) > 10
    assert rows("offset=2") == whole[2:4]
    assert rows("limit=3") == whole[:3]


@pytest.mark.parametrize("form", FORMATS)
def test_export_writes_what_can_be_read_again(form: str, starter: Path, run_here: Run) -> None:
    target = starter / f"all.{form}"

    outcome = run_here("export", form, "-o", target, "--site", starter)
    quads = list(pyoxigraph.parse(target.read_bytes(), FORMATS[form]))

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    subjects = {quad.subject.value for quad in quads if isinstance(quad.subject, pyoxigraph.NamedNode)}
    assert CHOIR in subjects
    graphs = {str(quad.graph_name) for quad in quads}
    assert (len(graphs) > 3) == (form in {"nq", "trig", "jsonld"})
    assert not list(starter.glob(".all*"))


@pytest.mark.parametrize(
    "thing", [CHOIR, "d:harbour-choir", "The Harbour Choir", "the harbour choir", "/id/harbour-choir"]
)
def test_a_thing_is_found_by_address_name_and_label(thing: str, starter: Path, run_here: Run) -> None:
    outcome = run_here("describe", thing, "--site", starter)

    assert outcome.code == 0
    assert outcome.out.startswith(f"The Harbour Choir [1]\nChoir  d:harbour-choir  {CHOIR}\n")
    assert "  conductor: Mette Holm [3]\n" in outcome.out
    assert "“The choir was founded in 1987.” (implied)" in outcome.out


def test_describe_gives_json_and_rdf(starter: Path, run_here: Run) -> None:
    told = json.loads(run_here("--json", "describe", "d:harbour-choir", "--site", starter).out)
    quads = list(
        pyoxigraph.parse(
            run_here("describe", "d:harbour-choir", "--format", "trig", "--site", starter).out.encode(), RdfFormat.TRIG
        )
    )

    conductor = next(fact for fact in told["facts"] if fact["label"] == "conductor")
    assert conductor["values"][0]["addresses"] == ["https://example.org/site/id/mette-holm"]
    assert conductor["values"][0]["passages"] == [
        "https://example.org/site/document/harbour-choir/2026-01-01#char=71,99"
    ]
    assert any(quad.subject == pyoxigraph.NamedNode(CHOIR) for quad in quads)


def test_evidence_gives_each_passage_with_its_facts(starter: Path, run_here: Run) -> None:
    told = json.loads(run_here("evidence", "The Harbour Choir", "--json", "--site", starter).out)

    assert [passage["quote"] for passage in told] == [
        "The Harbour Choir is at home in Aarhus.",
        "The choir was founded in 1987.",
        "Mette Holm is its conductor.",
    ]
    assert told[1]["facts"] == ["founded: 1987"]
    assert [passage["mode"] for passage in told] == ["stated", "implied", "implied"]


def test_words_behind_inferred_facts_and_hedges_are_quoted(starter: Path, run_here: Run) -> None:
    version = "https://example.org/site/document/harbour-choir/2026-01-01"
    file = starter / "data/documents/harbour-choir/2026-01-01.trig"
    text = file.read_text()
    hedged = '"The Harbour Choir is at home in Aarhus."@en ; core:hedge "at home", "in" .'
    file.write_text(text.replace('"The Harbour Choir is at home in Aarhus."@en .', hedged))
    words = starter / "ontology/words.ttl"
    words.write_text(words.read_text() + "\nw:led a owl:ObjectProperty .\n")
    (starter / "ontology/rules").mkdir()
    (starter / "ontology/rules/led.rq").write_text(
        "PREFIX w: <https://example.org/site/words#>\n"
        "CONSTRUCT { ?place w:led ?person } WHERE { ?choir w:home ?place ; w:conductor ?person }\n"
    )
    assert run_here("build", "--site", starter).code == 0
    aarhus = run_here("describe", "Aarhus", "--site", starter)
    evidence = json.loads(run_here("evidence", "Aarhus", "--json", "--site", starter).out)

    assert aarhus.code == 0
    assert "“The Harbour Choir is at home in Aarhus.” (hedged: “at home”, “in”)" in aarhus.out
    assert (
        f"“Mette Holm is its conductor.” (implied)\n      “Its” refers to the Harbour Choir.\n      {version}"
        in aarhus.out
    )
    assert "“”" not in aarhus.out
    assert evidence[0]["hedges"] == ["at home", "in"]


@pytest.mark.parametrize("object_", ["1987", '"1987"', '"1987"^^<http://id.loc.gov/datatypes/edtf/EDTF-level0>'])
def test_explain_names_the_words(object_: str, starter: Path, run_here: Run) -> None:
    outcome = run_here("explain", "The Harbour Choir", "founded", object_, "--site", starter)

    assert outcome.code == 0
    assert "“The choir was founded in 1987.” (implied)" in outcome.out


def test_explain_names_the_rule_and_its_premises(starter: Path, run_here: Run) -> None:
    told = json.loads(run_here("explain", CHOIR, "core:beginEarliest", "1987-01-01", "--json", "--site", starter).out)

    assert told["kind"] == "computed"
    assert told["rule"] == "https://example.org/site/rule/edtf-bounds"
    assert told["premises"][0]["passages"][0]["quote"] == "The choir was founded in 1987."


def test_query_answers_in_every_form(starter: Path, run_here: Run) -> None:
    ask = run_here("query", "-", stdin="ASK { ?a ?b ?c }", cwd=starter)
    construct = run_here("query", "-", stdin="CONSTRUCT WHERE { ?a a ?c }", cwd=starter)
    rows = run_here("query", "-", "--format", "json", stdin="SELECT (COUNT(*) AS ?n) { ?a ?b ?c }", cwd=starter)
    table = run_here("query", "conductors", cwd=starter)

    assert (ask.code, ask.out) == (0, "yes\n")
    assert list(pyoxigraph.parse(construct.out.encode(), RdfFormat.TURTLE))
    assert int(json.loads(rows.out)["results"]["bindings"][0]["n"]["value"]) > 10
    assert table.out.splitlines()[2] == "d:harbour-choir  The Harbour Choir  d:mette-holm  Mette Holm"


def test_a_query_shows_the_passages_behind_its_rows(starter: Path, run_here: Run) -> None:
    table = run_here("query", "conductors", "--explain", cwd=starter)
    rows = list(
        csv.reader(io.StringIO(run_here("query", "conductors", "--explain", "--format", "csv", cwd=starter).out))
    )
    document = json.loads(run_here("query", "conductors", "--explain", "--format", "json", cwd=starter).out)
    counted = run_here("query", "-", "--explain", stdin="SELECT (COUNT(*) AS ?n) { ?a ?b ?c }", cwd=starter)
    asked = run_here("query", "-", "--explain", stdin="ASK {}", cwd=starter)

    assert table.out.split()[: len(rows[0])] == rows[0]
    assert rows[0][-1] == "evidence"
    assert "#char=" in rows[1][-1]
    assert rows[1][-1] in table.out
    assert set(document["evidence"]["quotes"]) == set(rows[1][-1].split(" "))
    assert all(document["evidence"]["quotes"].values())
    assert (counted.code, counted.out) == (3, "")
    assert counted.err.startswith("<stdin>:1:9: The evidence cannot be given: An aggregate")
    assert (asked.code, asked.out) == (2, "")


def test_a_failed_query_leaves_the_old_file(starter: Path, run_here: Run) -> None:
    target = starter / "answer.csv"
    target.write_text("before")

    outcome = run_here("query", "-", "--format", "csv", "-o", target, stdin="SELECT { }", cwd=starter)

    assert outcome.code == 3
    assert target.read_text() == "before"
    assert not list(starter.glob(".answer*"))


def test_config_tells_where_a_value_comes_from(starter: Path, run_here: Run) -> None:
    told = json.loads(run_here("config", "--json", "--site", starter, SAMVIRKE_PORT="9123").out)

    assert told["port"] == {"value": 9123, "origin": "SAMVIRKE_PORT"}
    assert told["host"] == {"value": "127.0.0.1", "origin": "default"}
    assert told["base"]["origin"].endswith("samvirke.toml")


def test_doctor_says_what_is_missing(starter: Path, tmp_path: Path, run_here: Run) -> None:
    well = run_here("doctor", "--json", "--site", starter)
    ill = run_here("doctor", "--json", "--site", tmp_path / "nowhere")

    assert well.code == 0
    assert {item["name"]: item["state"] for item in json.loads(well.out)}["published"] == "ok"
    assert ill.code == 1
    assert json.loads(ill.out)[-1]["state"] == "missing"


def test_a_mistake_of_ours_is_one_line_too(starter: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("samvirke.build.check_site", broken)
    outcome = run_here("check", "--site", starter)
    told = run_here("check", "-v", "--site", starter)

    assert outcome.code == 70
    assert outcome.err == (
        "This is a mistake in Samvirke: KeyError: 'x'. Run it again with -v to see where, and report it.\n"
    )
    assert "Traceback" in told.err


def test_a_reader_that_leaves_early_is_no_error(starter: Path) -> None:
    done = subprocess.run(
        f"{' '.join(COMMAND)} export nt | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=starter,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in {"0", "141"}


@pytest.mark.parametrize("words", ["build", "check", "query conductors", "export ttl", "--version"])
@pytest.mark.parametrize("closed", ["<&- >&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(words: str, closed: str, starter: Path) -> None:
    done = subprocess.run(
        ["/bin/bash", "-c", f"{' '.join(COMMAND)} {words} {closed}"],
        cwd=starter,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, b"mistake" in done.stderr) == (0, False)


def test_nothing_is_coloured_or_moving_in_a_pipe(starter: Path, run: Run) -> None:
    outcome = run("build", cwd=starter)

    assert outcome.code == 0
    assert "\x1b" not in outcome.out + outcome.err
    assert "\r" not in outcome.out + outcome.err


def test_the_completion_of_a_shell_completes(starter: Path, run_here: Run) -> None:
    script = run_here("completion", "bash").out
    completed = subprocess.run(
        [sys.executable, "-m", "samvirke"],
        env=environment(_SAMVIRKE_COMPLETE="bash_complete", COMP_WORDS="samvirke ex", COMP_CWORD="1"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "_SAMVIRKE_COMPLETE=bash_complete" in script
    assert [line.partition(",")[2] for line in completed.stdout.splitlines()] == ["explain", "export"]


def test_the_command_runs_where_the_home_folder_cannot_be_written(starter: Path, run: Run) -> None:
    outcome = run("check", cwd=starter, HOME=os.devnull)

    assert outcome.code == 0
