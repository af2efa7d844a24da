"""How long a batch of 100 names takes to match: `python bench/reconcile.py [names]`; prints JSON.

Names are made of Danish syllables, as in `bench/search.py`; a third of a batch is spelt as here, a third has a letter
wrong in each word, a third is inflected. Milliseconds of processor time, over 20 batches.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from samvirke.reconciliation import candidates, looked_at, read_questions
from samvirke.schema import Schema
from samvirke.search import Index, Thing, write_index
from samvirke.terms import SKOS

BASE = "https://example.org/"
SYLLABLES = (
    "bi bli o tek net værk kul tur sty rel sen år hus ær ø for en ing sam ar bejd pro jekt midt jyl land fyn sjæl "
    "nord syd vest øst by havn kir ke sko le bog mu se um ar kiv fond råd"
).split()
BATCHES, BATCH = 20, 100


def wrong(name: str) -> str:
    letters = list(name)
    at = random.randrange(1, len(letters) - 1)
    letters[at] = random.choice("abcdefghijklmnopr")
    return "".join(letters)


def main() -> None:
    random.seed(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    words = ["".join(random.choices(SYLLABLES, k=random.randint(2, 5))) for _ in range(20_000)]
    names = [" ".join(random.choices(words, k=random.randint(1, 4))).capitalize() for _ in range(count)]
    label = SKOS.prefLabel.value
    things = {
        f"{BASE}id/{number:07}": Thing(types={f"{BASE}Thing"}, labels={label: {"da": {name}}})
        for number, name in enumerate(names)
    }
    path = Path(tempfile.mkdtemp()) / "index.sqlite"
    write_index(path, things, Schema(BASE, ("da", "en")), ("da", "en"))
    index = Index(path)
    taken, right = [], 0
    for _ in range(BATCHES):
        meant = random.choices(range(count), k=BATCH)
        ways = (lambda name: name, wrong, lambda name: f"{name}erne")
        batch = {f"q{n}": {"query": ways[n % 3](names[number])} for n, number in enumerate(meant)}
        start = time.process_time()
        for key, question in read_questions(json.dumps(batch)).items():
            found = looked_at(index, question, "da", lambda _: None)
            told = candidates(question, found, {}, index=index, class_name=lambda iri: iri)
            right += bool(told) and told[0]["name"] == names[meant[int(key[1:])]]
        taken.append((time.process_time() - start) * 1000)
    taken.sort()
    result = {
        "names": count,
        "batch": BATCH,
        "median_ms": round(statistics.median(taken), 1),
        "worst_ms": round(taken[-1], 1),
        "precision_at_1": round(right / (BATCHES * BATCH), 3),
        "python": sys.version.split()[0],
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
