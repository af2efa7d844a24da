"""The servers that are compared, each with the same data, on a free port of the loopback.

Duty: start ours, `oxigraph serve`, rdflib-endpoint and nginx with what they need, and say why where one cannot be.
It must not tune a peer: each runs as its own manual starts it.
Sources: https://github.com/oxigraph/oxigraph/tree/main/cli, https://github.com/vemonet/rdflib-endpoint,
https://nginx.org/en/docs/http/ngx_http_core_module.html
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from grp import getgrgid
from importlib.metadata import version
from pathlib import Path

from bench.support.dataset import ROOT, Dataset
from bench.support.processes import Server, free_port, running

PEERS = ROOT / ".venv-bench" / "bin"
ASK = "query=ASK%20%7B%7D"
# All the load comes from one address here; what one address may ask at once is no question of speed.
SETTINGS = {"SAMVIRKE_LIMITS_CONCURRENT_PER_CLIENT": "64"}
# The folder is ours alone, so its workers must be us: as root they would be somebody else.
NGINX = """
user {user} {group}; worker_processes auto; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; default_type text/html; charset utf-8; keepalive_requests 1000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/html; }}
}}
"""


def missing(name: str) -> str:
    """Return why a server cannot be compared with here, or nothing."""
    if name == "nginx":
        return "" if _nginx() else "nginx is not installed"
    program = {"oxigraph": "oxigraph", "rdflib-endpoint": "rdflib-endpoint"}.get(name)
    if program and not (PEERS / program).is_file():
        return f"{program} is not in .venv-bench: make .venv-bench/bench.stamp"
    return ""


def _nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def versions() -> dict[str, str]:
    """Return the versions of everything that takes part."""
    told = {name: version(name) for name in ("samvirke", "pyoxigraph", "granian", "flask")}
    for name, command in (
        ("oxigraph", [str(PEERS / "oxigraph"), "--version"]),
        (
            "rdflib-endpoint",
            [str(PEERS / "python"), "-m", "pip", "--disable-pip-version-check", "show", "rdflib-endpoint"],
        ),
        ("nginx", [_nginx() or "nginx", "-v"]),
        ("wrk", ["wrk", "-v"]),
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found = re.search(r"\d+\.\d+[\w.+~-]*", done.stdout + done.stderr)
            told[name] = found[0] if found else "unknown"
        except OSError:
            told[name] = "missing"
    return told


@contextmanager
def samvirke(data: Dataset, settings: dict[str, str] = SETTINGS) -> Iterator[Server]:
    """Serve the generation as `samvirke serve --no-build` does, with settings that differ from the defaults."""
    port = free_port()
    command = [sys.executable, "-m", "samvirke", "--site", str(ROOT), "serve", "--no-build", "--port", str(port)]
    environ = {"SAMVIRKE_STATE": str(data.state), "PYTHONPATH": str(ROOT), **settings}
    with running("samvirke", command, port=port, ready=f"/sparql?{ASK}", environ=environ) as server:
        yield server


def load_oxigraph(data: Dataset, folder: Path) -> float:
    """Load the same two files into a store on the disk; return the seconds it took."""
    begun = time.perf_counter()
    command = [str(PEERS / "oxigraph"), "load", "--location", str(folder), "--file", str(data.quads), str(data.triples)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


@contextmanager
def oxigraph(folder: Path) -> Iterator[Server]:
    """Serve a loaded store as `oxigraph serve` does."""
    port = free_port()
    command = [str(PEERS / "oxigraph"), "serve", "--location", str(folder), "--bind", f"127.0.0.1:{port}"]
    with running("oxigraph", command, port=port, ready=f"/query?{ASK}") as server:
        yield server


@contextmanager
def rdflib_endpoint(data: Dataset) -> Iterator[Server]:
    """Serve the default graph from memory as `rdflib-endpoint serve` does."""
    port = free_port()
    command = [str(PEERS / "rdflib-endpoint"), "serve", "--host", "127.0.0.1", "--port", str(port), str(data.triples)]
    with running("rdflib-endpoint", command, port=port, ready=f"/?{ASK}", within_s=300) as server:
        yield server


@contextmanager
def nginx(folder: Path, page: bytes) -> Iterator[Server]:
    """Serve one page as a static file, `/page.html`."""
    port = free_port()
    (folder / "html").mkdir(parents=True)
    (folder / "html" / "page.html").write_bytes(page)
    configuration = folder / "nginx.conf"
    group = getgrgid(os.getgid()).gr_name
    text = NGINX.format(folder=folder, port=port, user=getuser(), group=group)
    configuration.write_text(text, encoding="ascii")
    command = [str(_nginx()), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    with running("nginx", command, port=port, ready="/page.html") as server:
        yield server
