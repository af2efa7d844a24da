"""Load: sixteen clients that keep their connections, each asking as soon as it was answered (wrk).

Duty: run wrk for a bounded time over the requests of a file, and read what it counted. The requests are used in
order, from a place that differs from round to round; `{n}` in one becomes a number that never comes again, which
makes every request another. It must not follow redirects or ask for compression.
Source: https://github.com/wg/wrk/blob/master/SCRIPTING
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLIENTS = 16
SCRIPT = """
local requests, at, number = {}, 0, 0
function init(args)
  local accept = args[4]
  for line in io.lines(args[1]) do
    local before, after = line:match("^(.-){n}(.*)$")
    local head = " HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nAccept: " .. accept .. "\\r\\n\\r\\n"
    if before then requests[#requests + 1] = { "GET " .. before, after .. head }
    else requests[#requests + 1] = { "GET " .. line .. head } end
  end
  at, number = tonumber(args[2]) % #requests, tonumber(args[3])
end
function request()
  at = at % #requests + 1
  local parts = requests[at]
  if not parts[2] then return parts[1] end
  number = number + 1
  return parts[1] .. number .. parts[2]
end
function done(summary, latency, all)
  local e = summary.errors
  io.write(string.format(
    '\\nJSON{"requests":%d,"us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"status":%d,"socket":%d}\\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round counted. `wrong` are answers of 400 and above, `broken` connections that failed or timed out."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    wrong: int
    broken: int
    bytes: int

    @property
    def per_second(self) -> float:
        """Return the answers a second, the right ones only."""
        return (self.requests - self.wrong) / self.seconds


def available() -> str:
    """Return why there can be no load, or nothing."""
    return "" if shutil.which("wrk") else "wrk is not installed"


def put(
    port: int, requests: Sequence[str], *, seconds: int, first: int = 0, number: int = 0, accept: str = "*/*"
) -> Round:
    """Ask for `seconds`, from the request `first` on and with the numbers after `number`."""
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder, "load.lua"), Path(folder, "requests")
        script.write_text(SCRIPT, encoding="utf-8")
        file.write_text("\n".join(requests) + "\n", encoding="utf-8")
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
        command += [f"http://127.0.0.1:{port}", "--", str(file), str(first), str(number), accept]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(told.rpartition("JSON")[2])
    return Round(
        requests=found["requests"],
        seconds=found["us"] / 1e6,
        p50_ms=found["p50_us"] / 1000,
        p99_ms=found["p99_us"] / 1000,
        max_ms=found["max_us"] / 1000,
        wrong=found["status"],
        broken=found["socket"],
        bytes=found["bytes"],
    )
