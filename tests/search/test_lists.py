"""Lists that are narrowed: what the side tables say is what the store says."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke.assembly import assemble
from samvirke.schema.facets import ACTIVE, ANSWER, CLASS
from samvirke.search import Index, build_index
from samvirke.search.bits import bits_of, flags, pack, places, unpack
from samvirke.search.spans import CERTAIN, POSSIBLE, UNKNOWN_END, Years, answer, parse_span, told, years_of
from samvirke.site import Site
from tests.search.recounting import Recount

SITES = {
    "first": "",
    "beekeepers": "tests/sites/beekeepers",
    "garden": "tests/sites/garden",
    "lights": "tests/web/site",
    "choir": "tests/search/choir",
}


@pytest.fixture(scope="module", params=SITES)
def made(request, root, tmp_path_factory):
    candidate = assemble(Site.open(root / SITES[request.param]))
    path = tmp_path_factory.mktemp("index") / "index.sqlite"
    build_index(path, candidate)
    return candidate, Index(path)


def lists(candidate, index):
    for one in index.classes():
        listed = index.listed(one.iri)
        if listed.facets:
            yield listed, Recount(candidate, one.iri)


def test_each_count_of_each_facet_is_what_the_store_counts(made):
    candidate, index = made
    seen = 0
    for listed, recount in lists(candidate, index):
        assert listed.size == recount.count({})
        counts = listed.counts({})
        for facet in listed.facets:
            if facet.name == ACTIVE or facet.over:
                continue
            told = {one.value: one.count for one in counts[facet.name]}
            stored = recount.values(facet.name)
            if facet.name == CLASS:  # Not offered: the class itself, and a narrower one with the same things.
                stored = {value: stored[value] for value in told}

            assert told == stored, (listed.class_iri, facet.name)
            seen += len(told)
    assert seen >= 5


def test_two_facets_together_leave_what_the_store_leaves(made):
    candidate, index = made
    tried = 0
    for listed, recount in lists(candidate, index):
        counts = listed.counts({})
        values = [(name, one.value) for name, some in counts.items() if name != ACTIVE for one in (some or ())[:3]]
        for (one, first), (other, second) in itertools.combinations(values, 2):
            chosen = {one: (first,), other: (second,)} if one != other else {one: (first, second)}

            assert listed.select(chosen).count == recount.count(chosen), (listed.class_iri, chosen)
            tried += 1
    assert tried >= 1


def test_a_facet_counts_what_one_more_choice_of_it_would_leave(made):
    candidate, index = made
    for listed, _ in lists(candidate, index):
        counts = listed.counts({})
        some = [(name, values[0].value) for name, values in counts.items() if values]
        for name, value in some:
            after = listed.counts({name: (value,)})
            whole = listed.select({name: (value,)})
            for other, values in after.items():
                for one in values or ():
                    if other != name:
                        assert one.count == listed.select({name: (value,), other: (one.value,)}).count
            alone = {one.value: one.count for one in counts[name]}
            assert {one.value: one.count for one in after[name]} == alone
            assert next(one for one in after[name] if one.value == value).chosen
            assert whole.count == alone[value]


def test_every_order_holds_every_thing_once(made):
    candidate, index = made
    for listed, _ in lists(candidate, index):
        every = listed.select({})
        for sort in listed.sorts:
            for lang in candidate.languages:
                up = listed.places(every, lang, sort=sort)

                assert sorted(up) == list(range(listed.size)), (listed.class_iri, sort, lang)
                assert listed.places(every, lang, sort=sort, descending=True) == up[::-1]
                assert listed.places(every, lang, sort=sort, offset=1, limit=2) == up[1:3]


def test_the_alphabet_of_a_narrowed_list_is_that_of_the_whole(made):
    candidate, index = made
    for listed, _ in lists(candidate, index):
        for lang in candidate.languages:
            whole = [member.iri for member in index.members(listed.class_iri, lang, 0, listed.size)]
            every = listed.select({})

            assert [one.iri for one in index.numbered(listed.numbers(listed.places(every, lang)), lang)] == whole, (
                listed.class_iri,
                lang,
            )


def test_the_same_data_make_the_same_tables(made, tmp_path):
    candidate, _ = made
    paths = [tmp_path / name for name in ("one.sqlite", "two.sqlite")]
    for path in paths:
        build_index(path, candidate)

    assert paths[0].read_bytes() == paths[1].read_bytes()


# ---------------------------------------------------------------- times


def years(texts, listed, index, lang="en"):
    """The names that are left under each answer for some years."""
    found = {}
    for how in (CERTAIN, POSSIBLE, UNKNOWN_END):
        selection = listed.select({ACTIVE: texts, ANSWER: (how,)})
        found[how] = [one.label for one in index.numbered(listed.numbers(listed.places(selection, lang)), lang)]
    return found


@pytest.fixture(scope="module")
def choir(root, tmp_path_factory):
    candidate = assemble(Site.open(root / SITES["choir"]))
    path = tmp_path_factory.mktemp("choir") / "index.sqlite"
    build_index(path, candidate)
    return candidate, Index(path)


TIMES = {
    "2016": (["Ardent", "Bold"], ["Calm", "Gentle"], ["Dim", "Eager"]),
    "2014": (["Ardent", "Eager"], ["Gentle"], []),
    "2010/2019": (["Ardent", "Bold", "Calm", "Dim", "Eager", "Gentle"], [], []),
    "1900": ([], [], []),
    "2031": ([], [], ["Dim", "Eager"]),
    "-0044": (["Far"], [], []),
}


@pytest.mark.parametrize("span", TIMES)
def test_certain_possible_and_unknown_end_stand_apart(span, choir):
    assert len(TIMES) >= 6
    _, index = choir
    listed = index.listed("https://choir.example/terms#Choir")
    certain, possible, unknown = TIMES[span]

    assert years((span,), listed, index) == {CERTAIN: certain, POSSIBLE: possible, UNKNOWN_END: unknown}
    whole = listed.select({ACTIVE: (span,)})
    assert whole.count == len(certain) + len(possible) + len(unknown)
    assert sum(one.bit_count() for one in whole.answers.values()) == whole.count


def test_the_answers_are_those_of_the_stored_question(root, tmp_path_factory):
    candidate = assemble(Site.open(root))
    path = tmp_path_factory.mktemp("first") / "index.sqlite"
    build_index(path, candidate)
    index = Index(path)
    text = "\n".join(
        line for line in (root / "queries/active-in-year.rq").read_text("utf-8").splitlines() if line[:1] != "#"
    )
    spoken = {"certain": CERTAIN, "possible": POSSIBLE, "unknownEnd": UNKNOWN_END}
    for year in range(2013, 2022):
        rows = candidate.store.query(text.replace("?year", f'"{year}"'))
        stored = {(row["thing"].value, spoken[row["answer"].value.rpartition("#")[2]]) for row in rows}
        found = set()
        for name in ("Network", "Project", "Programme"):
            listed = index.listed(f"https://w3id.org/samvirke/network#{name}")
            if not listed.dated:
                continue
            for how, left in listed.select({ACTIVE: (str(year),)}).answers.items():
                found |= {(one.iri, how) for one in index.numbered(listed.numbers(places(left)), "en")}

        assert found == stored, year


@given(
    st.tuples(st.integers(2010, 2020), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
    st.integers(2008, 2026),
    st.integers(0, 4),
)
def test_certain_is_what_holds_for_every_way_to_read_the_dates(told, first, more):
    begin, vague, later, vague_end = told
    known = Years(begin, begin + vague, begin + later, begin + max(vague, later) + vague_end)
    last = first + more
    ways = [
        (start, end)
        for start in range(known.begin_first, known.begin_last + 1)
        for end in range(max(start, known.end_first), known.end_last + 1)
    ]
    held = [start <= last and end >= first for start, end in ways]
    expected = CERTAIN if all(held) else POSSIBLE if any(held) else None

    assert answer(known, first, last) == expected


DATES = {
    "2014-06/2018-02": Years(2014, 2014, 2018, 2018),
    "2017-12/": Years(2017, 2017, None, None),
    "2017-12/..": Years(2017, 2017, None, None),
    "/2017": Years(None, None, 2017, 2017),
    "201X": Years(2010, 2019, 2010, 2019),
    "2014-11-03Z": Years(2014, 2014, 2014, 2014),
    "-0044": Years(-44, -44, -44, -44),
    "Y170000002": Years(170000002, 170000002, 170000002, 170000002),
    "no date": None,
}


def test_dates_as_they_were_told_are_years():
    assert len(DATES) >= 9
    for text, expected in DATES.items():
        assert years_of(text) == expected, text


def test_plain_days_are_the_years_that_the_full_reader_gives_them():
    days = [f"{year}-{month:02}-{day:02}" for year in ("0000", "2023") for month in range(14) for day in range(33)]
    for day in days:
        date = told(day)
        expected = None if date is None else Years(*[date.begin.first[0]] * 4)

        assert years_of(day) == expected, day
    assert sum(years_of(day) is not None for day in days) == 366 + 365


def test_spans_are_read_in_either_order():
    assert parse_span("2016") == (2016, 2016)
    assert parse_span("2016/2014") == (2014, 2016)
    assert parse_span("-0044/14") == (-44, 14)
    assert [parse_span(text) for text in ("", "x", "2014/", "2014/2015/2016", "20160000")] == [None] * 5


# ---------------------------------------------------------------- limits


def test_a_facet_with_too_many_values_is_named_and_not_counted(choir):
    _, index = choir
    listed = index.listed("https://choir.example/terms#Singer")
    counts = listed.counts({})

    assert [one.name for one in listed.facets if one.over] == ["likes"]
    assert counts["likes"] is None
    assert listed.select({"likes": ("https://choir.example/id/song-1",)}).count == 0


def test_facets_after_the_time_is_over_are_not_counted(choir):
    _, index = choir
    listed = index.listed("https://choir.example/terms#Choir")
    ticks = itertools.count(step=10)
    counts = listed.counts({}, limit_s=25, clock=lambda: next(ticks))
    names = [one.name for one in listed.facets]

    assert [name for name in names if counts[name] is not None] == names[:2]


def test_the_ontology_switches_facets_off_and_orders_them(choir):
    _, index = choir
    listed = index.listed("https://choir.example/terms#Choir")

    assert [one.name for one in listed.facets] == [
        "leader",
        "town",
        "sings-in-of-alto",
        "sponsor",
        "active",
        "document",
    ]
    assert [one.name for one in listed.facets if one.first] == ["leader", "town", "active"]


def test_places_are_known_by_the_usual_vocabularies(choir):
    _, index = choir
    base = "https://choir.example/id/"
    found = index.points([f"{base}{name}" for name in ("aarhus", "odense", "ribe", "nowhere")])

    assert found == {f"{base}aarhus": (56.15, 10.2), f"{base}odense": (55.4, 10.4), f"{base}ribe": (55.33, 8.77)}
    assert index.listed("https://choir.example/terms#Choir").mapped == ("town",)


def test_an_index_of_another_time_says_what_to_do(tmp_path, choir):
    _, index = choir
    path = tmp_path / "index.sqlite"
    path.write_bytes(Path(index._path).read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE browse")
    connection.close()

    with pytest.raises(Exception, match="no such table"):
        Index(path).listed("https://choir.example/terms#Choir")


# ---------------------------------------------------------------- sets of places


@given(st.sets(st.integers(0, 999)), st.integers(1000, 1100))
def test_a_set_of_places_is_packed_and_counted(some, size):
    bits = bits_of(some, size)

    assert unpack(pack(some, size)) == bits
    assert list(places(bits)) == sorted(some)
    assert bits.bit_count() == len(some)
    assert [place for place, flag in enumerate(flags(bits, size)) if flag] == sorted(some)
