"""How long search takes over 100 000 names made of Danish syllables: `python bench/search.py [names]`."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
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


def candidate(names: int, words: Sequence[str]) -> Candidate:
    store, kind, quads = pyoxigraph.Store(), NamedNode(f"{BASE}Thing"), []
    for number in range(names):
        thing = NamedNode(f"{BASE}id/{number}")
        name = " ".join(random.choices(words, k=random.randint(1, 4))).capitalize()
        quads += [Quad(thing, SKOS.prefLabel, Literal(name, language="da")), Quad(thing, TYPE, kind)]
    store.bulk_extend(quads)
    languages = ("da", "en")
    return Candidate(store, BASE, languages, (), (), (), (), Schema(BASE, languages))


def measure(label: str, ask: Callable[[str], object], questions: Sequence[str]) -> None:
    taken = []
    for question in questions:
        start = time.perf_counter()
        ask(question)
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    print(f"{label:24} p50 {taken[len(taken) // 2]:6.1f}  p95 {taken[int(len(taken) * 0.95)]:6.1f} ms")


def main() -> None:
    random.seed(1)
    words = ["".join(random.choices(SYLLABLES, k=random.randint(2, 5))) for _ in range(20_000)]
    path = Path(tempfile.mkdtemp()) / "index.sqlite"
    data = candidate(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, words)
    start = time.perf_counter()
    build_index(path, data)
    print(f"build {time.perf_counter() - start:.1f} s, {path.stat().st_size / 1e6:.0f} MB")
    index, asked = Index(path), random.choices(words, k=200)
    measure("a word", lambda q: index.search(q, "da"), asked)
    measure("inside a word", lambda q: index.search(q[2:7], "da"), asked)
    measure("a common part", lambda q: index.search(q, "da"), ["bi", "net", "værk", "kul", "ø", "år"] * 10)
    measure("misspelt", lambda q: index.search(f"{q[:4]}x{q[5:]}", "da"), asked)
    measure("suggest, 3 letters", lambda q: index.suggest(q[:3], "da"), asked)
    measure("a list, 100 at a time", lambda q: index.members(f"{BASE}Thing", "da", len(q) * 1000, 100), asked)


if __name__ == "__main__":
    main()
