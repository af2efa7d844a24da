"""How parameters are read: as a form's own rules say, once, and nothing replaced."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke.errors import WrongUse
from samvirke.web.protocol import read_parameters

TEXTS = st.text(max_size=40)


def listed(data):
    return [(name, value) for name, values in read_parameters(data, "the form").items() for value in values]


@given(st.dictionaries(TEXTS, TEXTS, max_size=5), st.sampled_from([quote, quote_plus]))
def test_what_was_written_is_read(values, write):
    data = "&".join(f"{write(name, safe='')}={write(value, safe='')}" for name, value in values.items() if name)

    assert dict(listed(data.encode())) == {name: value for name, value in values.items() if name}


@given(st.text("ab%0159cCfF=&+; \x00é", max_size=40))
def test_it_is_read_as_the_standard_library_reads_it(text):
    data = text.encode()
    try:
        expected = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(WrongUse):
            read_parameters(data, "the form")
        return

    assert sorted(listed(data)) == sorted(expected)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"q=%2525", "%25"),
        (b"q=%25%32%35", "%25"),
        (b"q=%252B+%2B", "%2B +"),
        (b"q=100%", "100%"),
        (b"q=%zz%41", "%zzA"),
        (b"q=%%34%31", "%41"),
        (b"q=a=b=c", "a=b=c"),
        ("q=Ærø%20%C3%A6".encode(), "Ærø æ"),
        (b"q=", ""),
        (b"q", ""),
    ],
)
def test_each_escape_is_decoded_once(data, value):
    assert read_parameters(data, "the form") == {"q": [value]}


@pytest.mark.parametrize("data", [b"q=\xff", b"q=%FF", b"q=%C3", b"%FF=1", b"q=%ED%A0%80"])
def test_what_is_no_utf_8_is_refused(data):
    with pytest.raises(WrongUse, match="not UTF-8"):
        read_parameters(data, "the form")
