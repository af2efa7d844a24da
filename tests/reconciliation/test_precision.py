"""Names as tables spell them find the thing that is meant: mistyped, inflected, with ae for æ, in another order."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from samvirke.reconciliation import candidates, looked_at, read_questions
from samvirke.schema import Schema
from samvirke.search import Index, Thing, write_index
from samvirke.terms import SKOS

BASE = "http://names.example/"
NAMES = [
    line
    for line in Path(__file__).with_name("names.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
SPELT = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"})
ENDINGS = ("et", "en", "er", "erne", "s", "ets", "ens")


def mistyped(name: str, random: Random) -> str:
    """One letter in eight is dropped, doubled, swapped with its neighbour or another one, at least one."""
    letters = list(name)
    for _ in range(max(1, len(name) // 12)):
        at = random.randrange(1, len(letters) - 1)
        how = random.randrange(4)
        if letters[at].isdigit():
            continue
        if how == 0:
            del letters[at]
        elif how == 1:
            letters.insert(at, letters[at])
        elif how == 2:
            letters[at], letters[at - 1] = letters[at - 1], letters[at]
        else:
            letters[at] = random.choice("abcdefghijklmnoprstuvæøå")
    return "".join(letters)


def inflected(name: str, random: Random) -> str:
    words = name.split()
    at = max(range(len(words)), key=lambda number: len(words[number]))
    words[at] += random.choice(ENDINGS)
    return " ".join(words)


def turned(name: str, random: Random) -> str:
    words = name.split()
    random.shuffle(words)
    return " ".join(words)


WAYS = {
    "mistyped": mistyped,
    "inflected": inflected,
    "with ae": lambda name, random: name.translate(SPELT),
    "shouted": lambda name, random: f"  {name.upper()} ",
    "turned": turned,
    "all of it": lambda name, random: mistyped(inflected(name, random), random).translate(SPELT).lower(),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    path = tmp_path_factory.mktemp("names") / "index.sqlite"
    label = SKOS.prefLabel.value
    things = {
        f"{BASE}{number:03}": Thing(types={f"{BASE}kind/{number % 3}"}, labels={label: {"da": {name}}})
        for number, name in enumerate(NAMES)
    }
    schema = Schema(BASE, ("da", "en"))
    write_index(path, things, schema, ("da", "en"))
    return Index(path)


def best(index: Index, text: str, **more: object) -> tuple[str, bool]:
    import json

    question = read_questions(json.dumps({"q": {"query": text, **more}}))["q"]
    found = candidates(
        question,
        looked_at(index, question, "da", lambda _: None),
        {},
        index=index,
        class_name=lambda iri: iri,
    )
    return (found[0]["id"], found[0]["match"]) if found else ("", False)


@pytest.mark.parametrize("way", WAYS)
def test_the_first_candidate_is_the_one_that_is_meant(index, way):
    random, right, sure, wrong = Random(7), 0, 0, []
    for number, name in enumerate(NAMES):
        asked = WAYS[way](name, random)
        found, certain = best(index, asked)
        right += found == f"{BASE}{number:03}"
        if certain and found != f"{BASE}{number:03}":
            wrong.append((asked, found))
        sure += certain

    assert len(NAMES) >= 85
    assert right / len(NAMES) >= 0.9
    assert wrong == [], "what is certain must be right"
    if way in ("with ae", "shouted"):
        assert (right, sure) == (len(NAMES), len(NAMES))


def test_a_name_that_differs_in_its_number_is_no_match(index):
    assert best(index, "Litteraturens Dag 2018")[1] is False
    assert best(index, "Litteraturens Dag 2016") == (f"{BASE}{NAMES.index('Litteraturens Dag 2016'):03}", True)


@pytest.mark.parametrize("text", ["xyzzy", "?!", "123456", "q" * 10_000, "\x00", "🦊", 'a" OR "b', "NEAR(", "a*b^"])
def test_what_is_like_nothing_finds_nothing_certain(index, text):
    assert best(index, text)[1] is False


def test_types_narrow_or_prefer(index):
    number = NAMES.index("Læseforeningen")
    own, other = f"{BASE}kind/{number % 3}", f"{BASE}kind/{(number + 1) % 3}"

    assert best(index, "Læseforeningen", type=own)[0] == f"{BASE}{number:03}"
    assert best(index, "Læseforeningen", type=[own, other], type_strict="any")[0] == f"{BASE}{number:03}"
    assert best(index, "Læseforeningen", type=other, type_strict="any")[0] != f"{BASE}{number:03}"
    assert best(index, "Læseforeningen", type=[own, other], type_strict="all")[0] != f"{BASE}{number:03}"
    assert best(index, "Læseforeningen", type=other, type_strict="should") == (f"{BASE}{number:03}", False)
