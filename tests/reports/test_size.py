"""A hundred thousand findings: no report is longer than 5 MB, and none leaves anything out in silence."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pyoxigraph
import pytest
from pyoxigraph import RdfFormat

from samvirke.model import Finding, Report, Severity
from samvirke.reports import FORMATS
from tests.reports.test_reports import Elements, check_sarif

NUMBER = 100_000
MOST_BYTES = 5_000_000
SEVERITIES = tuple(Severity)


def one_kind(number: int) -> Finding:
    return Finding(
        Severity.VIOLATION,
        "https://a.example/w#Shape",
        {"da": "Der skal være mindst 1 værdi(er).", "en": "There must be at least 1 value(s)."},
        focus=f"https://a.example/id/thing-{number}",
        path="https://a.example/w#founded",
        component="http://www.w3.org/ns/shacl#MinCountConstraintComponent",
        file="data/many.trig",
        line=number + 1,
    )


def each_its_own(number: int) -> Finding:
    """As many kinds as findings: not even the heads of all groups have room."""
    return Finding(SEVERITIES[number % 3], f"urn:shape:{number}", {"en": "No."}, focus="urn:a", path=f"urn:p:{number}")


def long_texts(number: int) -> Finding:
    """Texts of 100 000 letters that every format has to escape."""
    text, severity = HOSTILE_TEXT, SEVERITIES[number % 3]
    return Finding(severity, text, {"en": text}, focus=text, path=text, value=HOSTILE_LITERAL, file=text, line=1)


HOSTILE_TEXT = "\"'&<>\x01\\\n=;æ\U0001f600" * 10_000
HOSTILE_LITERAL = f'"{HOSTILE_TEXT}"'
KINDS: dict[str, Callable[[int], Finding]] = {
    "one kind": one_kind,
    "each its own": each_its_own,
    "long texts": long_texts,
}


@pytest.fixture(scope="module", params=KINDS)
def report(request: pytest.FixtureRequest) -> Report:
    return Report([KINDS[request.param](number) for number in range(NUMBER)], 3.0)


@pytest.mark.parametrize(
    ("form", "language"), [(form, ("en", "da")[number % 2]) for number, form in enumerate(FORMATS)]
)
def test_a_report_has_5_mb_at_most_and_says_what_it_leaves_out(form: str, language: str, report: Report) -> None:
    data = FORMATS[form].write(report, language, lambda _: "")
    text = data.decode()
    counted = r"(\d+) af 100000 fund står her" if language == "da" else r"(\d+) of 100000 findings are listed"
    found = re.search(counted, text)
    assert found, text[:500] + text[-500:]
    listed = int(found[1])

    assert len(data) <= MOST_BYTES
    assert 0 < listed < NUMBER
    assert LISTED[form](text) == listed


def in_text(text: str) -> int:
    return sum(re.match(r"(\S.*: )?(violation|warning|notice|fejl|advarsel|oplysning): ", line) is not None
               and " × " not in line[:20] for line in text.splitlines())  # fmt: skip


def in_csv(text: str) -> int:
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    left = [row for row in rows if row["left_out"]]
    total = rows[-1]
    listed = len(rows) - len(left)
    assert int(total["count"]) == NUMBER
    assert int(total["left_out"]) == NUMBER - listed
    return listed


def in_json(text: str) -> int:
    told = json.loads(text)
    assert told["counts"]["total"] == NUMBER == sum(told["counts"][one.value] for one in Severity)
    assert told["counts"]["listed"] == len(told["findings"]) == sum(group["listed"] for group in told["groups"])
    return len(told["findings"])


def in_sarif(text: str) -> int:
    log = json.loads(text)
    check_sarif(log)
    assert log["runs"][0]["properties"]["total"] == NUMBER
    return len(log["runs"][0]["results"])


def in_html(text: str) -> int:
    elements = Elements()
    elements.feed(text)
    assert elements.open == []
    return elements.seen.count("li")


def in_turtle(text: str) -> int:
    quads = list(pyoxigraph.parse(text.encode(), RdfFormat.TURTLE))
    return sum(quad.predicate.value.endswith("shacl#result") for quad in quads)


LISTED = {"text": in_text, "html": in_html, "csv": in_csv, "json": in_json, "ttl": in_turtle, "sarif": in_sarif}
