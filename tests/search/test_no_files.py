"""An index is read where no file may be written, also when much has to be sorted."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from samvirke.search.index import RANKED

ROWS = 30_000
PROGRAM = """
import resource, sys
from samvirke.search import Index
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
print(len(Index(sys.argv[1]).inferred("https://a.example/id/hub")))
"""


def test_what_was_inferred_of_a_hub_is_sorted_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE inferred (s TEXT, p TEXT, o TEXT, rule TEXT, passages TEXT)")
        rows = (
            (f"<https://a.example/id/{i:0200d}>", "<p>", "<https://a.example/id/hub>", "r", "[]") for i in range(ROWS)
        )
        made.executemany("INSERT INTO inferred VALUES (?, ?, ?, ?, ?)", rows)
    made.close()

    done = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == (str(RANKED), "")
