"""A report in each format: what one finding says, what programs read, and that nothing in it is obeyed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pyoxigraph
import pytest
from pyoxigraph import Literal, RdfFormat

from samvirke.model import Finding, Report, Severity
from samvirke.reports import FORMATS, grouped, naming
from samvirke.reports.structured import fingerprint
from samvirke.reports.wording import tell

SH = "http://www.w3.org/ns/shacl#"
NAMES = {
    "https://a.example/id/choir": {"en": "The Harbour Choir", "da": "Havnekoret"},
    "https://a.example/w#founded": {"en": "founded", "da": "grundlagt"},
    "https://a.example/w#ChoirShape": {"en": "Choir", "da": "Kor"},
    "https://a.example/id/aarhus": {"da": "Aarhus"},
}


def component(name: str) -> str:
    return f"{SH}{name}ConstraintComponent"


def finding(**named) -> Finding:
    given = {
        "severity": Severity.VIOLATION,
        "shape": "https://a.example/w#ChoirShape",
        "messages": {"en": "There must be at least 1 value(s).", "da": "Der skal være mindst 1 værdi(er)."},
        "focus": "https://a.example/id/choir",
        "path": "https://a.example/w#founded",
        "component": component("MinCount"),
        "file": "data/choir.trig",
        "line": 13,
    }
    return Finding(**{**given, **named})


def told(one: Finding, language: str = "en") -> str:
    return tell(one, language, naming(Report((one,), labels=NAMES), language)).sentence


def written(form: str, *findings: Finding, language: str = "en") -> str:
    report = Report(findings, 1.25, labels=NAMES)
    return FORMATS[form].write(report, language, naming(report, language)).decode()


SENTENCES = [
    ({}, "en", "“The Harbour Choir” – founded (nothing): There must be at least 1 value(s). Add what is missing."),
    ({}, "da", "»Havnekoret« – grundlagt (intet): Der skal være mindst 1 værdi(er). Tilføj det, der mangler."),
    (
        {"component": component("Datatype"), "value": '"1987"^^<http://www.w3.org/2001/XMLSchema#int>',
         "messages": {"en": "The value does not have the datatype xsd:gYear."}},
        "en",
        "“The Harbour Choir” – founded (“1987”): The value does not have the datatype xsd:gYear."
        " Write the value with that datatype.",
    ),
    (
        {"component": component("Class"), "value": "https://a.example/id/aarhus", "messages": {"en": "Not a year."}},
        "en",
        "“The Harbour Choir” – founded (“Aarhus”): Not a year. Name a thing of that class, or say it is one.",
    ),
    (
        {"messages": {"en": "The sources do not say when. Add the year if a source gives it."}},
        "en",
        "“The Harbour Choir” – founded (nothing): The sources do not say when. Add the year if a source gives it.",
    ),
    (
        {"path": "^<https://a.example/w#founded>", "focus": "https://a.example/id/x"},
        "en",
        "https://a.example/id/x – founded (from the other end) (nothing): There must be at least 1 value(s)."
        " Add what is missing.",
    ),
    (
        {"path": "https://a.example/w#unnamedThing", "component": component("MaxCount"), "messages": {"en": "One."}},
        "en",
        "“The Harbour Choir” – unnamedThing: One. Remove what is too much.",
    ),
    (
        {"focus": "_:b0", "path": "", "component": component("Node"), "messages": {"da": "Nej."}},
        "da",
        "en ting uden adresse: Nej. Se, hvad formen kræver.",
    ),
    (
        {"focus": "https://a.example/d#char=0,9", "path": "", "component": "", "messages": {"en": "The quote moved."}},
        "en",
        "The quote moved.",
    ),
    (
        {"component": "https://a.example/core#Quote", "value": "Once", "messages": {"en": "The quote moved."}},
        "en",
        "The quote moved.",
    ),
    (
        {"component": component("In"), "value": "plain text: so", "messages": {"da": "Nej."}},
        "da",
        "»Havnekoret« – grundlagt (»plain text: so«): Nej. Vælg en værdi fra listen.",
    ),
    ({"focus": "", "path": "", "component": "", "messages": {"en": "It  is\nso."}}, "da", "It is so."),
    ({"focus": "", "path": "", "component": "", "messages": {}}, "en", ""),
]  # fmt: skip
assert len(SENTENCES) >= 13


@pytest.mark.parametrize(("named", "language", "sentence"), SENTENCES)
def test_a_finding_is_one_line_from_the_thing_to_what_to_do(named, language, sentence):
    assert told(finding(**named), language) == sentence


PLACES = [
    ({}, "data/choir.trig:13"),
    ({"line": 0}, "data/choir.trig"),
    ({"file": "", "line": 0, "passage": "https://a.example/d#char=0,9"}, "https://a.example/d#char=0,9"),
    ({"file": "", "line": 0}, ""),
]


@pytest.mark.parametrize(("named", "place"), PLACES)
def test_every_format_says_where(named, place):
    one = finding(**named)
    assert tell(one, "en", lambda _: "").place == place
    for form in ("text", "csv", "html"):
        assert place in written(form, one)


def test_findings_of_one_kind_stand_together_the_worst_first():
    notice = finding(severity=Severity.INFO, path="https://a.example/w#home")
    first, other, again = finding(), finding(path="https://a.example/w#home"), finding(focus="https://a.example/id/b")
    groups = grouped(Report((notice, first, other, again)))

    assert [(group.severity.value, group.path, group.count) for group in groups] == [
        ("violation", "https://a.example/w#founded", 2),
        ("violation", "https://a.example/w#home", 1),
        ("info", "https://a.example/w#home", 1),
    ]
    assert groups[0].findings == [first, again]


def test_text_is_a_line_for_each_finding_as_compilers_write_it():
    lines = written("text", finding(), finding(focus="https://a.example/id/b"), finding(path="")).splitlines()

    assert lines[0] == "2 × violation: Choir – founded"
    assert lines[1].startswith("data/choir.trig:13: violation: “The Harbour Choir” – founded (nothing): There must")
    assert lines[1].endswith("[https://a.example/id/choir https://a.example/w#founded]")
    assert lines[-1] == "3 violations, 0 warnings, 0 notices (1.2 s)"
    assert len(lines) == 5


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_report_is_a_whole_file(form):
    text = written(form)

    if form == "json":
        assert json.loads(text)["findings"] == json.loads(text)["groups"] == []
        assert json.loads(text)["publishable"] is True
    elif form == "sarif":
        check_sarif(json.loads(text))
    elif form == "csv":
        assert len(list(csv.reader(io.StringIO(text)))) == 1
    elif form == "ttl":
        assert len(list(pyoxigraph.parse(text.encode(), RdfFormat.TURTLE))) == 2
    else:
        assert "0 violations, 0 warnings, 0 notices" in text


# ------------------------------------------------------------ CSV

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "＠x", '"=1"', "'=1",
    "x;=cmd|' /C calc'!A0", "x,=1", "x\n=1", "x\t+1", "x|=1", 'x";=1', "=HYPERLINK(\"https://evil.example\";\"x\")",
    "x;  \"=1", "=1;=2;=3",
]  # fmt: skip


def starts_formula(cell: str) -> bool:
    return cell.strip("\"' \t\r\n").startswith(("=", "+", "-", "@", "＝", "＠")) and not cell.lstrip(
        '" \t\r\n'
    ).startswith("'")


@pytest.mark.parametrize("value", FORMULAS)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_whatever_a_spreadsheet_takes_for_the_next_cell(value, separator):
    named = {"file": value, "focus": value, "path": value, "passage": value, "shape": value, "component": value}
    text = written("csv", finding(**named, value=value, messages={"en": value}))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cells = [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]
    naive = [cell for line in lines for cell in line.split(separator)]

    assert len(cells) >= 2
    assert [cell for cell in (*cells, *naive) if starts_formula(cell)] == []


def test_csv_can_be_read_back():
    text = written("csv", finding(messages={"en": 'Say "æ", and\nmore.'}), finding(severity=Severity.INFO))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert text.endswith("\r\n")
    assert [row["severity"] for row in rows] == ["violation", "notice"]
    assert rows[0]["expected"] == 'Say "æ", and more.'
    assert (rows[0]["entity"], rows[0]["property"]) == ("The Harbour Choir", "founded")
    assert (rows[0]["place"], rows[0]["count"]) == ("data/choir.trig:13", "")


# ------------------------------------------------------------ JSON and SARIF


def test_json_has_every_field_and_the_sentence():
    told = json.loads(written("json", finding(), finding(severity=Severity.WARNING)))

    assert told["publishable"] is False
    assert told["counts"] == {"violation": 1, "warning": 1, "info": 0, "total": 2, "listed": 2}
    assert told["cut"] is None
    assert [(group["count"], group["listed"], group["title"]) for group in told["groups"]] == [
        (1, 1, "Choir – founded")
    ] * 2
    first = told["findings"][0]
    assert first["messages"]["da"] == "Der skal være mindst 1 værdi(er)."
    assert (first["severity"], first["line"], first["entity"]) == ("violation", 13, "“The Harbour Choir”")
    assert first["sentence"].startswith("“The Harbour Choir” – founded (nothing): ")


def check_sarif(log: dict) -> None:
    """What the standard demands of the parts that are used, clause by clause."""
    assert log["version"] == "2.1.0"  # 3.13.2
    assert len(log["runs"]) == 1  # 3.13.4
    run = log["runs"][0]
    assert set(run) <= {"tool", "columnKind", "invocations", "properties", "results"}
    driver = run["tool"]["driver"]  # 3.18.2
    assert driver["name"]  # 3.19.8
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")  # 3.14.17
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)  # 3.49.3
    assert all(rule["shortDescription"]["text"] for rule in rules)  # 3.12.3
    for invocation in run["invocations"]:
        assert invocation["executionSuccessful"] is True  # 3.20.14
        for note in invocation["toolExecutionNotifications"]:
            assert note["message"]["text"]  # 3.58.5
            assert note["level"] in ("none", "note", "warning", "error")  # 3.58.6
            assert note.get("associatedRule", rules[:1] and rules[0])["id"] in {rule["id"] for rule in rules}  # 3.52.4
    for result in run["results"]:
        assert result["message"]["text"]  # 3.27.11
        assert result["level"] in ("none", "note", "warning", "error")  # 3.27.10
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]  # 3.27.6
        assert all(isinstance(one, str) for one in result["partialFingerprints"].values())  # 3.27.17
        for location in result.get("locations", ()):
            physical = location.get("physicalLocation")
            if physical:
                uri = physical["artifactLocation"]["uri"]  # 3.4.3: a URI reference
                assert uri.isascii() and " " not in uri and "\\" not in uri
                assert physical.get("region", {"startLine": 1})["startLine"] >= 1  # 3.30.5
            for logical in location.get("logicalLocations", ()):
                assert logical["fullyQualifiedName"]  # 3.33.5


def test_sarif_is_as_the_standard_has_it():
    log = json.loads(
        written(
            "sarif",
            finding(),
            finding(severity=Severity.WARNING, file="data/æ ø.trig", line=0),
            finding(severity=Severity.INFO, shape="", file="", passage="https://a.example/d#char=0,9"),
            finding(messages={}, focus="", path="", file="", component="", shape="https://a.example/w#Other"),
        )
    )

    check_sarif(log)
    results = log["runs"][0]["results"]
    assert [result["level"] for result in results] == ["error", "error", "warning", "note"]
    assert results[0]["locations"][0] == {
        "physicalLocation": {"artifactLocation": {"uri": "data/choir.trig"}, "region": {"startLine": 13}},
        "logicalLocations": [{"fullyQualifiedName": "https://a.example/id/choir", "name": "“The Harbour Choir”"}],
    }
    assert results[2]["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "data/%C3%A6%20%C3%B8.trig"}}


@pytest.mark.parametrize(
    "moved", [{"line": 99}, {"file": "other.trig"}, {"messages": {"en": "Other words."}}, {"passage": "urn:p"}]
)
def test_a_fingerprint_stays_when_lines_and_words_move(moved):
    assert fingerprint(replace(finding(), **moved)) == fingerprint(finding())


@pytest.mark.parametrize("other", ["shape", "focus", "path", "value", "component", "constraint"])
def test_a_fingerprint_tells_findings_apart(other):
    assert fingerprint(replace(finding(), **{other: "urn:other"})) != fingerprint(finding())


# ------------------------------------------------------------ HTML and Turtle

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;'


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name == "href"]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in {"meta", "br", "!doctype"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_obeys_nothing_that_data_say():
    hostile = {"focus": HOSTILE, "path": HOSTILE, "file": HOSTILE, "shape": HOSTILE, "value": f'"{HOSTILE}"'}
    page = written(
        "html", finding(**hostile, messages={"en": HOSTILE}), finding(focus="javascript:alert(1)"), finding()
    )
    elements = Elements()
    elements.feed(page)

    assert elements.open == []
    assert not {"script", "img", "iframe", "link"} & set(elements.seen)
    assert elements.links == ["https://a.example/id/choir"]


def test_turtle_is_a_validation_report():
    text = written("ttl", finding(), finding(severity=Severity.INFO, value='"æ"@da'), finding(path="(a / b)"))
    quads = list(pyoxigraph.parse(text.encode(), RdfFormat.TURTLE))
    objects = {quad.predicate.value.removeprefix(SH): quad.object for quad in quads}

    assert sum(quad.predicate.value == f"{SH}result" for quad in quads) == 3
    assert objects["conforms"].value == "false"
    assert Literal("æ", language="da") in {quad.object for quad in quads}
    assert not any(quad.predicate.value.endswith("comment") for quad in quads)
