"""How long the command line takes, as whole processes: `python bench/commands.py [runs]`.

Times `--version`, `--help`, `check` and a start of `serve` to its first page, on the site of this
repository with a generation published. Prints one JSON object: medians, least and most, in seconds.
"""

from __future__ import annotations

import json
import platform
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMVIRKE = Path(sys.executable).with_name("samvirke")


def seconds_of(*arguments: str) -> float:
    """Run a command to its end."""
    start = time.perf_counter()
    subprocess.run([SAMVIRKE, "--site", ROOT, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def seconds_to_first_page() -> float:
    """Start the server, and stop it once its home page has answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = time.perf_counter()
    command = [str(SAMVIRKE), "--site", str(ROOT), "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while time.perf_counter() - start < 60:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/en/", timeout=5).close()
                    return time.perf_counter() - start
                except OSError:
                    time.sleep(0.01)
            raise TimeoutError("the server did not answer within a minute")
        finally:
            server.terminate()


def main() -> None:
    """Measure each command and print the figures."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    seconds_of("build")
    told: dict[str, object] = {
        "command": "python bench/commands.py",
        "runs": runs,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {name: version(name) for name in ("pyoxigraph", "pyshacl", "rdflib", "granian")},
    }
    measures = {
        "version": lambda: seconds_of("--version"),
        "help": lambda: seconds_of("--help"),
        "check": lambda: seconds_of("check"),
        "serve_to_first_page": seconds_to_first_page,
    }
    for name, measure in measures.items():
        times = [measure() for _ in range(runs)]
        told[f"{name}_s"] = {
            "median": round(statistics.median(times), 3),
            "least": round(min(times), 3),
            "most": round(max(times), 3),
        }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
