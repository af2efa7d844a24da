"""Kill builds, one at each step they take in the state folder. Run as a program by test_kill.py.

A step is an audit event of the interpreter (opening, making, renaming, linking, deleting) that names
a path in the state folder; the process kills itself just before the step is taken. The builds are
real but for one thing: what they publish is assembled and judged once, before the first of them, in
two variants, since reading the site again takes no step in its state folder.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import samvirke.build
from samvirke import generations
from samvirke.site import Site

STEPS = frozenset(
    {"open", "os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "shutil.rmtree", "sqlite3.connect"}
)


def in_child(site: Path, *, killed_at: int | None) -> tuple[int, int]:
    """Build in a forked process that dies before step `killed_at`; return its wait status and the steps it took."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        taken = 0
        state = str(site / ".samvirke")

        def step(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal taken
            if event in STEPS and any(
                state in os.fspath(one) for one in arguments if isinstance(one, (str, os.PathLike))
            ):
                taken += 1
                if taken == killed_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(step)
        try:
            samvirke.build.build(Site.open(site, environ={}), reasoner=False)
            os.write(writer, str(taken).encode())
        finally:
            os._exit(0)
    os.close(writer)
    told = os.read(reader, 20)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    return status, int(told or b"0")


def debris(site: Path) -> list[str]:
    """Return what lies in the state folder that no finished build leaves."""
    state = site / ".samvirke"
    names = [*state.iterdir(), *(state / "generations").iterdir()]
    return sorted(path.name for path in names if path.name.startswith("."))


class Variants:
    """Two contents of the site, assembled and judged once; `use` says which the next build finds."""

    def __init__(self, site: Path) -> None:
        self.kept = []
        for number in range(2):
            (site / "data/fact.ttl").write_text(f"<http://a/a> <http://a/b> {number} .\n")
            assembly = samvirke.build.assemble_with_rules(Site.open(site, environ={}))
            self.kept.append((assembly, samvirke.build.judge(assembly, reasoner=False)))
        samvirke.build.assemble_with_rules = lambda *_, **__: self.chosen[0]
        samvirke.build.judge = lambda *_, **__: self.chosen[1]
        self.use(0)

    def use(self, number: int) -> None:
        self.chosen = self.kept[number % 2]


def main(site: Path) -> None:
    """Kill at each step in turn; print what was found as JSON."""
    state = site / ".samvirke"
    variants = Variants(site)
    for _ in range(3):
        _, steps = in_child(site, killed_at=None)
    results = []
    for number in range(1, steps + 1):
        before = generations.current(state)
        assert before is not None
        variants.use(number)
        status, _ = in_child(site, killed_at=number)
        after = generations.current(state)
        whole = after is not None and generations.verify(after) == []
        switched = after is not None and after.version != before.version
        recovered, _ = in_child(site, killed_at=None)
        last = generations.current(state)
        right = last is not None and f'"{number % 2}"'.encode() in (last.directory / "data.nq").read_bytes()
        results.append(
            {
                "step": number,
                "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
                "whole": whole,
                "switched": switched,
                "recovered": os.WIFEXITED(recovered) and right,
                "debris": debris(site),
                "generations": len(list((state / "generations").iterdir())),
            }
        )
    print(json.dumps({"steps": steps, "results": results}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
