"""Where an address of the site lies in its static copy, and pages with their links made so.

Level 8. Pure: texts in, texts out; reads and writes nothing. A file server answers for a path and never looks at the
query, so what a query asks for lies at a path of its own where there is an end to it, and is left to a server where
there is none (narrowed and sorted lists, searches, queries).
Standards: https://www.rfc-editor.org/rfc/rfc3986#section-5 (references), https://html.spec.whatwg.org/#start-tags
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urljoin

__all__ = ["NOTE", "Copy", "file_parts", "lead"]

NOTE = "/help/copy"
"""The page of the manual that says what a copy without a server cannot do."""
_TAG = re.compile(r"""<([A-Za-z][A-Za-z0-9]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE = re.compile(r"""(\s(?:href|src|action|formaction)=)"([^"]*)\"""")
_SCRIPT = re.compile(r"<script\b[^>]*\ssrc=[^>]*></script>\n?")
_STEP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDING = re.compile(r"[a-z][a-z0-9]{0,9}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_STEPS = frozenset({"class", "offset", "page", "view"})
"""What a query may ask for that a copy has at a path of its own; all of it is found by following links."""
_SERVER = frozenset({"graph.json", "healthz", "metrics", "q", "rdf-graph-store", "readyz", "reconcile", "search"}) | {
    *("sparql", "suggest", "undo", "update")
}
"""First parts of addresses, after the language, that only a server answers."""
_PATH = "/:@!$&'()*+,;=~-._"
_LONGEST_NAME = 240
"""Bytes; file systems take 255."""
_LONGEST_PATH = 3_000


def file_parts(path: str) -> tuple[str, ...] | None:
    """Return the names of the folders and the file that a file server looks for at a path, the last "" for a folder.

    None when no file server finds it: names that lead elsewhere, are too long, or that it takes for its own settings.
    """
    try:
        text = unquote(path, errors="strict")
        size = len(text.encode())
    except UnicodeError:
        return None
    parts = tuple(text.removeprefix("/").split("/"))
    if size > _LONGEST_PATH or not all(_is_name(part) for part in (parts[:-1] if parts[-1] == "" else parts)):
        return None
    return parts


def _is_name(part: str) -> bool:
    return (
        part not in {"", ".", ".."}
        and len(part.encode()) <= _LONGEST_NAME
        and part.isprintable()
        and "\\" not in part
        and not part.casefold().startswith((".ht", ".samvirke"))
    )


@dataclass(frozen=True, slots=True)
class Copy:
    """How addresses become those of a copy that lies at `root` of a server (ends with a slash).

    `live` is the address of a server that answers what the copy cannot, or "": then the note on the copy is shown.
    """

    base: str
    languages: tuple[str, ...]
    root: str = "/"
    live: str = ""

    def place(self, address: str) -> str | None:
        """Return the path in the copy (from "/") of an address of the site; None when it needs a server."""
        path, _, query = address.partition("?")
        if path.startswith("/static/"):
            return path
        if self._served(path):
            return None
        found = self._asked(path, query) if query else path
        return found if found is not None and file_parts(found) is not None else None

    def page(self, text: str, path: str) -> tuple[str, list[str]]:
        """Return a page of the site as the copy has it, and the addresses of the site that it leads to.

        Nothing is changed but links that a file server would answer wrongly, and scripts, which ask a server.
        """
        found: list[str] = []
        lang = path.lstrip("/").partition("/")[0]

        def in_tag(tag: re.Match[str]) -> str:
            name, inside = tag[1].lower(), tag[2]

            def attribute(one: re.Match[str]) -> str:
                given = html.unescape(one[2])
                form = "action" in one[1]
                led = self.link(given, path, lang, found.append, form=form)
                return one[0] if led == given else f'{one[1]}"{html.escape(led)}"'

            inside = _ATTRIBUTE.sub(attribute, inside)
            if name == "form" and " action=" not in inside:
                inside += f' action="{html.escape(self.elsewhere(path, lang))}"'
            return f"<{tag[1]}{inside}>"

        return _TAG.sub(in_tag, _SCRIPT.sub("", text)), found

    def link(
        self, given: str, path: str, lang: str, follow: Callable[[str], object] = len, *, form: bool = False
    ) -> str:
        """Return a link of the page at `path` as the copy has it; `follow` learns where it leads on this site."""
        if given.startswith("#") or _SCHEME.match(given) or (not given and not form):
            return given
        address, sign, fragment = urljoin(path, given).partition("#")
        plain = address.partition("?")[0]
        if not address.startswith("/static/"):
            place = None if form else self.place(address)
            if place is None:
                return self.elsewhere(address, lang)
            follow(address)
            # A path that stays the same keeps its spelling, and so the page its bytes.
            address = address if place == plain and "?" not in address else place
        else:
            follow(plain)
        return self.root + address.removeprefix("/") + sign + fragment

    def elsewhere(self, address: str, lang: str) -> str:
        """Return where a link leads whose address needs a server."""
        if self.live:
            return self.live + address.removeprefix("/")
        first, _, rest = address.removeprefix("/").partition("?")[0].partition("/")
        if first in self.languages and rest in {"search", "sparql"}:  # The note lies there, too.
            return self.root + address.removeprefix("/")
        return f"{self.root}{lang if lang in self.languages else self.languages[0]}{NOTE}"

    def _served(self, path: str) -> bool:
        parts = path.removeprefix("/").split("/")
        if parts[0] in self.languages:
            parts = parts[1:]
        return bool(parts) and parts[0] in _SERVER

    def _asked(self, path: str, query: str) -> str | None:
        """The path of what a query asks for, or None when a copy has no such thing."""
        pairs = parse_qsl(query, keep_blank_values=True)
        names = [name for name, _ in pairs]
        if not pairs or len(set(names)) < len(names):
            return None
        asked = dict(pairs)
        if set(names) <= _STEPS:
            steps = [f"{name}-{value}" for name, value in sorted(asked.items()) if _STEP.fullmatch(value)]
            stem, dot, suffix = path.rpartition(".")
            if dot and _ENDING.fullmatch(suffix):  # A file has no folder of its own name beside it.
                path, steps = stem, [*steps[:-1], f"{steps[-1]}.{suffix}"] if steps else []
            return "/".join((path.rstrip("/"), *steps)) if len(steps) == len(names) else None
        ending = asked.pop("format", "")
        if "format" in names and not _ENDING.fullmatch(ending):
            return None
        if not asked:
            return f"{path.rstrip('/')}.{ending}"
        if len(asked) > 1 or not asked.keys() <= {"about", "address"}:
            return None
        stem, dot, suffix = path.rpartition(".")
        if dot and _ENDING.fullmatch(suffix):
            path, ending = stem, suffix
        return f"{path}/{self._named(*asked.values())}" + (f".{ending}" if ending else "")

    def _named(self, iri: str) -> str:
        """A path for a thing that a query names: as it is spelt below the base, a checksum for all others."""
        local = iri.removeprefix(self.base)
        if local != iri and not {"?", "#", "%"} & set(local) and file_parts(local):
            return quote(local, safe=_PATH)
        return f"elsewhere/{hashlib.sha256(iri.encode('utf-8', 'replace')).hexdigest()[:32]}"


def lead(title: str, links: Sequence[tuple[str, str, str]], *, root: str, onward: str = "") -> str:
    """Return a small page that leads on: `links` are language, words, address; with `onward` it goes there itself."""

    def item(lang: str, words: str, to: str) -> str:
        tongue = f' lang="{html.escape(lang)}" hreflang="{html.escape(lang)}"' if lang else ""
        return f'<li><a class="btn" href="{html.escape(to)}"{tongue}>{html.escape(words)}</a></li>'

    lang = (links[0][0] if links else "") or "en"
    refresh = f'<meta http-equiv="refresh" content="0; url={html.escape(onward)}">\n' if onward else ""
    static = html.escape(f"{root}static/")
    return (
        f'<!doctype html>\n<html lang="{html.escape(lang)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n{refresh}'
        f'<title>{html.escape(title)}</title>\n<meta name="color-scheme" content="light dark">\n'
        f'<link rel="stylesheet" href="{static}style.css">\n<link rel="icon" href="{static}icon.svg">\n'
        f'</head>\n<body>\n<main id="main"><div class="wrap"><div class="head"><h1>{html.escape(title)}</h1></div>\n'
        f'<ul class="btns">{"".join(item(*one) for one in links)}</ul></div></main>\n</body></html>\n'
    )
