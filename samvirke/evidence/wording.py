"""What is said of evidence that does not hold, in Danish and in English.

Duty: one sentence or two for each kind of finding of `evidence`: what is wrong, and what to do. Level 1;
imports nothing. It must not decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SENTENCES"]

SENTENCES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Quote", "missing"): (
        "Tekststedet {passage} har intet citat. Skriv ordene med nif:anchorOf i dokumentversionens graf.",
        "The passage {passage} has no quote. Write its words with nif:anchorOf in the graph of the document version.",
    ),
    ("Quote", "several"): (
        "Tekststedet {passage} har flere citater: {quotes}. Behold det, der står på stedet.",
        "The passage {passage} has several quotes: {quotes}. Keep the one that stands at that place.",
    ),
    ("Quote", "languages"): (
        "Citatet »{quote}« står med flere sprogmærker: {tags}. Behold det sprog, dokumentet er skrevet på.",
        "The quote “{quote}” carries several language tags: {tags}. Keep the language the document is written in.",
    ),
    ("Quote", "moved"): (
        "Citatet »{quote}« står ikke på tegn {start}: der står »{found}«. Det står på tegn {place}. "
        "Kør `samvirke anchor`.",
        "The quote “{quote}” does not stand at characters {start}: “{found}” does. It stands at characters {place}. "
        "Run `samvirke anchor`.",
    ),
    ("Quote", "absent"): (
        "Citatet »{quote}« står ikke i dokumentet; på tegn {start} står »{found}«. Ret citatet, så det er ordret.",
        "The quote “{quote}” is not in the document; at characters {start} stands “{found}”. "
        "Correct the quote so that it is verbatim.",
    ),
    ("Quote", "differs"): (
        "Citatet »{quote}« står ikke ordret i dokumentet. Nærmest er »{like}« på tegn {place}: "
        "tegn {at} er {quoted} i citatet og {instead} i teksten. Ret citatet, og kør `samvirke anchor`.",
        "The quote “{quote}” is not verbatim in the document. Nearest is “{like}” at characters {place}: "
        "character {at} is {quoted} in the quote and {instead} in the text. Correct it and run `samvirke anchor`.",
    ),
    ("Quote", "extra"): (
        "Citatet »{quote}« står ikke ordret i dokumentet. Nærmest er »{like}« på tegn {place}: "
        "fra tegn {at} har citatet {quoted}, som ikke står i teksten. Ret citatet, og kør `samvirke anchor`.",
        "The quote “{quote}” is not verbatim in the document. Nearest is “{like}” at characters {place}: "
        "from character {at} the quote has {quoted}, which is not in the text. Correct it and run `samvirke anchor`.",
    ),
    ("Quote", "lacks"): (
        "Citatet »{quote}« står ikke ordret i dokumentet. Nærmest er »{like}« på tegn {place}: "
        "ved tegn {at} har teksten {instead}, som citatet mangler. Ret citatet, og kør `samvirke anchor`.",
        "The quote “{quote}” is not verbatim in the document. Nearest is “{like}” at characters {place}: "
        "at character {at} the text has {instead}, which the quote lacks. Correct it and run `samvirke anchor`.",
    ),
    ("Fragment", "malformed"): (
        "»{passage}« er ikke et gyldigt sted i et dokument (citat: »{quote}«). "
        "Skriv det som #char=190,242, eller kør `samvirke anchor`.",
        "“{passage}” is not a valid place in a document (quote: “{quote}”). "
        "Write it as #char=190,242, or run `samvirke anchor`.",
    ),
    ("Fragment", "unanchored"): (
        "Tekststedet {passage} har endnu ingen plads i teksten (citat: »{quote}«). Kør `samvirke anchor`.",
        "The passage {passage} has no place in the text yet (quote: “{quote}”). Run `samvirke anchor`.",
    ),
    ("Fragment", "no-table"): (
        "»{fragment}« er et sted i en tabel, men {version} er en tekst, så citatet »{quote}« kan ikke efterprøves. "
        "Skriv stedet som #char=, eller kør `samvirke anchor`.",
        "“{fragment}” is a place in a table, but {version} is a text, so the quote “{quote}” cannot be checked. "
        "Write the place as #char=, or run `samvirke anchor`.",
    ),
    ("Span", "empty"): (
        "Tekststedet {passage} med citatet »{quote}« ender ved tegn {end}, og det begynder ved tegn {start}: "
        "det rummer ingen ord. Kør `samvirke anchor`.",
        "The passage {passage} with the quote “{quote}” ends at character {end} and begins at character {start}: "
        "it holds no words. Run `samvirke anchor`.",
    ),
    ("Span", "beyond"): (
        "Tekststedet {passage} med citatet »{quote}« ender ved tegn {end}, men dokumentet har kun {length} tegn. "
        "Kør `samvirke anchor`.",
        "The passage {passage} with the quote “{quote}” ends at character {end}, "
        "but the document has only {length} characters. Run `samvirke anchor`.",
    ),
    ("Version", "unknown"): (
        "Citatet »{quote}« hører til dokumentversionen {version}, som ikke findes på sitet. "
        "Læg dens tekst i data/documents/, eller ret adressen.",
        "The quote “{quote}” belongs to the document version {version}, which the site does not have. "
        "Put its text in data/documents/, or correct the address.",
    ),
    ("Overlap", "crossing"): (
        "Tekststedet {span} overlapper kun delvis {other}. Et tekststed må ligge helt inde i et andet eller helt uden "
        "for det: gør det ene længere eller kortere.",
        "The passage {span} overlaps {other} only in part. A passage may lie wholly inside another or wholly outside "
        "it: make one of them longer or shorter.",
    ),
    ("Mode", "unknown"): (
        "{mode} er ikke en grad, et tekststed kan have (citat: »{quote}«). Skriv core:implied, eller udelad graden.",
        "{mode} is not a mode a passage can have (quote: “{quote}”). Write core:implied, or leave the mode out.",
    ),
    ("Mode", "several"): (
        "Tekststedet {passage} er både sagt og underforstået (citat: »{quote}«). "
        "Del dets fakta på to tekststeder, eller behold én grad.",
        "The passage {passage} is both stated and implied (quote: “{quote}”). "
        "Split its facts over two passages, or keep one mode.",
    ),
    ("Hedge", "absent"): (
        "Forbeholdet »{hedge}« står ikke i tekststedets ord »{found}«. Skriv forbeholdet ordret, eller fjern det.",
        "The hedge “{hedge}” is not among the words of the passage, “{found}”. Write the hedge verbatim, or remove it.",
    ),
    ("Checksum", "changed"): (
        "Teksten i {file} er ikke længere den, kontrolsummen i about.ttl er skrevet for. Gendan filen, læg den nye "
        "tekst ind som en ny version, eller kør `samvirke anchor`, hvis ændringen er tilsigtet.",
        "The text in {file} is no longer the one whose checksum stands in about.ttl. Restore the file, add the new "
        "text as a new version, or run `samvirke anchor` if the change is intended.",
    ),
}
