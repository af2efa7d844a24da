"""Each promise of SECURITY.md and THREAT_MODEL.md leads to a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FOUND = sorted(
    {match for name in ("SECURITY.md", "THREAT_MODEL.md") for match in NAMED.findall((ROOT / name).read_text("utf-8"))}
)
assert len(FOUND) >= 20


@pytest.mark.parametrize(("file", "test"), FOUND, ids=lambda part: str(part).rpartition("/")[2])
def test_the_test_behind_a_promise_exists(file, test):
    assert f"def {test}(" in (ROOT / file).read_text("utf-8")


def test_every_promise_has_a_test():
    rows = [line for line in (ROOT / "SECURITY.md").read_text("utf-8").splitlines() if re.match(r"\| P\d+ \|", line)]

    assert [re.findall(r"P\d+", row)[0] for row in rows] == [f"P{number}" for number in range(1, len(rows) + 1)]
    assert [row for row in rows if not NAMED.search(row)] == []


def test_every_limit_named_is_a_setting():
    from samvirke.settings import SETTINGS

    names = set(re.findall(r"`(limits\.\w+|trusted_proxies|contact)`", (ROOT / "SECURITY.md").read_text("utf-8")))
    assert len(names) >= 9
    assert names <= {setting.name for setting in SETTINGS}
