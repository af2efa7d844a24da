"""RDF/XML: one `rdf:Description` for each subject.

Duty: write any triple that RDF/XML can say, and refuse the others before the first byte: a property
whose address does not end in an XML name, a text with a character that XML does not have. (The engine
binding writes invalid XML for the first and drops the second.)
Standard: https://www.w3.org/TR/rdf-syntax-grammar/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from samvirke.errors import InputError
from samvirke.formats.order import triples, usable
from samvirke.model import BlankNode, Literal, NamedNode, Quad, Triple
from samvirke.terms import RDF, XSD

_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NCNAME = re.compile(rf"[{_START}][{_START}\-.0-9\u00b7\u0300-\u036f\u203f-\u2040]*")
_NCNAME_END = re.compile(rf"[{_START}][{_START}\-.0-9\u00b7\u0300-\u036f\u203f-\u2040]*\Z")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Names of the syntax, which are no properties; li would become _1.
# Source: https://www.w3.org/TR/rdf-syntax-grammar/#section-grammar-productions (coreSyntaxTerms, oldTerms)
_WORDS = "RDF ID about parseType resource nodeID datatype Description li aboutEach aboutEachPrefix bagID"
_SYNTAX = frozenset(map(RDF.term, _WORDS.split()))
_XML_NAMESPACES = ("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/")
_REMEDY = "Take Turtle or JSON-LD instead."


def write_rdfxml(quads: Iterable[Quad], output: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write the triples, each once.

    Raises: InputError that names the property or the subject which RDF/XML cannot say.
    """
    given = triples(quads)
    spaces: dict[str, str] = {str(RDF): "rdf"}
    names = _property_names(given, usable(prefixes), spaces)
    _check_texts(given)
    declarations = "".join(
        f" xmlns:{prefix}={quoteattr(space)}" for space, prefix in sorted(spaces.items(), key=lambda item: item[1])
    )
    output.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declarations}>\n'.encode())
    for subject, group in groupby(given, key=lambda triple: triple.subject):
        output.write(f"  <rdf:Description {_node(subject, 'rdf:about')}>\n".encode())
        for triple in group:
            output.write(_property(names[triple.predicate], triple.object).encode())
        output.write(b"  </rdf:Description>\n")
    output.write(b"</rdf:RDF>\n")


def _property_names(given: list[Triple], known: Mapping[str, str], spaces: dict[str, str]) -> dict[NamedNode, str]:
    names: dict[NamedNode, str] = {}
    for prop in sorted({triple.predicate for triple in given}, key=str):
        space, local = _split(prop, known.values())
        if space not in spaces:
            wanted = (name for name, value in known.items() if value == space and not name.lower().startswith("xml"))
            prefix = next((name for name in wanted if name not in spaces.values()), "")
            number = len(spaces)
            while not prefix or prefix in spaces.values():
                prefix, number = f"ns{number}", number + 1
            spaces[space] = prefix
        names[prop] = f"{spaces[space]}:{local}"
    return names


def _split(prop: NamedNode, known: Iterable[str]) -> tuple[str, str]:
    """Split a property's address into a namespace and an XML name, at a known namespace where one fits."""
    address = prop.value
    fitting = [space for space in known if address.startswith(space) and _NCNAME.fullmatch(address[len(space) :])]
    if prop in _SYNTAX:
        raise InputError(f"RDF/XML has {prop} as a word of its own, not as a property.", remedy=_REMEDY)
    if fitting:
        space = max(fitting, key=len)
    else:
        found = _NCNAME_END.search(address)
        space = address[: found.start()] if found else address
    local = address[len(space) :]
    if not local or not space or space in _XML_NAMESPACES:
        raise InputError(f"RDF/XML cannot write the property {prop}: it does not end in an XML name.", remedy=_REMEDY)
    return space, local


def _check_texts(given: list[Triple]) -> None:
    for triple in given:
        if isinstance(triple.object, Literal) and (found := _NOT_XML.search(triple.object.value)):
            raise InputError(
                f"RDF/XML cannot write a text of {triple.subject}: XML has no character U+{ord(found.group()):04X}.",
                remedy=_REMEDY,
            )


def _node(term: object, attribute: str) -> str:
    if isinstance(term, BlankNode):
        # A label may begin with a digit, an XML name may not.
        return f'rdf:nodeID="b{re.sub("[^A-Za-z0-9]", lambda found: f"-{ord(found.group())}-", term.value)}"'
    assert isinstance(term, NamedNode), "parse_rdf refuses triple terms"
    return f"{attribute}={quoteattr(term.value)}"


def _property(name: str, value: object) -> str:
    if not isinstance(value, Literal):
        return f"    <{name} {_node(value, 'rdf:resource')}/>\n"
    attribute = ""
    if value.language:
        attribute = f" xml:lang={quoteattr(value.language)}"
    elif value.datatype != XSD.string:
        attribute = f" rdf:datatype={quoteattr(value.datatype.value)}"
    # A carriage return would come back as a line feed: XML makes them one on reading.
    text = escape(value.value, {"\r": "&#13;"})
    return f"    <{name}{attribute}>{text}</{name}>\n"
