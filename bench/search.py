"""How long search takes over 100 000 names: `python bench/search.py [names] [--rounds N]`.

The names are made of Danish syllables, one in ten of them in English and one in twenty with another name; the questions
are usual ones and the worst that were found: parts that most names have, many common words, one letter, misspelt words,
words nothing has, a class filter with counts. Prints one JSON object: median, 95th percentile and worst in milliseconds
of each kind of question, wall-clock and processor time (which a busy machine changes less), and what the index took to
build.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import pyoxigraph

from samvirke.model import Candidate, Literal, NamedNode, Quad
from samvirke.schema import Schema
from samvirke.search import Index, build_index
from samvirke.terms import SKOS, TYPE

BASE = "https://example.org/"
SYLLABLES = (
    "bi bli o tek net værk kul tur sty rel sen år hus ær ø for en ing sam ar bejd pro jekt midt jyl land fyn sjæl "
    "nord syd vest øst by havn kir ke sko le bog mu se um ar kiv fond råd"
).split()
CLASSES = 12
COMMON = 40
"""Words that every other name has one of, as "netværk" and "kommune" are in real ones."""


def candidate(names: int, words: Sequence[str]) -> Candidate:
    """Return a candidate of so many things with names."""
    store, quads = pyoxigraph.Store(), []
    for number in range(names):
        thing = NamedNode(f"{BASE}id/{number}")
        chosen = random.choices(words, k=random.randint(1, 4))
        if number % 2:
            chosen.append(random.choice(words[:COMMON]))
        quads.append(Quad(thing, SKOS.prefLabel, Literal(" ".join(chosen).capitalize(), language="da")))
        if number % 10 == 0:
            quads.append(Quad(thing, SKOS.prefLabel, Literal(f"The {' '.join(chosen[::-1])}", language="en")))
        if number % 20 == 0:
            quads.append(Quad(thing, SKOS.altLabel, Literal(" ".join(chosen[:2]).title(), language="da")))
        quads.append(Quad(thing, TYPE, NamedNode(f"{BASE}Thing{number % CLASSES}")))
    store.bulk_extend(quads)
    languages = ("da", "en")
    return Candidate(store, BASE, languages, (), (), (), (), Schema(BASE, languages))


def measured(ask: Callable[[str], object], questions: Sequence[str], rounds: int) -> dict[str, float]:
    """Return what asking these questions takes, in milliseconds."""
    taken, used = [], []
    for question in [*questions] * rounds:
        start, busy = time.perf_counter(), time.process_time()
        ask(question)
        used.append((time.process_time() - busy) * 1000)
        taken.append((time.perf_counter() - start) * 1000)
    return {
        f"{kind}{name}": round(sorted(times)[at], 2)
        for kind, times in (("", taken), ("cpu_", used))
        for name, at in (("median", len(times) // 2), ("p95", int(len(times) * 0.95)), ("worst", -1))
    } | {"asked": len(taken)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", type=int, nargs="?", default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    random.seed(1)
    words = ["".join(random.choices(SYLLABLES, k=random.randint(2, 5))) for _ in range(20_000)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        data = candidate(given.names, words)
        start, busy = time.perf_counter(), time.process_time()
        build_index(path, data)
        built = {
            "seconds": round(time.perf_counter() - start, 1),
            "cpu_seconds": round(time.process_time() - busy, 1),
            "bytes": path.stat().st_size,
        }
        index, asked = Index(path), random.choices(words, k=200)
        parts = ["bi", "net", "værk", "kul", "ø", "år", "en", "s", "0", "sk"] * 5
        pages = {
            "a word": asked,
            "two words": [f"{one} {other}" for one, other in zip(asked, words, strict=False)],
            "inside a word": [word[2:7] for word in asked],
            "a common part": parts,
            "a common word": words[:COMMON],
            "common words": [" ".join(words[at : at + 2]) for at in range(0, COMMON, 2)],
            "sixteen words": [" ".join(random.choices(SYLLABLES, k=16)) for _ in range(30)],
            "misspelt": [f"{word[:4]}x{word[5:]}" for word in asked[:100]],
            "misspelt, eight words": [
                " ".join(f"{word[:3]}q{word[4:]}" for word in random.choices(words, k=8)) for _ in range(30)
            ],
            "initials": ["ab", "bkn", "nmo", "oe", "kbs"] * 6,
            "nothing has it": ["qqqqqq", "x" * 200, "0123456789", "zzz zzz zzz"] * 5,
        }

        def page(question: str) -> object:
            return index.search(question, "da", counted=True)

        def filtered(question: str) -> object:
            return index.search(question, "da", f"{BASE}Thing1", counted=True)

        typed = [word[:length] for word in asked[:60] for length in range(1, 6)]
        searches = {name: measured(page, questions, given.rounds) for name, questions in pages.items()}
        searches["of one class"] = measured(filtered, [*parts, *words[:COMMON], *asked[:50]], given.rounds)
        suggestions = {
            "as it is typed": measured(lambda q: index.suggest(q, "da"), typed, given.rounds),
            "a common part": measured(lambda q: index.suggest(q, "da"), parts, given.rounds),
            "two words": measured(lambda q: index.suggest(q, "da"), pages["two words"], given.rounds),
            "sixteen words": measured(lambda q: index.suggest(q, "da"), pages["sixteen words"], given.rounds),
            "nothing has it": measured(lambda q: index.suggest(q, "da"), pages["nothing has it"], given.rounds),
        }
        result = {
            "names": given.names,
            "goal_p95_ms": {"search": 150, "suggest": 30},
            "build": built,
            "search": searches,
            "suggest": suggestions,
            "nearest": measured(lambda q: index.nearest(q, "da"), pages["misspelt"], given.rounds),
            "list": measured(lambda q: index.members(f"{BASE}Thing1", "da", len(q) * 100, 100), asked, given.rounds),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "samvirke": version("samvirke"),
        }
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
