"""Take the addresses out of what is asked of other servers in silence.

Duty: SERVICE SILENT and LOAD SILENT go on when the other server cannot be reached, and from here none
can; so the address is replaced by one that leads nowhere, and nobody is asked. Level 4; evaluates
nothing. Beside the kernel this is the second lock, and it keeps the engine off https, for which it
looks for certificates, and ends the process when there are none.
Standard: https://www.w3.org/TR/sparql11-federated-query/#serviceFailure
"""

from __future__ import annotations

from samvirke.sparql.tokens import tokens

__all__ = ["unreachable"]

_OUTBOUND = frozenset({"SERVICE", "LOAD"})
_ADDRESSES = frozenset({"iri", "name", "variable"})
_NOWHERE = "<x:>"


def unreachable(text: str) -> str:
    """Return the text with the address after each SERVICE SILENT and LOAD SILENT leading nowhere."""
    if "\\u" not in text and "\\U" not in text and "silent" not in text.lower():
        return text
    made, done = "", 0
    before: tuple[str, str] = ("", "")
    for token in tokens(text):
        if token.kind in _ADDRESSES and before[0] in _OUTBOUND and before[1] == "SILENT":
            made += text[done : token.start] + _NOWHERE.ljust(len(token.text))
            done = token.start + len(token.text)
        before = (before[1], token.text.upper() if token.kind == "word" else "")
    return made + text[done:]
