"""Write the expected answers anew: `python -m tests.queries.write_expected`, then read the difference.

Each case keeps its parameters; a question without a file gets one, with its defaults.
"""

from __future__ import annotations

import json
from pathlib import Path

from samvirke.assembly import assemble
from samvirke.queries import bind, load_queries
from samvirke.site import Site
from tests.queries.engines import ask_oxigraph

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main() -> None:
    """Ask every question and write one row a line, so that a difference can be read."""
    store = assemble(Site.open(ROOT, environ={})).store
    for query in load_queries(ROOT / "queries"):
        path = HERE / "expected" / f"{query.name}.json"
        cases = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else [{"parameters": {}}]
        written = []
        for case in cases:
            columns, rows = ask_oxigraph(store, bind(query, case["parameters"]))
            lines = ",".join(f"\n    {json.dumps(row, ensure_ascii=False)}" for row in rows)
            parameters = json.dumps(case["parameters"], ensure_ascii=False)
            end = "\n  ]" if rows else "]"
            written.append(f'  {{"parameters": {parameters}, "columns": {json.dumps(columns)}, "rows": [{lines}{end}}}')
        path.write_text("[\n" + ",\n".join(written) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
