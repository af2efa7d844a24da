"""A published graph gives back the rules it was built with, or says what is missing."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pyoxigraph
import pytest

from samvirke.errors import StoreDamaged
from samvirke.model import Literal, NamedNode, Quad
from samvirke.rules import Rule, describe_rules, load_rules
from samvirke.rules.published import published_rules
from samvirke.site import Site
from samvirke.terms import CORE

HERE = Path(__file__).parent


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with a rule of every kind; in the order of names `a` comes before `a-b`, in that of files after."""
    (tmp_path / "samvirke.toml").write_text('base = "https://x.example/"\n')
    folder = tmp_path / "ontology/rules"
    (folder / "below").mkdir(parents=True)
    for path in (HERE / "maintained").glob("*.rq"):
        (folder / path.name).write_bytes(path.read_bytes())
    text = "# title@da: Æble\r\n# description@en: Line\r\n#  and line\r\nCONSTRUCT { ?b <p> ?a } WHERE { ?a <p> ?b }"
    for name in ("a", "a-b", "below/zz"):
        (folder / f"{name}.rq").write_bytes(b"\xef\xbb\xbf" + text.encode())
    return Site.open(tmp_path)


def published(rules: tuple[Rule, ...], base: str) -> pyoxigraph.Store:
    """Return a store with the rules as a generation has them: written, and read again."""
    store = pyoxigraph.Store()
    store.extend(describe_rules(rules, base=base))
    dump = store.dump(format=pyoxigraph.RdfFormat.N_QUADS)
    found = pyoxigraph.Store()
    found.bulk_load(dump, format=pyoxigraph.RdfFormat.N_QUADS)
    return found


def comparable(rules: tuple[Rule, ...]) -> list[dict[str, object]]:
    """What can be compared of rules: paths have no equality, blank nodes get a new name from every reader."""
    parts = [part.name for part in dataclasses.fields(Rule) if part.name not in ("file", "given")]
    return [
        {name: getattr(rule, name) for name in parts} | {"given": re.sub(r"blank_\w+", "blank", repr(rule.given))}
        for rule in rules
    ]


def test_the_graph_gives_the_rules_that_were_loaded_in_their_order(site: Site) -> None:
    loaded = load_rules(site)
    found = published_rules(published(loaded, site.base), site.base)

    assert len(loaded) >= 50
    assert [rule.name for rule in found] == [rule.name for rule in loaded]
    assert comparable(found) == comparable(loaded)


def test_another_rule_of_the_engine_is_named(site: Site) -> None:
    store = published(load_rules(site), site.base)
    address, graph = NamedNode(f"{site.base}rule/inverse"), NamedNode(f"{site.base}schema/rules")
    for quad in list(store.quads_for_pattern(address, CORE.ruleText, None, graph)):
        store.remove(quad)
    store.add(Quad(address, CORE.ruleText, Literal("CONSTRUCT { ?a ?b ?c } WHERE { ?c ?b ?a }"), graph))

    with pytest.raises(StoreDamaged, match=r"another rule 'inverse'.*Build the site again"):
        published_rules(store, site.base)


def test_a_graph_without_rules_names_the_first_that_is_missing(site: Site) -> None:
    with pytest.raises(StoreDamaged, match="another rule 'edtf-bounds'"):
        published_rules(pyoxigraph.Store(), site.base)


def test_a_rule_without_its_text_is_named(site: Site) -> None:
    store = published(load_rules(site), site.base)
    for quad in list(store.quads_for_pattern(NamedNode(f"{site.base}rule/closure"), CORE.ruleText, None, None)):
        store.remove(quad)

    with pytest.raises(StoreDamaged, match="does not tell the text of its rule 'closure'"):
        published_rules(store, site.base)
