"""The report as one HTML file, to be sent or kept: no script, nothing fetched.

Duty: the groups, the findings, and links to what they are about. Level 6; knows no web tier. Everything that comes from
data is escaped, and only addresses of the web become links.
"""

from __future__ import annotations

from html import escape

from samvirke.model import Finding, Report
from samvirke.reports.grouping import Group, grouped, select
from samvirke.reports.wording import Name, counts, cut_words, severity_word, tell, title

__all__ = ["write_html"]

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h2{font-size:1.1rem;margin:2rem 0 .5rem}li{margin:.4rem 0;overflow-wrap:anywhere}"
    "code{font-size:.9em;color:#555}.violation{color:#a30000}.warning{color:#7a4b00}"
    ".cut{border:1px solid;padding:.6rem}"
)


def write_html(report: Report, language: str, name: Name) -> bytes:
    """Return the report as HTML."""
    danish = language == "da"

    def row(finding: Finding) -> bytes:
        told = tell(finding, language, name)
        focus = finding.focus.strip("<>")
        linked = focus.startswith(("https://", "http://")) and not focus.endswith("…")
        about = f' <a href="{escape(focus)}">{escape(focus)}</a>' if linked else ""
        place = f"<br><code>{escape(told.place)}</code>" if told.place else ""
        return f"<li>{escape(told.sentence)}{about}{place}</li>\n".encode()

    def head(group: Group, listed: int) -> bytes:
        word, named = severity_word(group.severity, language), title(group.shape, group.path, language, name)
        more = group.count - listed
        rest = (f" – {more} vises ikke" if danish else f" – {more} not shown") if more else ""
        shown = f"{escape(named)} · {group.count}{rest}"
        return f'<h2><span class="{group.severity.value}">{word}</span> {shown}</h2>\n<ul>\n</ul>\n'.encode()

    selection = select(grouped(report), head=head, row=row)
    name_of_page = "Kontrolrapport" if danish else "Validation report"
    parts = [
        f'<!doctype html>\n<html lang="{"da" if danish else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{name_of_page}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{name_of_page}</h1>\n"
        f"<p>{escape(counts(report, language))}</p>\n".encode()
    ]
    if cut := cut_words(selection, language):
        parts.append(f'<p class="cut">{escape(cut)}</p>\n'.encode())
    for one in selection.groups:
        parts += [one.head.removesuffix(b"</ul>\n"), *one.rows, b"</ul>\n"]
    return b"".join([*parts, b"</body>\n</html>\n"])
