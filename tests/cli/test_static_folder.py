"""A folder that is written anew as a whole: never half, never over another's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from samvirke.commands.static_folder import MARKER, replacing
from samvirke.errors import StoreBusy, WriteRefused

KILLED = """
import sys, os, signal
from pathlib import Path
from samvirke.commands.static_folder import replacing
with replacing(Path(sys.argv[1])) as folder:
    folder.write(("half.txt",), [b"half"])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(target: Path, **files: bytes) -> None:
    with replacing(target) as folder:
        for name, body in files.items():
            assert folder.write((name,), [body])


def test_a_new_folder_replaces_the_old_one_whole(tmp_path):
    target = tmp_path / "out"
    write(target, a=b"1", b=b"2")
    write(target, a=b"3")

    assert tree(target) == {"a": b"3", MARKER: b'{"samvirke": "export site", "top": [".samvirke-export", "a"]}\n'}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_old_one(tmp_path):
    target = tmp_path / "out"
    write(target, a=b"1")
    before = tree(target)

    with pytest.raises(RuntimeError), replacing(target) as folder:
        folder.write(("a",), [b"2"])
        raise RuntimeError

    assert tree(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_kill_leaves_the_old_one_and_the_next_run_sweeps_up(tmp_path):
    target = tmp_path / "out"
    write(target, a=b"1")
    before = tree(target)

    done = subprocess.run([sys.executable, "-c", KILLED, str(target)], env=dict(os.environ), check=False)

    assert done.returncode == -signal.SIGKILL
    assert tree(target) == before
    assert len(list(tmp_path.iterdir())) == 2
    write(target, a=b"2")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_runs_do_not_write_the_same_folder(tmp_path):
    with replacing(tmp_path / "out") as folder:
        folder.write(("a",), [b"1"])
        with pytest.raises(StoreBusy), replacing(tmp_path / "out"):
            pytest.fail("it was let in")

    assert (tmp_path / "out/a").read_bytes() == b"1"


@pytest.mark.parametrize(
    "marker",
    [
        b"",
        b"{}",
        b"[]",
        b'{"samvirke": "export site", "top": "thesis"}',
        b"\xff",
        b'{"samvirke": 1, "top": ["thesis"]}',
    ],
)
def test_a_marker_that_is_none_opens_nothing(tmp_path, marker):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis").write_text("mine")
    (tmp_path / "out" / MARKER).write_bytes(marker)

    with pytest.raises(WriteRefused), replacing(tmp_path / "out"):
        pytest.fail("it was let in")

    assert (tmp_path / "out/thesis").read_text() == "mine"


def test_a_link_in_the_old_folder_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    target = tmp_path / "out"
    write(target, a=b"1")
    (target / "a").unlink()
    (target / "a").symlink_to(outside, target_is_directory=True)

    with replacing(target) as folder:
        folder.write(("a", "kept"), [b"new"])

    assert (outside / "kept").read_text() == "kept"
    assert not (target / "a").is_symlink()
    assert (target / "a/kept").read_bytes() == b"new"


def test_no_file_is_written_over_and_names_that_are_alike_are_told(tmp_path):
    with replacing(tmp_path / "out") as folder:
        assert folder.write(("A", "x"), [b"1"])
        assert folder.write(("a", "x"), [b"2"])
        assert not folder.write(("A", "x"), [b"3"])
        assert not folder.write(("A",), [b"4"])
        assert not folder.write(("A", "x", "y"), [b"5"])
        assert folder.write(("\u00f8\u0301",), [b"6"])
        assert folder.write(("\u01ff",), [b"7"])
        assert folder.alike == [("A/x", "a/x"), ("\u00f8\u0301", "\u01ff")]
        assert folder.files == 4

    assert (tmp_path / "out/A/x").read_bytes() == b"1"
    assert json.loads((tmp_path / "out" / MARKER).read_text())["top"][0] == MARKER
