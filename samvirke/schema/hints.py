"""What a site's ontology and shapes say about how its things are shown: plain frozen values.

Duty: the values that `schema.py` compiles and the pages read, and how a text is chosen among
languages. Level 1; imports nothing of the package. Must not know RDF syntax or the web.
Source: https://www.w3.org/TR/shacl/#nonValidation and http://datashapes.org/propertyroles.html
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

LAST = 1_000_000.0
"""The order of what names no order."""

ICONS = ("dots", "square", "diamond", "disc", "hexagon", "ring")
HUES = range(1, 6)

Texts = Mapping[str, str]
"""Language tag → text; the tag "" stands for a text without one."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the language it is in ("" = not said)."""

    value: str
    language: str = ""


def choose(texts: Texts, language: str, languages: Sequence[str] = ()) -> Text | None:
    """Return the text in `language`, else in the site's languages, else without a tag, else any.

    A tag matches its range as in RFC 4647 basic filtering: `da` is served by `da-DK`.
    Returns None when there is no text at all.
    """
    if not texts:
        return None
    tags = sorted(texts, key=len)
    for wanted in (language, *languages):
        low = wanted.lower()
        for tag in tags:
            if tag.lower() == low or (low and tag.lower().startswith(low + "-")):
                return Text(texts[tag], tag)
    if "" in texts:
        return Text(texts[""])
    for tag in sorted(texts):
        return Text(texts[tag], tag)
    return None


def local_name(iri: str) -> str:
    """Return what follows the last `#` or `/` of an address, else the address itself."""
    stem = iri.rstrip("/#")
    return re.split(r"[#/]", stem)[-1] or iri


def readable_name(iri: str) -> str:
    """Return the local name for people: `%C3%A6` is written æ."""
    return unquote(local_name(iri))


def slug(name: str) -> str:
    """Return a name as it stands in an address: lower case, hyphens, æ→ae ø→oe å→aa, no marks."""
    parted = re.sub(r"(?<=[a-z0-9æøå])(?=[A-ZÆØÅ])", "-", name)
    folded = parted.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(sign))
    return re.sub(r"[^\w]+", "-", plain).strip("-_") or "x"


@dataclass(frozen=True, slots=True)
class Field:
    """One row that an entity page can show.

    `path` is a property's address, read backwards when `inverse`. `only` restricts the values to
    those that have, for each (property, term) pair, that property with that value; terms are in
    N-Triples form. `roles` holds "label", "description", "key". `gap` says that a missing value is
    told on the page. `hidden` keeps the property off the page. `facet` says whether lists are narrowed by it –
    None: the shape does not say, and the data decide – and `facet_order` where it stands among the facets. `least`
    and `most` are how many values there must be, and may be; a `most` of 0 sets no limit.
    """

    path: str
    inverse: bool = False
    only: tuple[tuple[str, str], ...] = ()
    names: Texts = field(default_factory=dict)
    descriptions: Texts = field(default_factory=dict)
    order: float = LAST
    group: str = ""
    roles: tuple[str, ...] = ()
    viewer: str = ""
    datatypes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    gap: bool = False
    facet: bool | None = None
    facet_order: float = LAST
    hidden: bool = False
    least: int = 0
    most: int = 0

    @property
    def key(self) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
        """What makes two shapes speak of the same row."""
        return (self.path, self.inverse, self.only)


@dataclass(frozen=True, slots=True)
class Group:
    """A section of an entity page (sh:PropertyGroup)."""

    iri: str
    labels: Texts = field(default_factory=dict)
    order: float = LAST


@dataclass(frozen=True, slots=True)
class ClassHint:
    """A class: names, looks, place among its superclasses, and the fields its shapes name."""

    iri: str
    slug: str
    labels: Texts = field(default_factory=dict)
    plurals: Texts = field(default_factory=dict)
    definitions: Texts = field(default_factory=dict)
    icon: str = ""
    hue: int = 0
    order: float = LAST
    detail: bool = False
    superclasses: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()

    def label(self, language: str, languages: Sequence[str] = ()) -> Text:
        """The name in the singular, at the least the local name."""
        return choose(self.labels, language, languages) or Text(local_name(self.iri))

    def plural(self, language: str, languages: Sequence[str] = ()) -> str:
        """The name in the plural, else in the singular."""
        exact = choose(self.plurals, language, languages)
        return exact.value if exact else self.label(language, languages).value


@dataclass(frozen=True, slots=True)
class PropertyHint:
    """A property: names from both ends and its super-properties."""

    iri: str
    labels: Texts = field(default_factory=dict)
    reverse_names: Texts = field(default_factory=dict)
    definitions: Texts = field(default_factory=dict)
    superproperties: tuple[str, ...] = ()
    inverses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermHint:
    """A declared term of the ontology or of a scheme, a shape or a rule: for naming and explaining it.

    `kind` is "class", "property", "scheme", "concept", "individual", "shape" or "rule"; `ontology` what
    declares it; `notes` are scope notes, for a rule its text; `parents`, `domains`, `ranges`, `matches` are addresses.
    """

    iri: str
    kind: str
    ontology: str = ""
    labels: Texts = field(default_factory=dict)
    definitions: Texts = field(default_factory=dict)
    notes: Texts = field(default_factory=dict)
    examples: Texts = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
