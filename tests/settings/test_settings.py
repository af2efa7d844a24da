"""Where settings come from, which one wins, and how a wrong one is told."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import fields
from pathlib import Path

import pytest

from samvirke.errors import InputError, SiteError
from samvirke.settings import (
    SETTINGS,
    Limits,
    Link,
    Settings,
    load_settings,
    public_settings,
    settings_from_public,
)
from samvirke.site import Site

BAD = sorted((Path(__file__).parent / "bad").glob("*.toml"))
BASE = 'base = "https://x.example/"\n'


def load(folder: Path, text: str = BASE, *, environ: dict[str, str] | None = None, **overrides: object) -> Settings:
    (folder / "samvirke.toml").write_text(text, encoding="utf-8")
    return load_settings(folder, overrides=overrides, environ=environ or {})


def test_a_site_needs_no_more_than_a_base(tmp_path: Path) -> None:
    settings = load(tmp_path)

    assert settings.base == "https://x.example/"
    assert settings.languages == ("en",)
    assert settings.limits == Limits()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.licence == Link()


def test_option_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    text = f"{BASE}port = 1\n"
    environ = {"SAMVIRKE_PORT": "2"}
    found = [
        load(tmp_path),
        load(tmp_path, text),
        load(tmp_path, text, environ=environ),
        load(tmp_path, text, environ=environ, port=3),
        load(tmp_path, text, environ=environ, port="4"),
        load(tmp_path, text, environ=environ, port=None),
    ]

    assert [settings.port for settings in found] == [8000, 1, 2, 3, 4, 2]
    assert [settings.origin("port") for settings in found] == [
        "default",
        str(tmp_path / "samvirke.toml"),
        "SAMVIRKE_PORT",
        "option",
        "option",
        "SAMVIRKE_PORT",
    ]


def test_every_setting_can_be_set_by_the_environment(tmp_path: Path) -> None:
    environ = {
        "SAMVIRKE_BASE": "http://y.example/data/",
        "SAMVIRKE_LANGUAGES": "da, en-gb",
        "SAMVIRKE_TITLE_DA": "Navn",
        "SAMVIRKE_DESCRIPTION_DA": "Om",
        "SAMVIRKE_LICENCE_ADDRESS": "https://y.example/licence",
        "SAMVIRKE_LICENCE_NAME": "Fri",
        "SAMVIRKE_PUBLISHER_NAME": "Os",
        "SAMVIRKE_ACCESSIBILITY_STATEMENT": "https://y.example/adgang",
        "SAMVIRKE_CONTACT": "mailto:os@y.example",
        "SAMVIRKE_HOST": "::1",
        "SAMVIRKE_PORT": "0",
        "SAMVIRKE_STATE": "/var/lib/y",
        "SAMVIRKE_RETENTION": "9",
        "SAMVIRKE_ALLOW_INVALID": "yes",
        "SAMVIRKE_WRITABLE": "on",
        "SAMVIRKE_CHECKPOINT_AFTER_MS": "0",
        "SAMVIRKE_FREE_BYTES": "0",
        "SAMVIRKE_CHECK_SHAPE_MS": "0",
        "SAMVIRKE_REASONER": "off",
        "SAMVIRKE_LOCK_WAIT_MS": "0",
        "SAMVIRKE_TRUSTED_PROXIES": "1",
        "SAMVIRKE_FEDERATION": "https://Query.wikidata.org:443, http://10.0.0.7:3030",
        "SAMVIRKE_FEDERATION_PRIVATE": "http://10.0.0.7:3030",
        **{f"SAMVIRKE_LIMITS_{entry.name.upper()}": "7" for entry in fields(Limits)},
    }
    settings = load(tmp_path, environ=environ)

    unset = [setting.name for setting in SETTINGS if settings.origin(setting.name) == "default"]
    assert unset == []
    assert settings.languages == ("da", "en-gb")
    assert dict(settings.title) == {"da": "Navn"}
    assert settings.licence == Link("https://y.example/licence", "Fri")
    assert settings.allow_invalid is True
    assert settings.reasoner is False
    assert settings.state == Path("/var/lib/y")
    assert settings.limits.path_steps == 7
    assert settings.federation == ("https://query.wikidata.org", "http://10.0.0.7:3030")


def test_a_text_in_one_language_leaves_the_others(tmp_path: Path) -> None:
    settings = load(tmp_path, f'{BASE}[title]\nda = "Navn"\nen = "Name"\n', environ={"SAMVIRKE_TITLE_EN": "Title"})

    assert dict(settings.title) == {"da": "Navn", "en": "Title"}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_wrong_setting_is_told_with_its_file_and_key(path: Path, tmp_path: Path) -> None:
    """The first line of each file says what must be told, after the file's path."""
    assert len(BAD) >= 20
    text = path.read_text(encoding="utf-8")

    with pytest.raises(SiteError) as caught:
        load(tmp_path, text)

    told = str(caught.value)
    expected = text.splitlines()[0].removeprefix("# ")
    assert expected in told
    assert str(tmp_path / "samvirke.toml") in told
    assert "\n" not in told
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SAMVIRKE_PORT", "eighty", "SAMVIRKE_PORT: `port` is not a whole number."),
        ("SAMVIRKE_PORT", "65536", "SAMVIRKE_PORT: `port` is 65536, not a number from 0 to 65535."),
        ("SAMVIRKE_ALLOW_INVALID", "maybe", "SAMVIRKE_ALLOW_INVALID: `allow_invalid` is neither true nor false."),
        ("SAMVIRKE_LANGUAGES", "da,,en", "SAMVIRKE_LANGUAGES: `languages` holds ''"),
        ("SAMVIRKE_LIMITS_TIMEOUT_MS", "0", "SAMVIRKE_LIMITS_TIMEOUT_MS: `limits.timeout_ms` is 0, not a number of at"),
        ("SAMVIRKE_TITLE_DANSK", "x", "SAMVIRKE_TITLE_*: `title` holds 'dansk'"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path, name: str, value: str, told: str) -> None:
    with pytest.raises(SiteError) as caught:
        load(tmp_path, environ={name: value})

    assert str(caught.value).startswith(told)


def test_an_unknown_option_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"option: there is no setting `prot`\. Did you mean `port`\?"):
        load(tmp_path, prot=1)


def test_a_missing_folder_or_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"samvirke\.toml does not exist\. .*samvirke init"):
        Site.open(tmp_path)
    with pytest.raises(SiteError, match=r"none does not exist\. Name the folder of a site with --site\."):
        Site.open(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(SiteError, match=r"file is not a folder\."):
        Site.open(tmp_path / "file")


def test_settings_that_are_not_utf8_are_told(tmp_path: Path) -> None:
    (tmp_path / "samvirke.toml").write_bytes(b'base = "https://\xe6.example/"\n')

    with pytest.raises(SiteError, match=r"samvirke\.toml is not UTF-8 \(byte 16\)\."):
        load_settings(tmp_path, environ={})


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "samvirke.toml").write_bytes(b"\xef\xbb\xbf" + BASE.encode())

    assert load_settings(tmp_path, environ={}).base == "https://x.example/"


def test_the_public_settings_come_back_as_they_were(tmp_path: Path) -> None:
    text = f'{BASE}languages = ["da", "en"]\n'
    text += '[title]\nda = "Æbler"\n[licence]\naddress = "https://l.example/"\nname = "L"\n'
    settings = load(tmp_path, text)
    kept = json.loads(json.dumps(public_settings(settings)))
    again = settings_from_public(kept, place="settings.json")

    assert public_settings(again) == public_settings(settings)
    assert (again.base, again.languages, again.licence) == (settings.base, settings.languages, settings.licence)


def test_the_table_and_the_value_name_the_same_settings() -> None:
    names = {entry.name for entry in fields(Settings)} - {"limits", "origins"}

    assert {setting.name for setting in SETTINGS} == names | {f"limits.{entry.name}" for entry in fields(Limits)}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_says_what_it_is_in_danish_and_english(setting: object) -> None:
    texts = setting.help  # type: ignore[attr-defined]  # a parameter
    assert set(texts) == {"da", "en"}
    assert all(text.endswith(".") and text[0].isupper() for text in texts.values())


@pytest.mark.parametrize("folder", ["ontology", "ontology/shapes", "data", "queries"])
def test_a_folder_that_cannot_be_read_is_told(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ontology/shapes").mkdir(parents=True)
    (tmp_path / "samvirke.toml").write_text(BASE)
    site = Site.open(tmp_path, environ={})
    scan = os.scandir

    def refuse(path: str) -> object:  # the administrator, who runs the tests in a container, may read everything
        if Path(path) == tmp_path / folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scan(path)

    (tmp_path / folder).mkdir(exist_ok=True)
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="The folder cannot be read: Permission denied") as caught:
        site.source_files()
    assert caught.value.file == str(tmp_path / folder)


def test_a_site_finds_its_files_in_path_order(tmp_path: Path) -> None:
    for name in (
        "ontology/b.ttl",
        "ontology/a/c.trig",
        "ontology/rules/r.rq",
        "ontology/notes.md",
        "data/z.nt",
        "data/documents/d/about.ttl",
        "data/documents/d/1.trig",
        "data/documents/d/1.txt",
        "data/.hidden/x.ttl",
        "data/.#lock.ttl",
        "data/x.ttl~",
        "queries/q.rq",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "samvirke.toml").write_text(BASE)
    site = Site.open(tmp_path, environ={})

    def names(paths: tuple[Path, ...]) -> list[str]:
        return [site.relative(path) for path in paths]

    assert names(site.ontology_files()) == ["ontology/a/c.trig", "ontology/b.ttl"]
    assert names(site.data_files()) == ["data/documents/d/1.trig", "data/documents/d/about.ttl", "data/z.nt"]
    assert names(site.rule_files()) == ["ontology/rules/r.rq"]
    assert names(site.query_files()) == ["queries/q.rq"]
    assert site.document_base(tmp_path / "data/documents/d/about.ttl") == "https://x.example/document/d/"
    assert site.document_base(tmp_path / "data/documents/d/1.trig") == "https://x.example/document/d/1"
    assert site.document_base(tmp_path / "data/z.nt") is None
    assert site.state == tmp_path / ".samvirke"
