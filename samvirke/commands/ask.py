"""Commands that answer questions about what is published: query, describe, evidence, explain.

Level 8. They change nothing. Strangers' queries run in a worker process under the site's limits.
"""

from __future__ import annotations

import click

from samvirke.commands.frame import Command, Frame, option, pass_frame, words
from samvirke.commands.output import destination

DESCRIBED = ("ttl", "nt", "rdf", "jsonld", "trig", "nq", "framed", "schema", "anno", "nanopub", "ttl12", "qs")
"""The names of `formats.views.ENDINGS`; written out, for reading the table takes longer than most commands."""
RESULT_FORMATS = ("table", "csv", "tsv", "json", "xml", "ttl", "nt", "rdf", "jsonld", "trig", "nq")


@click.command(
    cls=Command,
    words=words(
        "Ask a SPARQL query: a file, - for standard input, or the name of a stored question.",
        "Stil en SPARQL-forespørgsel: en fil, - for standardinput, eller navnet på et gemt spørgsmål.",
    ),
)
@click.argument("source", metavar="FILE|NAME|-")
@option(
    "--param",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help=words("Value of a parameter of a stored question.", "Værdien af et gemt spørgsmåls parameter."),
)
@option(
    "--format",
    "form",
    type=click.Choice(RESULT_FORMATS),
    help=words(
        "Default: table, or ttl for CONSTRUCT and DESCRIBE.", "Ellers: table, eller ttl for CONSTRUCT og DESCRIBE."
    ),
)
@option(
    "--explain",
    is_flag=True,
    help=words("Add the passages behind each row of a SELECT.", "Føj tekststederne bag hver række i en SELECT til."),
)
@option("-o", "--output", metavar="FILE", help=words("Write to this file.", "Skriv til denne fil."))
@pass_frame
def query(
    frame: Frame, source: str, parameters: tuple[str, ...], form: str | None, output: str | None, *, explain: bool
) -> None:
    """Evaluate one query."""
    from samvirke.commands.querying import run_query

    with destination(output) as file:
        run_query(frame, source, parameters, form or ("json" if frame.json else None), file, explain=explain)


@click.command(
    cls=Command,
    words=words(
        "Tell what is known of a thing. THING is its address, prefixed name or label.",
        "Fortæl, hvad der vides om en ting. TING er dens adresse, korte navn eller navn.",
    ),
)
@click.argument("thing", metavar="THING")
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json", *DESCRIBED]),
    help=words("How it is written (default: text).", "Hvordan det skrives (ellers: text)."),
)
@option("-o", "--output", metavar="FILE", help=words("Write to this file.", "Skriv til denne fil."))
@pass_frame
def describe(frame: Frame, thing: str, form: str | None, output: str | None) -> None:
    """Print the facts about a thing."""
    from samvirke.commands.telling import describe_thing

    with destination(output) as file:
        describe_thing(frame, thing, form or ("json" if frame.json else "text"), file)


@click.command(
    cls=Command,
    words=words(
        "Show the words that support what is said of a thing, each with the facts read from them.",
        "Vis de ord, som støtter det, der siges om en ting, hver med de fakta, der er læst af dem.",
    ),
)
@click.argument("thing", metavar="THING")
@pass_frame
def evidence(frame: Frame, thing: str) -> None:
    """Print the passages behind a thing's facts."""
    from samvirke.commands.telling import show_evidence

    with destination(None) as file:
        show_evidence(frame, thing, file)


@click.command(
    cls=Command,
    words=words(
        "Say why a fact holds: the words it was read from, or the rule and the premises it follows from."
        " Give its three parts as addresses, prefixed names or labels; a text in quotes, as '\"1987\"'.",
        "Sig, hvorfor en oplysning gælder: ordene, den er læst af, eller reglen og præmisserne, den følger af."
        " Giv dens tre dele som adresser, korte navne eller navne; en tekst i anførselstegn, som '\"1987\"'.",
    ),
)
@click.argument("subject", metavar="S")
@click.argument("predicate", metavar="P")
@click.argument("object_", metavar="O")
@pass_frame
def explain(frame: Frame, subject: str, predicate: str, object_: str) -> None:
    """Print why a fact holds."""
    from samvirke.commands.reasons import explain_fact

    with destination(None) as file:
        explain_fact(frame, subject, predicate, object_, file)
