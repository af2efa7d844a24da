"""Every address the web tier writes.

Duty: turn an IRI, a name or a page into an address on this server, and back. Level 7. Pages link
from the server's root ("/da/…"); data carries IRIs below the base. The host a request came in by
is never asked for, so it cannot end up in an answer.
Source: https://www.w3.org/TR/cooluris/ and https://www.rfc-editor.org/rfc/rfc3987#section-3.1
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

from samvirke.schema.hints import local_name, slug

if TYPE_CHECKING:
    from samvirke.schema import Schema

__all__ = ["Links", "is_iri", "is_linkable", "links_of"]

# What may stand in a path as it is: RFC 3986's pchar and the slash. "%" is added where a text is
# already encoded. Everything else, also æ, ø and å, is percent-encoded as UTF-8.
_PATH = "/:@!$&'()*+,;=~-._"
_IRI = re.compile(r"(?!https?:(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`\x7f-\x9f]+$")
_PREFIXED = re.compile(r"([^\s:/?#\[\]@<>\"]*):(?!//)([^\s<>\"{}|\\^`]*)$")
_PLAIN = re.compile(r"[A-Za-z0-9/:@!$&'()*+,;=~._%-]*")
_ENCODED = re.compile("%[0-9A-F]{2}")
_SAFE_SCHEMES = ("http:", "https:", "mailto:", "tel:")


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of one site: its base, its languages (first one is the default), its names."""

    base: str
    languages: tuple[str, ...] = ("en",)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    class_slugs: Mapping[str, str] = field(default_factory=dict)

    # ------------------------------------------------------------ from an IRI to an address

    def local(self, iri: str) -> str | None:
        """Return the IRI without the base (`id/x`, `document/y/2021#char=1,2`), or None when it lies elsewhere."""
        return iri[len(self.base) :] if iri.startswith(self.base) and len(iri) > len(self.base) else None

    def identifier(self, iri: str) -> str:
        """Return the address that stands for the thing itself and answers 303: `/id/x`.

        The fragment of `people#jens` never reaches a server: the address of the document answers for it.
        """
        local = self.local(iri)
        if local is None or "?" in local:
            return _with_query("/thing", address=iri)
        return "/" + _encoded(local)

    def page(self, iri: str, lang: str) -> str:
        """Return the page about an entity: `/da/id/x`; one from elsewhere is named in the query."""
        local = self.local(iri)
        if local is None or "?" in local or ("#" in local and not local.startswith("document/")):
            return _with_query(f"/{lang}/thing", address=iri)
        return f"/{lang}/{_encoded(local)}"

    def document(self, iri: str, lang: str) -> str:
        """Return the page of a document or one of its versions; a passage's address keeps its fragment."""
        return self.page(iri, lang)

    def data(self, iri: str, extension: str) -> str:
        """Return where the description of an entity is, in the format with this extension."""
        local = self.local(iri)
        if local is None or "?" in local or "#" in local:
            return _with_query("/thing", address=iri, format=extension)
        return f"/data/{_encoded(local.removeprefix('id/'))}.{extension}"

    def canonical(self, path: str) -> str:
        """Return the full address of a path on this site, for rel=canonical, sitemap and JSON-LD."""
        return self.base + path.lstrip("/")

    # ------------------------------------------------------------ pages

    def home(self, lang: str) -> str:
        """Return the front page."""
        return f"/{lang}/"

    def class_list(self, iri: str, lang: str, **parameters: str | int | None) -> str:
        """Return the list of everything of a class."""
        name = self.class_slugs.get(iri) or slug(local_name(iri))
        return _with_query(f"/{lang}/class/{quote(name, safe=_PATH)}", **parameters)

    def class_of(self, name: str) -> str | None:
        """Return the class a list's address names, or None."""
        return next((iri for iri, known in self.class_slugs.items() if known == name), None)

    def search(self, lang: str, **parameters: str | int | None) -> str:
        """Return the search page, with `q` and the class to look in."""
        return _with_query(f"/{lang}/search", **parameters)

    def queries(self, lang: str) -> str:
        """Return the list of stored questions."""
        return f"/{lang}/queries/"

    def query(self, name: str, lang: str, **parameters: str | int | None) -> str:
        """Return the page of one stored question."""
        return _with_query(f"/{lang}/queries/{quote(name, safe=_PATH)}", **parameters)

    def query_data(self, name: str, extension: str, **parameters: str | int | None) -> str:
        """Return the rows of a stored question as a file: `/queries/x.csv`."""
        return _with_query(f"/queries/{quote(name, safe=_PATH)}.{extension}", **parameters)

    def sparql(self, lang: str, **parameters: str | int | None) -> str:
        """Return the page where a query is written."""
        return _with_query(f"/{lang}/sparql", **parameters)

    def rule(self, name: str, lang: str) -> str:
        """Return the page of a rule, by its name or its IRI."""
        name = name.removeprefix(f"{self.base}rule/")
        return f"/{lang}/rule/{quote(name, safe=_PATH)}"

    def ontology(self, lang: str, term: str | None = None) -> str:
        """Return the page of the ontology, or the place on it where a term is explained."""
        return f"/{lang}/ontology" + (f"#{quote(self.term_anchor(term), safe=_PATH)}" if term else "")

    def term_anchor(self, term: str) -> str:
        """Return the id of a term on the ontology page: its prefixed name, else its local name."""
        return (self.prefixed(term) or local_name(term)).replace(":", "-")

    def changes(self, lang: str) -> str:
        """Return the page of what was written to the site."""
        return f"/{lang}/changes"

    def history(self, iri: str, lang: str) -> str:
        """Return the page of what was written about a thing."""
        local = self.local(iri)
        if local is not None and local.startswith(("id/", "document/")) and not {"?", "#"} & set(local):
            return f"{self.page(iri, lang)}/history"
        return _with_query(self.changes(lang), about=iri)

    def graph(self, iri: str, lang: str, **parameters: str | int | None) -> str:
        """Return the page of what a thing is connected with."""
        local = self.local(iri)
        if local is not None and local.startswith("id/") and not {"?", "#"} & set(local):
            return _with_query(f"{self.page(iri, lang)}/graph", **parameters)
        return _with_query(f"/{lang}/graph", about=iri, **parameters)

    def graph_file(self, iri: str, lang: str, extension: str) -> str:
        """Return a file of what a thing is connected with, or ("") of how everything is."""
        return _with_query(f"/{lang}/graph.{extension}", about=iri)

    def timeline(self, lang: str, **parameters: str | int | None) -> str:
        """Return the page of everything with a date."""
        return _with_query(f"/{lang}/timeline", **parameters)

    def map(self, lang: str, **parameters: str | int | None) -> str:
        """Return the page of everything with a place."""
        return _with_query(f"/{lang}/map", **parameters)

    def drawn(self, kind: str, lang: str, **parameters: str | int | None) -> str:
        """Return the picture of a page (`timeline` or `map`) as a file."""
        return _with_query(f"/{lang}/{kind}.svg", **parameters)

    def validation(self, lang: str) -> str:
        """Return the page of the gate's report."""
        return f"/{lang}/validation"

    def about(self, lang: str) -> str:
        """Return the page on how the facts were made."""
        return f"/{lang}/about"

    def api(self, lang: str) -> str:
        """Return the page of the addresses for programs."""
        return f"/{lang}/api"

    def accessibility(self, lang: str) -> str:
        """Return the page on accessibility."""
        return f"/{lang}/accessibility"

    def dataset(self, lang: str) -> str:
        """Return the page of downloads."""
        return f"/{lang}/data"

    def dump(self, name: str) -> str:
        """Return a whole file of the published generation."""
        return f"/dump/{quote(name, safe=_PATH)}"

    @property
    def void(self) -> str:
        """Return where the description of the dataset is."""
        return "/.well-known/void"

    @property
    def catalogue(self) -> str:
        """Return where the entry for catalogues of open data is."""
        return "/dcat"

    @property
    def stream(self) -> str:
        """Return where the stream of versions begins."""
        return "/changes/ldes"

    @property
    def void_dataset(self) -> str:
        """Return the full address that names the dataset."""
        return f"{self.canonical(self.void)}#dataset"

    def help(self, lang: str, name: str = "") -> str:
        """Return a page of the manual."""
        return f"/{lang}/help/{quote(name, safe=_PATH)}"

    def static(self, name: str) -> str:
        """Return a file of the interface."""
        return f"/static/{quote(name, safe=_PATH)}"

    def twins(self, path: str) -> dict[str, str]:
        """Return the same page in every language of the site, by language; empty for a neutral address.

        The query string, if there is one, stays: a result is an address.
        """
        first, slash, rest = path.lstrip("/").partition("/")
        if first not in self.languages or not slash:
            return {}
        return {lang: f"/{lang}/{rest}" for lang in self.languages}

    # ------------------------------------------------------------ and back

    def candidates(self, path: str) -> tuple[str, ...]:
        """Return the IRIs a decoded request path can stand for, likeliest first.

        A server sees `/id/a%2Fb` decoded, and an IRI may be written with `ø` or with `%C3%B8`:
        so the text as it is, and the text encoded, are both tried.
        """
        text = path.lstrip("/")
        first, slash, rest = text.partition("/")
        no_slash = _PATH.replace("/", "")
        options = (
            text,
            quote(text, safe=_PATH),
            f"{first}{slash}{quote(rest, safe=no_slash)}",
        )
        # `%c3%b8` is what some tools write, and another IRI than `%C3%B8`.
        lower = (_ENCODED.sub(lambda found: found[0].lower(), option) for option in options[1:])
        iris = (self.base + option for option in (*options, *lower) if option)
        return tuple(dict.fromkeys(iri for iri in iris if is_iri(iri)))

    def resolve(self, text: str) -> str | None:
        """Return the IRI that a reader's words name: an address, a prefixed name or a path here.

        `https://…/id/bl`, `<https://…>`, `d:bl`, `/id/bl`, `/da/id/bl`, `id/bl`. None when it is none of these
        (then it is a word to search for).
        """
        words = text.strip()
        if words.startswith("<") and words.endswith(">"):
            words = words[1:-1]
        if match := _PREFIXED.match(words):
            namespace = self.prefixes.get(match[1])
            if namespace is not None:
                return namespace + match[2] if is_iri(namespace + match[2]) else None
        if "://" in words or words.startswith("urn:"):
            return words if is_iri(words) else None
        parts = words.strip("/").split("/")
        if parts[0] in self.languages:
            parts = parts[1:]
        if len(parts) > 1 and (words.startswith("/") or parts[0] in ("id", "document")):
            return next(iter(self.candidates(unquote("/".join(parts)))), None)
        return None

    def prefixed(self, iri: str) -> str | None:
        """Return the shortest prefixed name of an IRI (`d:bl`), or None."""
        found = [
            f"{prefix}:{iri[len(namespace) :]}"
            for prefix, namespace in self.prefixes.items()
            if iri.startswith(namespace) and re.fullmatch(r"[\w.-]*", iri[len(namespace) :])
        ]
        return min(found, key=lambda name: (len(name), name), default=None)


def links_of(settings: Mapping[str, Any], schema: Schema, manifest: Mapping[str, Any]) -> Links:
    """Return what makes the addresses of a generation, from what its small files say."""
    base = str(settings["base"])
    prefixes = {**schema.prefixes, **manifest.get("prefixes", {}), "d": f"{base}id/"}
    return Links(base, tuple(settings["languages"]), prefixes, {iri: hint.slug for iri, hint in schema.classes.items()})


def is_iri(text: str) -> bool:
    """Say whether a text can be an absolute IRI: a scheme and no character RDF forbids."""
    return bool(_IRI.match(text))


def is_linkable(iri: str) -> bool:
    """Say whether a page may link to an address: `javascript:` is a valid IRI and no link."""
    return iri.lower().startswith(_SAFE_SCHEMES) and is_iri(iri)


def _encoded(local: str) -> str:
    """Encode the part of an IRI after the base for a path, leaving what is already encoded and the fragment's sign."""
    if _PLAIN.fullmatch(local):  # Nearly all are, and a page has hundreds.
        return local
    path, sign, fragment = local.partition("#")
    return quote(path, safe=_PATH + "%") + sign + quote(fragment, safe=_PATH + "%?")


def _with_query(path: str, **parameters: str | int | None) -> str:
    """Add the parameters that have a value, in the order given."""
    given = {name: value for name, value in parameters.items() if value is not None and value != ""}
    return f"{path}?{urlencode(given)}" if given else path
