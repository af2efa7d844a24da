"""The file of tokens: what it holds, who finds what in it, and what is left when a change is killed or fails."""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import re
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from samvirke.errors import NotFound, StoreDamaged, StoreError, WrongUse
from samvirke.tokens import FILE, Tokens, issue, read_scope, read_tokens, revoke
from samvirke.tokens.secret import is_secret, new_secret

NOW = datetime(2026, 11, 24, 12, 30, 15, tzinfo=UTC)
UPDATE = {"update": ("*",)}
SECRET = re.compile(r"smv_[0-9A-Za-z]{49}")


def make(state: Path, name: str = "ada", **named):
    return issue(state, name, **{"scope": UPDATE, "expires": None, "rate": 60, "now": NOW, **named})


# ------------------------------------------------------------ secrets


def test_a_secret_is_known_by_its_beginning_and_its_checksum():
    secret = new_secret()
    changed = secret[:10] + ("A" if secret[10] != "A" else "B") + secret[11:]

    assert SECRET.fullmatch(secret)
    assert is_secret(secret)
    assert not is_secret(changed)
    assert not is_secret(secret + "\n")
    assert not is_secret(secret[4:])
    assert len({new_secret() for _ in range(100)}) == 100


def test_every_secret_has_all_its_bits(monkeypatch):
    """The smallest and the largest number have as many letters as any other."""
    found = []
    for byte in (b"\x00", b"\xff"):
        monkeypatch.setattr("secrets.token_bytes", lambda length, byte=byte: byte * length)
        found.append(new_secret())

    assert found[0].startswith("smv_" + "0" * 43)
    assert all(is_secret(secret) and SECRET.fullmatch(secret) for secret in found)
    assert found[0] != found[1]


# ------------------------------------------------------------ the file


def test_the_file_holds_the_digest_and_nothing_of_the_secret(tmp_path):
    state = tmp_path / "new" / "state"
    token, secret = make(state, scope=read_scope(["update", "put:urn:g:*"]), expires=NOW + timedelta(days=1), rate=7)

    text = (state / FILE).read_text()
    assert {name: value for name, value in json.loads(text).items() if name != "seal"} == {
        "version": 1,
        "tokens": [
            {
                "name": "ada",
                "sha256": hashlib.sha256(secret.encode()).hexdigest(),
                "created": "2026-11-24T12:30:15Z",
                "expires": "2026-11-25T12:30:15Z",
                "scope": {"update": ["*"], "put": ["urn:g:*"]},
                "rate": 7,
            }
        ],
    }
    assert secret[4:] not in text
    assert read_tokens(state) == (token,)


def test_only_its_owner_reads_it_from_its_first_moment_on(tmp_path, monkeypatch):
    modes = []
    real = os.fsync

    def seen(descriptor):
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        real(descriptor)

    before = os.umask(0)
    try:
        monkeypatch.setattr(os, "fsync", seen)
        make(tmp_path)
        make(tmp_path, "bo")
    finally:
        os.umask(before)

    assert modes[0] == modes[2] == 0o600
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "tokens.json": 0o600,
        "tokens.lock": 0o600,
    }


@pytest.mark.parametrize("name", ["ada", "Åse Ærø", "import-2026", "ada@lib.example", "a", "x" * 64, " ada "])
def test_a_name_is_kept(name, tmp_path):
    assert make(tmp_path, name)[0].name == name.strip()


@pytest.mark.parametrize(
    "name", ["", " ", "-ada", "ada:bo", "a\nb", "ada\u202e", "x" * 65, "<ada>", '"ada"', "a/b", "_a"]
)
def test_what_is_no_name_is_refused(name, tmp_path):
    with pytest.raises(WrongUse, match="is not the name of a token"):
        make(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("again", ["ada", "ADA", " Ada"])
def test_a_name_belongs_to_one_token(again, tmp_path):
    make(tmp_path, expires=NOW + timedelta(seconds=1))
    with pytest.raises(WrongUse, match=r"There is a token “ada” already\. Choose another name"):
        make(tmp_path, again)
    with pytest.raises(WrongUse, match="There is a token “ada” already, expired"):
        make(tmp_path, again, now=NOW + timedelta(seconds=1))
    revoke(tmp_path, "ada")
    make(tmp_path, again)


def test_a_name_may_be_written_with_either_form_of_its_letters(tmp_path):
    make(tmp_path, "A\u030ase")

    assert revoke(tmp_path, "Åse").name == "Åse"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"scope": {}}, "The token permits nothing"),
        ({"scope": {"update": ()}}, "The token permits nothing"),
        ({"expires": NOW}, "would have expired at 2026-11-24T12:30:15Z"),
        ({"expires": NOW - timedelta(days=1)}, "would have expired"),
        ({"rate": 0}, "0 writes a minute is not a rate"),
        ({"rate": -1}, "is not a rate"),
        ({"rate": 60_001}, "is not a rate"),
    ],
)
def test_a_token_that_is_good_for_nothing_is_not_made(named, told, tmp_path):
    with pytest.raises(WrongUse, match=told):
        make(tmp_path, **named)
    assert list(tmp_path.iterdir()) == []


def test_revoking_what_is_not_there_is_told_and_changes_nothing(tmp_path):
    with pytest.raises(NotFound, match=r"There is no token “bo”\. There are no tokens\."):
        revoke(tmp_path, "bo")
    make(tmp_path)
    before = (tmp_path / FILE).stat()
    with pytest.raises(NotFound, match=r"There is no token “bo”\. `samvirke token list` lists them\."):
        revoke(tmp_path, "bo")

    assert (tmp_path / FILE).stat() == before


def test_many_at_once_lose_none(tmp_path):
    threads = [threading.Thread(target=make, args=(tmp_path, f"n{number}")) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {token.name for token in read_tokens(tmp_path)} == {f"n{number}" for number in range(20)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.lock"]


# ------------------------------------------------------------ finding


def test_a_token_is_found_by_its_secret_and_by_nothing_else(tmp_path):
    made = [make(tmp_path, name) for name in ("ada", "bo", "cy")]
    tokens = Tokens(tmp_path)

    assert [tokens.find(secret) for _, secret in made] == [token for token, _ in made]
    for text in ("", "smv_", made[0][1][:-1], made[0][1] + "0", made[0][0].sha256, "ada", "é" * 53, "\ud800"):
        assert tokens.find(text) is None
    assert Tokens(tmp_path / "nowhere").find(made[0][1]) is None


def test_every_token_is_compared_whole_whichever_it_is(tmp_path, monkeypatch):
    made = [make(tmp_path, name)[1] for name in ("ada", "bo", "cy", "di")]
    tokens = Tokens(tmp_path)
    compared = []
    real = hmac.compare_digest

    def seen(one, other):
        compared.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", seen)
    for secret in (*made, new_secret(), "", "x" * 10_000):
        compared.clear()
        tokens.find(secret)
        assert compared == [(64, 64)] * 4


def test_a_token_is_good_until_the_moment_it_ends(tmp_path):
    token, secret = make(tmp_path, expires=NOW + timedelta(hours=1))
    lasting, _ = make(tmp_path, "bo")
    now = NOW
    tokens = Tokens(tmp_path, clock=lambda: now)

    assert tokens.good(token)
    now = NOW + timedelta(minutes=59, seconds=59, milliseconds=999)
    assert tokens.good(token)
    now = NOW + timedelta(hours=1)
    assert not tokens.good(token)
    assert tokens.find(secret) == token, "it is known, and told that it has expired"
    now = datetime.max.replace(tzinfo=UTC)
    assert tokens.good(lasting)


def test_what_changes_is_seen_without_a_restart(tmp_path):
    tokens = Tokens(tmp_path)
    before = tokens.all()
    _, secret = make(tmp_path)
    made = tokens.find(secret)
    revoke(tmp_path, "ada")

    assert before == ()
    assert made is not None
    assert tokens.find(secret) is None
    make(tmp_path, "bo")
    assert [token.name for token in tokens.all()] == ["bo"]
    (tmp_path / FILE).unlink()
    assert tokens.all() == ()


def test_a_file_that_stays_is_read_once(tmp_path, monkeypatch):
    make(tmp_path)
    tokens = Tokens(tmp_path)
    first = tokens.all()

    assert all(one is again for one, again in zip(first, tokens.all(), strict=True))


def test_a_token_may_touch_what_its_scope_names_by_the_verb_it_names(tmp_path):
    token, _ = make(tmp_path, scope=read_scope(["put:urn:g:*", "put:urn:h", "update"]))

    assert token.may("put") and token.may("update") and not token.may("delete")
    assert [token.may_touch(graph, verb="put") for graph in ("urn:g:1", "urn:h", "urn:h:1", "urn:g", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert token.may_touch("", verb="update") and token.may_touch("urn:any", verb="update")
    assert not token.may_touch("urn:h", verb="delete")


# ------------------------------------------------------------ damage

GOOD = {
    "name": "ada",
    "sha256": "0" * 64,
    "created": "2026-11-24T12:30:15Z",
    "expires": None,
    "scope": {"update": ["*"]},
    "rate": 60,
}


def file_of(*tokens: object, **more: object) -> bytes:
    """Write a file as it is written, its seal over whatever it says."""
    bare = {"version": 1, "tokens": list(tokens), **more}
    seal = hashlib.sha256((json.dumps(bare, ensure_ascii=False, indent=1) + "\n").encode()).hexdigest()
    return (json.dumps({**bare, "seal": seal}, ensure_ascii=False, indent=1) + "\n").encode()


DAMAGED = {
    "empty": b"",
    "no seal": json.dumps({"version": 1, "tokens": [GOOD]}).encode(),
    "another digest": file_of(GOOD).replace(b"0" * 64, b"1" + b"0" * 63),
    "cut short": file_of(GOOD)[:-10],
    "zeros": bytes(100),
    "no UTF-8": file_of(GOOD).replace(b"ada", b"\xff"),
    "nested": b"[" * 100_000,
    "a list": b"[]",
    "null": b"null",
    "no tokens": b'{"version": 1}',
    "tokens not a list": b'{"version": 1, "tokens": {}}',
    "more beside them": file_of(GOOD, note="x"),
    "a version to come": file_of(GOOD, version=2),
    "true for a version": file_of(GOOD, version=True),
    "a field twice": file_of(GOOD).replace(b'"rate": 60', b'"rate": 60, "rate": 61'),
    "a field unknown": file_of({**GOOD, "address": "10.0.0.0/8"}),
    "a field missing": file_of({key: value for key, value in GOOD.items() if key != "expires"}),
    "a token that is a text": file_of("ada"),
    "no name": file_of({**GOOD, "name": ""}),
    "a name that is a number": file_of({**GOOD, "name": 1}),
    "a short digest": file_of({**GOOD, "sha256": "0" * 63}),
    "an empty digest": file_of({**GOOD, "sha256": ""}),
    "a digest in capitals": file_of({**GOOD, "sha256": "A" * 64}),
    "no scope": file_of({**GOOD, "scope": {}}),
    "a scope for everything": file_of({**GOOD, "scope": "*"}),
    "a verb unknown": file_of({**GOOD, "scope": {"rename": ["*"]}}),
    "no graphs": file_of({**GOOD, "scope": {"update": []}}),
    "graphs that are a text": file_of({**GOOD, "scope": {"update": "*"}}),
    "a graph that is none": file_of({**GOOD, "scope": {"update": ["relative"]}}),
    "a graph that is empty": file_of({**GOOD, "scope": {"update": [""]}}),
    "a rate of nothing": file_of({**GOOD, "rate": 0}),
    "a rate that is true": file_of({**GOOD, "rate": True}),
    "a rate that is a half": file_of({**GOOD, "rate": 0.5}),
    "an end that is a word": file_of({**GOOD, "expires": "never"}),
    "an end that is empty": file_of({**GOOD, "expires": ""}),
    "an end with no zone": file_of({**GOOD, "expires": "2026-11-24T12:30:15"}),
    "an end that is a number": file_of({**GOOD, "expires": 0}),
    "a day that is none": file_of({**GOOD, "created": "2026-02-30T12:30:15Z"}),
    "a name twice": file_of(GOOD, {**GOOD, "name": "ADA", "sha256": "1" * 64}),
    "a digest twice": file_of(GOOD, {**GOOD, "name": "bo"}),
    "too long": b" " * (8 << 20) + file_of(GOOD),
}
assert len(DAMAGED) >= 38


def test_the_file_that_is_damaged_below_is_whole(tmp_path):
    (tmp_path / FILE).write_bytes(file_of(GOOD))

    assert [token.name for token in read_tokens(tmp_path)] == ["ada"]


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_opens_nothing_and_is_left_as_it_is(kind, tmp_path):
    path = tmp_path / FILE
    path.write_bytes(DAMAGED[kind])
    tokens = Tokens(tmp_path)
    for attempt in (
        lambda: read_tokens(tmp_path),
        tokens.all,
        lambda: tokens.find("smv_x"),
        lambda: make(tmp_path, "new"),
        lambda: revoke(tmp_path, "ada"),
    ):
        with pytest.raises(StoreDamaged, match=r"tokens\.json is damaged: .+ Nobody can write\. Put a copy back"):
            attempt()

    assert path.read_bytes() == DAMAGED[kind]
    path.write_bytes(file_of(GOOD))
    assert [token.name for token in tokens.all()] == ["ada"], "a repaired file is read"


def test_a_file_that_cannot_be_read_is_not_one_without_tokens(tmp_path):
    (tmp_path / FILE).mkdir()

    for attempt in (lambda: read_tokens(tmp_path), Tokens(tmp_path).all, lambda: make(tmp_path)):
        with pytest.raises(StoreError, match=r"tokens\.json cannot be read: Is a directory"):
            attempt()


# ------------------------------------------------------------ faults

STEPS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "fcntl.flock", "os.listdir", "os.scandir"})


def in_child(state: Path, name: str, *, killed_at: int) -> tuple[bool, int]:
    """Make a token in a process that is killed just before a step; say whether it was, and how many steps it took."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        taken = 0

        def step(event: str, _: tuple[object, ...]) -> None:
            nonlocal taken
            if event in STEPS or event == "samvirke.sync":
                taken += 1
                if taken == killed_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        def sync(descriptor: int, real=os.fsync) -> None:
            sys.audit("samvirke.sync")
            real(descriptor)
            sys.audit("samvirke.sync")

        try:
            os.fsync = sync
            sys.addaudithook(step)
            make(state, name)
            os.write(writer, str(taken).encode())
        finally:
            os._exit(0)
    os.close(writer)
    told = os.read(reader, 20)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, int(told or b"0")


def test_a_change_killed_at_any_step_leaves_the_old_tokens_or_the_new(tmp_path):
    make(tmp_path)
    _, steps = in_child(tmp_path, "first", killed_at=0)
    assert steps >= 9  # the folder, the lock, its file, what was left, the tokens, the new file, both syncs, the rename

    known = {"ada", "first"}
    switched = []
    for number in range(1, steps + 1):
        killed, _ = in_child(tmp_path, f"n{number}", killed_at=number)
        found = {token.name for token in read_tokens(tmp_path)}
        assert killed
        assert found in (known, known | {f"n{number}"})
        switched.append(found != known)
        known = found
    assert switched == sorted(switched)
    assert not switched[0] and switched[-1]

    make(tmp_path, "last")
    assert {token.name for token in read_tokens(tmp_path)} == known | {"last"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.lock"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_leaves_the_tokens_as_they_were(number, tmp_path, monkeypatch):
    make(tmp_path)
    before = (tmp_path / FILE).read_bytes()

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match=rf"cannot be written: {os.strerror(number)}\. They are as they were\."):
            make(tmp_path, "bo")
        with pytest.raises(StoreError, match="They are as they were"):
            revoke(tmp_path, "ada")

    assert (tmp_path / FILE).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.lock"]
    make(tmp_path, "bo")


def test_a_disk_that_fails_afterwards_is_told_as_it_is(tmp_path, monkeypatch):
    real = os.fsync

    def fail(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve() == tmp_path.resolve():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match="are changed, but the disk does not say that it keeps them"):
            make(tmp_path)

    assert [token.name for token in read_tokens(tmp_path)] == ["ada"]


def test_a_state_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "state").write_text("")

    with pytest.raises(StoreError, match="cannot be written"):
        make(tmp_path / "state")
