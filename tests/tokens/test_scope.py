"""Scopes as a steward writes them, and which graphs they cover."""

from __future__ import annotations

import pytest

from samvirke.errors import WrongUse
from samvirke.tokens import VERBS, covers, read_scope, scope_words

EVERY = ("*",)
READ = [
    (["update"], {"update": EVERY}),
    (["UPDATE "], {"update": EVERY}),
    (["put, post"], {"put": EVERY, "post": EVERY}),
    (["all"], dict.fromkeys(VERBS, EVERY)),
    (["undo", "update"], {"update": EVERY, "undo": EVERY}),
    (["put:https://a.example/d/*"], {"put": ("https://a.example/d/*",)}),
    (["put:urn:*"], {"put": ("urn:*",)}),
    (["put:*"], {"put": EVERY}),
    (["put:https://a.example/æ"], {"put": ("https://a.example/æ",)}),
    (["put:https://a.example/%*"], {"put": ("https://a.example/%*",)}),
    (["put:urn:b", "put:urn:a", "put:urn:b"], {"put": ("urn:a", "urn:b")}),
    (["put:urn:a", "put:urn:*", "put:urn:a:*"], {"put": ("urn:*",)}),
    (["put:urn:a", "put"], {"put": EVERY}),
    (["all:urn:a", "delete"], {**dict.fromkeys(VERBS, ("urn:a",)), "delete": EVERY}),
]
WRONG = [
    ("updaet", "There is no verb “updaet” in a scope. Did you mean “update”? Verbs are update, put, post, delete,"),
    ("put,pots", "There is no verb “pots” in a scope. Did you mean “post”?"),
    ("read", "There is no verb “read” in a scope. "),
    ("https://a.example/", "There is no verb “https” in a scope. "),
    ("", "The scope “” names no verb. Verbs are"),
    (":urn:a", "The scope “:urn:a” names no verb."),
    ("put,", "The scope “put,” names no verb."),
    ("put:", "The scope “put:” ends in a colon."),
    ("put:relative", "“relative” is not the full address of a graph"),
    ("put:http*", "“http*” is not the full address of a graph"),
    ("put:urn:a*b", "“urn:a*b” is not the full address"),
    ("put:urn:a**", "“urn:a**” is not the full address"),
    ("put:urn:a b", "“urn:a b” is not the full address"),
    ("put:<urn:a>", "“<urn:a>” is not the full address"),
]
COVERED = [
    (EVERY, "", True),
    (EVERY, "urn:a", True),
    ((), "", False),
    ((), "urn:a", False),
    (("urn:a",), "urn:a", True),
    (("urn:a",), "urn:ab", False),
    (("urn:a",), "URN:A", False),
    (("urn:a",), "", False),
    (("urn:a:*",), "urn:a:b", True),
    (("urn:a:*",), "urn:a:", True),
    (("urn:a:*",), "urn:a", False),
    (("urn:a:*",), "", False),
    (("https://a.example/d/*",), "https://a.example/d/1#char=0,4", True),
    (("https://a.example/d/*",), "https://a.example.evil/d/1", False),
    (("https://a.example/d/*",), "http://a.example/d/1", False),
    (("urn:b", "urn:a"), "urn:a", True),
]
assert min(len(READ), len(WRONG), len(COVERED)) >= 14


@pytest.mark.parametrize(("written", "scope"), READ)
def test_a_scope_is_read_and_written_as_a_steward_writes_it(written, scope):
    found = read_scope(written)

    assert found == scope
    assert list(found) == [verb for verb in VERBS if verb in scope]
    assert read_scope(scope_words(found)) == found


@pytest.mark.parametrize(("written", "told"), WRONG)
def test_a_scope_that_means_nothing_is_refused_with_the_nearest_that_does(written, told):
    with pytest.raises(WrongUse) as refused:
        read_scope(["update", written])

    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(("patterns", "graph", "covered"), COVERED)
def test_a_graph_is_covered_letter_by_letter(patterns, graph, covered):
    assert covers(patterns, graph) is covered
