"""`samvirke token`: made, listed and revoked as a steward does it, and `serve --writable` that needs one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from samvirke.commands.token import read_end
from samvirke.errors import WrongUse
from samvirke.tokens import FILE, issue
from tests.cli.conftest import Run, environment

NOW = datetime(2026, 11, 24, 12, 30, 15, 900, tzinfo=UTC)
SECRET = re.compile(r"smv_[0-9A-Za-z]{49}\n")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site's folder with nothing in it but its settings: tokens need no more."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "samvirke.toml").write_text('base = "https://a.example/"\n')
    return folder


def kept(site: Path) -> list[dict]:
    return json.loads((site / ".samvirke" / FILE).read_text())["tokens"]


def test_a_secret_is_printed_alone_and_once(site: Path, run_here: Run) -> None:
    made = run_here("token", "create", "ada", "--scope", "update", "--site", site)
    listed = [run_here("token", "list", "--site", site, *more).out for more in ((), ("--json",), ("-v",))]

    assert made.code == 0
    assert SECRET.fullmatch(made.out)
    assert made.err == "The token “ada” is made. Its secret is shown this once: keep it as you keep a password.\n"
    digest = hashlib.sha256(made.out.strip().encode()).hexdigest()
    assert [token["sha256"] for token in kept(site)] == [digest]
    for text in (*listed, (site / ".samvirke" / FILE).read_text()):
        assert "ada" in text
        assert made.out.strip()[4:] not in text
    assert not any(digest in text for text in listed)


def test_what_is_asked_for_is_kept(site: Path, run_here: Run) -> None:
    given = ("--scope", "update", "--scope", "put,post:https://a.example/d/*", "--rate", "5", "--expires", "2199-01-31")
    told = json.loads(run_here("--json", "-q", "token", "create", "Åse Ærø", *given, "--site", site).out)
    listed = json.loads(run_here("token", "list", "--json", "--site", site).out)

    assert SECRET.fullmatch(told.pop("token") + "\n")
    assert told == {
        "name": "Åse Ærø",
        "scope": ["update", "put:https://a.example/d/*", "post:https://a.example/d/*"],
        "rate": 5,
        "created": kept(site)[0]["created"],
        "expires": "2199-02-01T00:00:00Z",
        "expired": False,
    }
    assert listed == [told]


def test_a_list_marks_what_has_expired(site: Path, run_here: Run) -> None:
    then = datetime(2001, 1, 1, tzinfo=UTC)
    issue(site / ".samvirke", "old", scope={"update": ("*",)}, expires=then + timedelta(hours=1), rate=60, now=then)
    run_here("token", "create", "new", "--scope", "undo", "--site", site)

    lines = run_here("token", "list", "--site", site).out.splitlines()
    assert lines[0].split() == ["Name", "May", "A", "minute", "Made", "Expires"]
    assert lines[2].endswith("2001-01-01T01:00:00Z (expired)")
    assert lines[3].split()[:3] == ["new", "undo", "60"] and lines[3].endswith("never")
    danish = run_here("token", "list", "--site", site, "--lang", "da").out.splitlines()
    assert (danish[2].endswith("(udløbet)"), danish[3].endswith("aldrig")) == (True, True)


def test_a_token_is_revoked_by_its_name(site: Path, run_here: Run) -> None:
    for name in ("ada", "bo"):
        run_here("token", "create", name, "--scope", "all", "--site", site)
    done = run_here("token", "revoke", "ada", "--site", site, "--lang", "da")
    told = run_here("token", "revoke", "bo", "--site", site, "--json", "-q")
    none = run_here("token", "list", "--site", site)

    assert (done.code, done.out, done.err) == (0, "", "Nøglen “ada” er inddraget.\n")
    assert (json.loads(told.out)["name"], told.err) == ("bo", "")
    assert (none.code, none.out, none.err) == (0, "", "There are no tokens.\n")
    assert kept(site) == []


WRONG = [
    (("create", "ada"), 2, "--scope is missing. See: samvirke token create --help\n"),
    (("create", "--scope", "update"), 2, "NAME is missing. See: samvirke token create --help\n"),
    (
        ("create", "ada", "--scope", "updaet"),
        2,
        "There is no verb “updaet” in a scope. Did you mean “update”? Verbs are",
    ),
    (("create", "ada", "--scope", "put:here"), 2, "“here” is not the full address of a graph"),
    (("create", "a/b", "--scope", "put"), 2, "“a/b” is not the name of a token. Use up to 64"),
    (("create", "ada", "--scope", "put", "--rate", "0"), 2, "0 writes a minute is not a rate from 1 to 60000.\n"),
    (("create", "ada", "--scope", "put", "--rate", "x"), 2, "Invalid value for '--rate': 'x' is not a valid integer."),
    (("create", "ada", "--scope", "put", "--expires", "soon"), 2, "“soon” names no time at which a token ends."),
    (
        ("create", "ada", "--scope", "put", "--expires", "2001-01-01"),
        2,
        "The token would have expired at 2001-01-02T00",
    ),
    (("create", "taken", "--scope", "put"), 2, "There is a token “taken” already. Choose another name, or revoke"),
    (("revoke", "takken"), 3, "There is no token “takken”. Did you mean “taken”?\n"),
    (("revoke", "x"), 3, "There is no token “x”. `samvirke token list` lists them.\n"),
    (("revok", "x"), 2, "There is no command “revok”. Did you mean revoke? See: samvirke token --help\n"),
    ((), 2, "Name a command. See: samvirke token --help\n"),
]
assert len(WRONG) >= 14


@pytest.mark.parametrize(("given", "code", "told"), WRONG)
def test_what_is_wrong_is_told_and_changes_nothing(
    given: tuple[str, ...], code: int, told: str, site: Path, run_here: Run
) -> None:
    run_here("token", "create", "taken", "--scope", "update", "--site", site)
    before = (site / ".samvirke" / FILE).read_bytes()
    outcome = run_here("token", *given, cwd=site)

    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith(told)
    assert outcome.err.count("\n") == 1
    assert (site / ".samvirke" / FILE).read_bytes() == before


def test_a_damaged_file_is_told_by_every_command_and_left_as_it_is(site: Path, run_here: Run) -> None:
    (site / ".samvirke").mkdir()
    path = site / ".samvirke" / FILE
    path.write_bytes(b'{"version": 1')
    outcomes = [
        run_here(*given, cwd=site)
        for given in (
            ("token", "list"),
            ("token", "create", "ada", "--scope", "all"),
            ("token", "revoke", "ada"),
            ("serve", "--writable"),
        )
    ]
    seen = json.loads(run_here("doctor", "--json", cwd=site).out)

    assert [outcome.code for outcome in outcomes] == [4] * 4
    assert {outcome.err for outcome in outcomes} == {
        ".samvirke/tokens.json is damaged: it is no JSON (JSONDecodeError). Nobody can write."
        " Put a copy back, or delete it and make new tokens with `samvirke token create`.\n"
    }
    assert path.read_bytes() == b'{"version": 1'
    assert {one["name"]: one["state"] for one in seen}["tokens"] == "missing"


ENDS = [
    ("1h", datetime(2026, 11, 24, 13, 30, 15, tzinfo=UTC)),
    ("30d", datetime(2026, 12, 24, 12, 30, 15, tzinfo=UTC)),
    (" 2w ", datetime(2026, 12, 8, 12, 30, 15, tzinfo=UTC)),
    ("2026-11-24", datetime(2026, 11, 25, tzinfo=UTC)),
    ("2028-02-29", datetime(2028, 3, 1, tzinfo=UTC)),
    ("2027-01-31T12:00:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
    ("2027-01-31T12:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
]
NO_ENDS = ["", "30", "d", "-1d", "1.5d", "1y", "99999w99", "tomorrow", "2027-02-30", "2027-01", "20270131", "31/1/2027",
           "2027-01-31T12:00:00", "2027-01-31 12:00Z", "9999-12-31", "٣d"]  # fmt: skip


@pytest.mark.parametrize(("text", "moment"), ENDS)
def test_an_end_is_a_span_a_last_day_or_a_moment(text: str, moment: datetime) -> None:
    assert read_end(text, NOW) == moment


@pytest.mark.parametrize("text", NO_ENDS)
def test_what_names_no_end_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="names no time at which a token ends"):
        read_end(text, NOW)


@pytest.mark.parametrize("by", ["option", "environment", "settings"])
@pytest.mark.parametrize(("tokens", "told"), [("none", "it has none"), ("expired", "each of its tokens has expired")])
def test_a_writable_site_does_not_start_without_a_good_token(
    by: str, tokens: str, told: str, site: Path, run_here: Run
) -> None:
    then = datetime(2001, 1, 1, tzinfo=UTC)
    if tokens == "expired":
        issue(site / ".samvirke", "old", scope={"put": ("*",)}, expires=then + timedelta(hours=1), rate=60, now=then)
    if by == "settings":
        (site / "samvirke.toml").write_text('base = "https://a.example/"\nwritable = true\n')
    given = ["--writable"] if by == "option" else []
    extra = {"SAMVIRKE_WRITABLE": "yes"} if by == "environment" else {}
    outcome = run_here("serve", "--port", "0", *given, cwd=site, **extra)

    assert outcome.code == 4
    assert outcome.err == (
        f"A site is written to with a token, and {told}. Run: samvirke token create NAME --scope update\n"
    )


@pytest.mark.parametrize("given", [("--scratch",), ("facts.ttl",)])
def test_only_a_site_is_made_writable(given: tuple[str, ...], tmp_path: Path, run_here: Run) -> None:
    (tmp_path / "facts.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
    outcome = run_here("serve", "--writable", *given, cwd=tmp_path, SAMVIRKE_TOKEN="word")

    assert outcome.code == 2
    assert outcome.err.startswith("--writable is for a site. ")


def test_doctor_counts_the_tokens(site: Path, run_here: Run) -> None:
    def told(**extra: str) -> tuple[str, str]:
        found = json.loads(run_here("doctor", "--json", cwd=site, **extra).out)
        return next((one["state"], one["told"]) for one in found if one["name"] == "tokens")

    assert told() == ("note", "none; nobody can write")
    assert told(SAMVIRKE_WRITABLE="true") == ("missing", "none; nobody can write")
    run_here("token", "create", "ada", "--scope", "update", cwd=site)
    assert told(LANG="da_DK.UTF-8") == ("ok", "1 gyldige, 0 udløbet")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("samvirke token ", ["create", "list", "revoke"]),
        ("samvirke token revoke a", ["ada", "anne"]),
        ("samvirke token create x --scope up", ["update"]),
        ("samvirke token create x --scope put,p", ["put,put", "put,post"]),
    ],
)
def test_a_shell_completes_commands_names_and_verbs(typed: str, offered: list[str], site: Path, run_here: Run) -> None:
    for name in ("ada", "anne", "bo"):
        run_here("token", "create", name, "--scope", "all", cwd=site)
    words = typed.split(" ")
    done = subprocess.run(
        [sys.executable, "-m", "samvirke"],
        env=environment(_SAMVIRKE_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1)),
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )

    assert [line.partition(",")[2] for line in done.stdout.splitlines()] == offered


def test_a_secret_is_not_lost_in_a_closed_pipe_unnoticed(site: Path) -> None:
    """Who did not get the secret is told by the exit code, and can revoke the token."""
    reader, writer = os.pipe()
    os.close(reader)
    given = [sys.executable, "-m", "samvirke", "token", "create", "ada", "--scope", "all"]
    try:
        done = subprocess.run(given, cwd=site, env=environment(), stdout=writer, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writer)

    assert done.returncode == 141
