"""Tokens: who may write what, until when, and how often.

Duty: issue, list, revoke and recognise the tokens of a site. Level 3; knows no HTTP, no RDF data and no words of the
command line. A token that is unknown, has expired or was revoked opens nothing, and a file of tokens
that cannot be read opens nothing either: it is never taken for one without tokens.

    scope.py    what a token may do: verbs, and the graphs of each
    secret.py   the word that is shown once, and its digest
    form.py     a token, and how it is written down
    keeping.py  the file tokens.json in the state folder
    rates.py    how many writes a minute
"""

from __future__ import annotations

from samvirke.tokens.form import MOST_PER_MINUTE, Token, moment
from samvirke.tokens.keeping import FILE, Tokens, issue, read_tokens, revoke
from samvirke.tokens.rates import Rates
from samvirke.tokens.scope import ANY, VERBS, covers, read_scope, scope_words, shown_pattern

__all__ = [
    "ANY",
    "FILE",
    "MOST_PER_MINUTE",
    "VERBS",
    "Rates",
    "Token",
    "Tokens",
    "covers",
    "issue",
    "moment",
    "read_scope",
    "read_tokens",
    "revoke",
    "scope_words",
    "shown_pattern",
]
