"""Load, export and start beside the engine alone: `python bench/load.py [facts] [runs]`.

Publishing an RDF file (data, disk store, index, checksums, on the disk) against pyoxigraph's own `bulk_load` of the
same file into a directory; `samvirke export` against its `dump`; and a server's start to its first answer, on the
generation that was published. Interleaved, one after the other; prints one JSON object with medians in seconds,
processor seconds, and ratios (the engine's time by ours: above 1 we are faster).
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from samvirke.commands.serve import state_of

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "/sparql?query=SELECT%20%3Fs%20%7B%20%3Fs%20a%20%3Fkind%20%7D%20LIMIT%201"
PUBLISH = "import sys; from pathlib import Path; from samvirke.bulk import publish_file; "
PUBLISH += "publish_file(Path(sys.argv[1]), Path(sys.argv[2]))"
LOAD = "import sys; from pyoxigraph import RdfFormat, Store; store = Store(sys.argv[2]); "
LOAD += "store.bulk_load(path=sys.argv[1], format=RdfFormat.N_TRIPLES); store.flush()"
DUMP = "import sys; from pyoxigraph import DefaultGraph, RdfFormat, Store; store = Store.read_only(sys.argv[1]); "
DUMP += "store.dump(output=sys.argv[2], format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())"
EXPORT = "import sys; from pathlib import Path; from samvirke.generations import current; "
EXPORT += "from samvirke.commands.published import export_generation; "
EXPORT += "export_generation(current(Path(sys.argv[1])), 'nt', open(sys.argv[2], 'wb'))"


def python(program: str, *arguments: str | Path) -> tuple[float, float, float]:
    """Run a program in a process of its own: wall seconds, processor seconds, most memory in MB."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], env=environment)
    _, status, used = os.wait4(process.pid, 0)
    taken = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, program
    return taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def first_answer(source: Path, states: Path) -> float:
    """Start the server on what is published, and stop it once it has answered a query."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SAMVIRKE_STATE": str(states)}
    command = [sys.executable, "-m", "samvirke", "-q", "serve", str(source), "--no-build", "--port", str(port)]
    start = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while time.perf_counter() - start < 120:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{QUESTION}", timeout=60).read()
                    return time.perf_counter() - start
                except urllib.error.URLError:
                    time.sleep(0.005)
            raise TimeoutError("the server did not answer within two minutes")
        finally:
            server.terminate()


def compare(ours: Callable[[], tuple[float, ...]], theirs: Callable[[], tuple[float, ...]], runs: int) -> dict:
    """Run both in turn; medians and the median of the ratios of each pair."""
    pairs = [(ours(), theirs()) for _ in range(runs)]

    def middle(side: int, figure: int) -> float:
        return round(statistics.median(pair[side][figure] for pair in pairs), 3)

    return {
        "samvirke": {"s": middle(0, 0), "cpu_s": middle(0, 1), "peak_mb": middle(0, 2)},
        "pyoxigraph": {"s": middle(1, 0), "cpu_s": middle(1, 1), "peak_mb": middle(1, 2)},
        "ratio": round(statistics.median(pair[1][0] / pair[0][0] for pair in pairs), 2),
        "ratio_least": round(min(pair[1][0] / pair[0][0] for pair in pairs), 2),
    }


def main() -> None:
    facts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, states, store = folder / "facts.nt", folder / "states", folder / "store"
        command = [sys.executable, str(ROOT / "bench/generate.py"), str(facts), "-o", str(source)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        state = state_of(source, states)

        def publish() -> tuple[float, ...]:
            shutil.rmtree(states, ignore_errors=True)
            return python(PUBLISH, source, state)

        def load() -> tuple[float, ...]:
            shutil.rmtree(store, ignore_errors=True)
            return python(LOAD, source, store)

        told = {"publish": compare(publish, load, runs)}
        exported, dumped = folder / "exported.nt", folder / "dumped.nt"
        told["export"] = compare(lambda: python(EXPORT, state, exported), lambda: python(DUMP, store, dumped), runs)
        lines = [path.read_bytes().count(b"\n") for path in (exported, dumped)]
        assert lines == [facts, facts], lines
        starts = [first_answer(source, states) for _ in range(runs + 2)]
    told["first_answer_s"] = {"median": round(statistics.median(starts), 2), "most": round(max(starts), 2)}
    load_average = round(os.getloadavg()[0], 1)
    print(
        json.dumps(
            {
                "command": "python bench/load.py",
                "facts": facts,
                "runs": runs,
                "python": platform.python_version(),
                "machine": platform.machine(),
                "processors": os.cpu_count(),
                "load_average": load_average,
                "versions": {name: version(name) for name in ("pyoxigraph", "granian", "flask")},
                **told,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
