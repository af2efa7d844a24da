"""Refuse stored questions that no reader could ask.

Duty: parse each stored question as the engine that will answer it does. Level 6; answers nothing.
"""

from __future__ import annotations

import pyoxigraph

from samvirke.errors import QuerySyntaxError
from samvirke.queries import load_queries
from samvirke.site import Site
from samvirke.sparql import classify
from samvirke.sparql.errors import evaluation_error, syntax_error


def check_questions(site: Site) -> None:
    """Read every stored question of a site.

    Raises: InputError with file, line and column for the first one that is malformed.
    """
    nothing = pyoxigraph.Store()  # parsing is all that is wanted, and only asking parses
    for question in load_queries(site.queries, base=site.base):
        try:
            classify(question.text)
            try:
                nothing.query(question.text, base_iri=site.base)
            except SyntaxError as error:
                raise syntax_error(question.text, str(error)) from error
            except (ValueError, RuntimeError) as error:
                raise evaluation_error(question.text, str(error)) from error
        except QuerySyntaxError as error:
            error.file = question.file or f"queries/{question.name}.rq"
            raise
