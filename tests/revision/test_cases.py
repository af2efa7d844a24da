"""What becomes of each passage, and what is written: one file for each situation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from samvirke.revision import Revision, revise
from samvirke.site import Site

CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))
SECTION = re.compile(r"^=== (.+)\n", re.MULTILINE)
PREFIXES = """\
@base <https://example.org/document/side/1> .
@prefix core: <https://w3id.org/samvirke/core#> .
@prefix ex: <https://example.org/id/> .
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
"""


def sections(case: Path) -> dict[str, str]:
    """The parts of a case: two texts as JSON, the facts, what is expected of them."""
    parts = SECTION.split(case.read_text(encoding="utf-8"))[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def make_site(root: Path, given: dict[str, str]) -> Path:
    """A site with one document in two versions; return the new text's file."""
    folder = root / "data/documents/side"
    folder.mkdir(parents=True)
    (root / "samvirke.toml").write_text('base = "https://example.org/"\nlanguages = ["da", "en"]\n', encoding="utf-8")
    (folder / "1.txt").write_bytes(json.loads(given["old"]).encode())
    (folder / "2.txt").write_bytes(json.loads(given["new"]).encode())
    (folder / "1.trig").write_bytes(given["facts"].replace("PREFIXES\n", PREFIXES).encode())
    for name in [name for name in given if name.startswith("file ")]:
        path = root / name.removeprefix("file ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(given[name], encoding="utf-8")
    return folder / "2.txt"


def told(revision: Revision) -> str:
    """What a revision says of the passages, a line for each."""
    lines = []
    for fate in revision.fates:
        words = [fate.state, f"{fate.place.start},{fate.place.end}"]
        words += [f"→ {fate.new_place.start},{fate.new_place.end}"] if fate.new_place else [fate.reason]
        words += ["reread"] * fate.reread + ["respelled"] * fate.respelled
        words += [f"at {','.join(map(str, fate.places))}"] if fate.places else []
        words += (
            [f"near {fate.near.start},{fate.near.end} {json.dumps(fate.found, ensure_ascii=False)}"]
            if fate.near
            else []
        )
        lines.append(" ".join([*words, json.dumps(fate.quote, ensure_ascii=False)]))
    lines += [f"unread {json.dumps(change.new, ensure_ascii=False)}" for change in revision.unread]
    return "".join(f"{line}\n" for line in lines)


def written(path: Path) -> str:
    """What a file says below its explanation and its directives."""
    if not path.exists():
        return ""
    text = path.read_bytes().decode().replace("\r", "␍")
    return text.replace(PREFIXES.partition("\n")[2], "PREFIXES\n").partition(".lost`\n")[2] or text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_passage_goes_where_its_words_went(case: Path, tmp_path: Path) -> None:
    given = sections(case)
    text = make_site(tmp_path, given)

    revision = revise(Site.open(tmp_path), text)
    found = {
        "fates": told(revision),
        "carried": written(text.with_suffix(".trig")),
        "waiting": written(text.with_suffix(".lost")).partition("\n\n")[2],
    }

    assert found == {name: given.get(name, "") for name in found}


def test_every_situation_has_a_case() -> None:
    assert len(CASES) >= 20
