"""The first site passes its gate, and what it does not know it says."""

from __future__ import annotations

from pathlib import Path

from samvirke.gate import check
from samvirke.model import Candidate, Severity

EXPECTED = Path(__file__).with_name("expected.txt")


def test_the_site_has_no_violation_no_warning_and_exactly_these_gaps(clean: Candidate):
    report = check(clean)

    assert report.publishable
    assert report.of(Severity.WARNING) == []
    gaps = [f"{one.shape.partition('#')[2]} {one.focus.rpartition('/')[2]}" for one in report.of(Severity.INFO)]
    assert gaps == EXPECTED.read_text(encoding="utf-8").splitlines()


def test_every_message_is_a_sentence_in_both_languages(clean: Candidate):
    for finding in check(clean).findings:
        assert sorted(finding.messages) == ["da", "en"]
        for text in finding.messages.values():
            assert text[0].isupper() and text.endswith(".") and ". " in text


def test_the_report_is_the_same_on_each_run(clean: Candidate):
    assert check(clean).findings == check(clean).findings


def test_a_gap_names_the_passage_that_introduces_the_thing(clean: Candidate):
    found = {(one.shape.partition("#")[2], one.focus.rpartition("/")[2]): one.passage for one in check(clean).findings}

    where = found["ProjectShape-fundedBy", "aktivt-medborgerskab"]
    assert where.endswith("/2021-10-21#char=2017,2097")
