"""What requests have written into the passages of an old version goes over to the new one, or is refused by name."""

from __future__ import annotations

import json

import pytest

from samvirke.errors import InputError
from samvirke.generations import JOURNAL
from samvirke.journal import Journal
from samvirke.model import Literal, NamedNode, Quad
from samvirke.patch import Delta
from samvirke.revision import revise
from samvirke.site import Site
from tests.revision.test_cases import make_site

OLD = "https://example.org/document/side/1"
WORDS = "Anna sings in the old choir of the town."
PASSAGE = f"{OLD}#char=0,{len(WORDS)}"
FACTS = f"""PREFIXES
<> {{ <#char=0,{len(WORDS)}> nif:anchorOf "{WORDS}"@en . }}
<#char=0,{len(WORDS)}> {{ ex:anna ex:does "sings" . }}
"""


def quad(value, graph=PASSAGE):
    node = "https://example.org/id/"
    return Quad(NamedNode(f"{node}anna"), NamedNode(f"{node}does"), Literal(value), NamedNode(graph))


@pytest.fixture
def site(tmp_path):
    old = f"{WORDS} Bo rows on the lake every single day."
    given = {"old": json.dumps(old), "new": json.dumps(f"This is what is new here. {old}"), "facts": FACTS}
    make_site(tmp_path, given)
    return Site.open(tmp_path)


def written(site, delta):
    with Journal.open(site.state / JOURNAL) as journal:
        journal.append(author="ada", reason="", delta=delta)


def taken(site):
    return revise(site, site.documents / "side" / "2.txt", dry_run=True)


def test_facts_that_are_in_the_journal_only_are_carried(site):
    before = taken(site).facts("stands") + taken(site).facts("moved")
    written(site, Delta(added=frozenset({quad("dances")})))
    revision = revise(site, site.documents / "side" / "2.txt")

    assert before == 1
    assert revision.facts("stands") + revision.facts("moved") == 2
    text = (site.documents / "side" / "2.trig").read_text(encoding="utf-8")
    assert '"dances"' in text
    assert text.count('"sings"') == 1


def test_what_was_written_and_deleted_again_is_not(site):
    written(site, Delta(added=frozenset({quad("dances")})))
    written(site, Delta(deleted=frozenset({quad("dances")})))

    assert taken(site).facts("stands") + taken(site).facts("moved") == 1


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (Delta(deleted=frozenset({quad("sings")})), '"sings"'),
        (Delta(added=frozenset({quad("rows", f"{OLD}#char=41,48")})), "char=41,48"),
    ],
    ids=["a fact of the file that was deleted", "a passage that only the journal has"],
)
def test_what_cannot_be_carried_is_refused_by_name_and_nothing_is_written(site, delta, words):
    written(site, delta)
    with pytest.raises(InputError, match=r"still say|journal only") as refused:
        revise(site, site.documents / "side" / "2.txt")

    assert words in str(refused.value)
    assert not (site.documents / "side" / "2.trig").exists()
