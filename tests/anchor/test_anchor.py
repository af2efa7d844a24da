"""Anchoring: what is rewritten, what is left alone, what is refused – and then nothing is written."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samvirke.anchor import anchor
from samvirke.errors import InputError, SamvirkeError, SiteError
from samvirke.evidence import verify
from samvirke.site import Site
from samvirke.sources import read_documents
from samvirke.store import read_rdf

CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))
SECTION = re.compile(r"^=== (.+)\n", re.MULTILINE)
TRIG = "data/documents/side/1.trig"
ABOUT = "data/documents/side/about.ttl"
PREFIXES = """\
@prefix core: <https://w3id.org/samvirke/core#> .
@prefix ex: <https://example.org/id/> .
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
"""


def sections(case: Path) -> dict[str, str]:
    parts = SECTION.split(case.read_text(encoding="utf-8"))[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def make_site(root: Path, files: dict[str, str | bytes]) -> Site:
    root.mkdir(exist_ok=True)
    (root / "samvirke.toml").write_text('base = "https://example.org/"\nlanguages = ["da", "en"]\n', encoding="utf-8")
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Site.open(root)


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def written(case: Path, prefix: str = "") -> dict[str, str]:
    return {
        name.removeprefix(prefix): content
        for name, content in sections(case).items()
        if name != "error" and name.startswith("after ") == bool(prefix)
    }


RIGHT = [case for case in CASES if "error" not in sections(case)]
WRONG = [case for case in CASES if "error" in sections(case)]


def test_the_cases_are_all_there() -> None:
    assert len(RIGHT) >= 27
    assert len(WRONG) >= 20


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.stem)
def test_quotes_get_their_places_and_nothing_else_changes(case: Path, tmp_path: Path) -> None:
    site = make_site(tmp_path, written(case))
    before = contents(tmp_path)
    after = {name: content.encode() for name, content in written(case, "after ").items()}

    changes = anchor(site)

    assert contents(tmp_path) == before | after
    assert {change.file for change in changes} == {str(tmp_path / name) for name in after}
    assert anchor(site) == [], "anchoring twice changes nothing"
    assert contents(tmp_path) == before | after


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.stem)
def test_what_was_anchored_holds(case: Path, tmp_path: Path) -> None:
    site = make_site(tmp_path, written(case))
    anchor(site)

    quads = [quad for path in site.data_files() for quad in read_rdf(path, base_iri=site.document_base(path))]
    found = verify(read_documents(site.root, site.base), quads)
    # Places in a table are left alone here, and refused by the evidence check: the document is a text.
    assert [one for one in found if not one.focus.partition("#")[2].startswith(("row=", "cell="))] == []


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.stem)
def test_a_dry_run_tells_the_same_and_writes_nothing(case: Path, tmp_path: Path) -> None:
    site = make_site(tmp_path, written(case))
    before = contents(tmp_path)

    told = anchor(site, dry_run=True)

    assert contents(tmp_path) == before
    assert told == anchor(site)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.stem)
def test_what_cannot_be_placed_is_refused_with_its_place_and_nothing_is_written(case: Path, tmp_path: Path) -> None:
    site = make_site(tmp_path, written(case))
    before = contents(tmp_path)

    with pytest.raises(InputError) as caught:
        anchor(site)

    assert str(caught.value).startswith(f"{tmp_path}/{sections(case)['error'].strip()}")
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    assert contents(tmp_path) == before


def test_a_change_tells_file_line_column_old_new_and_words(tmp_path: Path) -> None:
    site = make_site(tmp_path, written(Path(__file__).parent / "cases" / "draft.case"))

    (change,) = anchor(site)

    assert str(change) == f"{tmp_path}/{TRIG}:6:6: <#stiftet> → <#char=16,50> “Haveforeningen blev stiftet i 1923”"


def draft(name: str, quote: str) -> str:
    return f'{PREFIXES}<> {{ <#{name}> nif:anchorOf "{quote}"@da . }}\n<#{name}> {{ ex:a ex:b ex:c . }}\n'


def test_windows_line_endings_and_byte_order_marks_stay(tmp_path: Path) -> None:
    before = ("\ufeff" + draft("a", "to")).replace("\n", "\r\n")
    site = make_site(tmp_path, {"data/documents/side/1.txt": "\ufeffen\r\nto\r\n", TRIG: before})

    anchor(site)

    assert (tmp_path / TRIG).read_bytes() == before.replace("<#a>", "<#char=4,6>").encode()


def test_only_the_named_files_are_placed(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        {
            "data/documents/side/1.txt": "en to tre",
            TRIG: draft("a", "to"),
            "data/documents/side/mere.trig": draft("b", "fire").replace("<>", "<1>").replace("<#", "<1#"),
        },
    )

    anchor([tmp_path / TRIG])

    assert "<#char=3,5>" in (tmp_path / TRIG).read_text(encoding="utf-8")
    with pytest.raises(InputError, match="“fire” is not in"):
        anchor(site)


def test_a_named_file_may_say_what_another_says_already(tmp_path: Path) -> None:
    make_site(
        tmp_path,
        {
            "data/documents/side/1.txt": "en to tre",
            TRIG: draft("a", "to"),
            "data/documents/side/mere.trig": draft("char=3,5", "to").replace("<>", "<1>").replace("<#", "<1#"),
        },
    )

    assert len(anchor([tmp_path / TRIG])) == 1


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    make_site(tmp_path, {"data/documents/side/1.txt": "en to tre", TRIG: draft("a", "to"), ABOUT: "# nothing yet\n"})

    assert len(anchor([tmp_path / "data"])) == 2


def test_files_of_no_site_and_files_that_are_no_data_are_refused(tmp_path: Path) -> None:
    make_site(tmp_path / "site", {"data/documents/side/1.txt": "en to tre", TRIG: draft("a", "to")})
    loose = tmp_path / "loose.trig"
    loose.write_text(draft("a", "to"), encoding="utf-8")
    with pytest.raises(SiteError, match="belongs to no site"):
        anchor([loose])
    with pytest.raises(SiteError, match="more than one site"):
        anchor([])
    with pytest.raises(InputError, match="no such file"):
        anchor([tmp_path / "site" / "nothing.trig"])
    with pytest.raises(InputError, match="no data file of the site"):
        anchor([tmp_path / "site" / "data/documents/side/1.txt"])


def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"data/documents/side/1.txt": "en to tre", "elsewhere.trig": draft("a", "to")})
    (tmp_path / "elsewhere.trig").chmod(0o640)
    (tmp_path / TRIG).symlink_to(tmp_path / "elsewhere.trig")

    anchor(site)

    assert (tmp_path / TRIG).is_symlink()
    assert "<#char=3,5>" in (tmp_path / "elsewhere.trig").read_text(encoding="utf-8")
    assert stat.S_IMODE((tmp_path / "elsewhere.trig").stat().st_mode) == 0o640


def test_when_a_file_cannot_be_written_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site(
        tmp_path,
        {"data/documents/side/1.txt": "en to tre", TRIG: draft("a", "to"), ABOUT: "# nothing yet\n"},
    )
    before = contents(tmp_path)
    synced = os.fsync
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(tmp_path / ABOUT))
        synced(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        anchor(site)

    assert contents(tmp_path) == before


def test_a_file_changed_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site(tmp_path, {"data/documents/side/1.txt": "en to tre", TRIG: draft("a", "to")})
    prove = anchor.__globals__["prove"]

    def meanwhile(*arguments: object) -> None:
        prove(*arguments)
        (tmp_path / TRIG).write_text("# somebody else's\n", encoding="utf-8")

    monkeypatch.setitem(anchor.__globals__, "prove", meanwhile)
    with pytest.raises(InputError, match="changed meanwhile"):
        anchor(site)

    assert (tmp_path / TRIG).read_text(encoding="utf-8") == "# somebody else's\n"
    assert not list(tmp_path.rglob("*.new"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.data())
def test_words_put_in_anywhere_between_sentences_are_followed(
    root: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The first site's own data, with text added before, within or behind its document."""
    source = root / "data/documents/biblioteksnetvaerk-om-inkluderingsindsatser"
    text = (source / "2021-10-21.txt").read_text(encoding="utf-8")
    facts = (source / "2021-10-21.trig").read_text(encoding="utf-8")
    breaks = [0, *(at.end() for at in re.finditer("\n\n", text)), len(text)]
    # Letters that no quote has, so that no quote is added by chance; the quotes themselves are also tried.
    added = st.text(alphabet="qzQZ 😀\u00a0\n", min_size=1, max_size=60)
    for place in sorted(data.draw(st.sets(st.sampled_from(breaks), min_size=1, max_size=3)), reverse=True):
        text = text[:place] + data.draw(added) + "\n\n" + text[place:]
    folder = "data/documents/biblioteksnetvaerk-om-inkluderingsindsatser"
    tmp_path = tmp_path_factory.mktemp("site")
    site = make_site(tmp_path, {f"{folder}/2021-10-21.txt": text, f"{folder}/2021-10-21.trig": facts})
    (tmp_path / "samvirke.toml").write_text('base = "https://w3id.org/samvirke/"\n', encoding="utf-8")
    site = Site.open(tmp_path)

    anchor(site)

    path = tmp_path / folder / "2021-10-21.trig"
    quads = list(read_rdf(path, base_iri=site.document_base(path)))
    assert verify(read_documents(site.root, site.base), quads) == []
    assert len(quads) == len(list(read_rdf(source / "2021-10-21.trig", base_iri=site.document_base(path))))
    assert anchor(site) == []
    fragments = re.compile(r"#char=\d+,\d+")
    assert fragments.sub("", path.read_text(encoding="utf-8")) == fragments.sub("", facts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.data())
def test_any_stretch_of_any_text_can_be_anchored_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = data.draw(st.text(alphabet="abæ \u00a0”\"\\'#<>😀\n", min_size=1, max_size=50).filter(str.strip))
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    escaped = quote.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    tmp_path = tmp_path_factory.mktemp("site")
    site = make_site(tmp_path, {"data/documents/side/1.txt": text, TRIG: draft("a", escaped)})
    occurring = sum(text.startswith(quote, at) for at in range(len(text)))
    try:
        anchor(site)
    except SamvirkeError as error:
        assert occurring > 1
        assert f"stands {occurring} times" in str(error)
    else:
        assert occurring == 1
        assert f"<#char={start},{start + len(quote)}>" in (tmp_path / TRIG).read_text(encoding="utf-8")
