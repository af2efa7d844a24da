"""The formats a query's answer can take, and the names clients have for them.

Duty: two tables of offers. Level 4; writes nothing: the worker does.
Source: https://www.w3.org/TR/sparql11-protocol/#query-success
"""

from __future__ import annotations

from samvirke.negotiate import Offer, choose, named

__all__ = ["EXPLAINED", "GRAPHS", "RESULTS", "content_type", "offer_for", "offers"]

RESULTS = (
    Offer(
        "application/sparql-results+json",
        "json",
        "JSON",
        ("application/json", "text/javascript", "application/javascript"),
    ),
    Offer("application/sparql-results+xml", "xml", "XML", ("application/xml", "text/xml")),
    Offer("text/csv", "csv", "CSV"),
    Offer("text/tab-separated-values", "tsv", "TSV"),
)
"""For SELECT and ASK; the first is what a client gets that does not mind."""

EXPLAINED = tuple(offer for offer in RESULTS if offer.extension != "xml")
"""For SELECT with the evidence of its rows: SPARQL's XML has no place for it."""

GRAPHS = (
    Offer("text/turtle", "ttl", "Turtle", ("application/turtle", "application/x-turtle", "text/n3", "text/rdf+n3")),
    Offer("application/n-triples", "nt", "N-Triples"),
    Offer("application/rdf+xml", "rdf", "RDF/XML", ("application/xml", "text/xml")),
    Offer("application/ld+json", "jsonld", "JSON-LD", ("application/json", "application/x-json+ld")),
    Offer("application/trig", "trig", "TriG"),
    Offer("application/n-quads", "nq", "N-Quads"),
)
"""For CONSTRUCT and DESCRIBE."""

_NAMES = {
    "RESULTS": {"sparql-results+json": "json", "sparql-results+xml": "xml"},
    "GRAPHS": {
        "turtle": "ttl",
        "n3": "ttl",
        "ntriples": "nt",
        "n-triples": "nt",
        "xml": "rdf",
        "rdf+xml": "rdf",
        "rdfxml": "rdf",
        "rdf/xml": "rdf",
        "json": "jsonld",
        "json-ld": "jsonld",
        "ld+json": "jsonld",
        "nquads": "nq",
        "n-quads": "nq",
    },
}
"""What clients in use write for `format=`, besides our own extensions and the media types."""


def offers(form: str, *, explain: bool = False) -> tuple[Offer, ...]:
    """Return the formats for a query form; with `explain`, those that have room for the evidence of rows."""
    if explain:
        return EXPLAINED
    return RESULTS if form in ("SELECT", "ASK") else GRAPHS


def offer_for(
    form: str,
    accept: str | None,
    *,
    query_format: str | None = None,
    also: tuple[Offer, ...] = (),
    explain: bool = False,
) -> Offer:
    """Return the format that an `Accept` header, or a `format` parameter before it, asks for.

    `also` are further offers that only an `Accept` header can choose.
    Raises: NotAcceptable with the offers.
    """
    if query_format is None:
        return choose(accept, (*offers(form, explain=explain), *also))
    names = _NAMES["RESULTS" if offers(form) is RESULTS else "GRAPHS"]
    # A plus in a query string is a space once decoded.
    wanted = query_format.strip().lower().replace(" ", "+")
    return named(names.get(wanted, wanted), offers(form, explain=explain))


def content_type(offer: Offer) -> str:
    """Return the Content-Type of an answer; text formats say that they are UTF-8."""
    if offer.media_type == "text/csv":
        return "text/csv; charset=utf-8; header=present"
    return f"{offer.media_type}; charset=utf-8" if offer.media_type.startswith("text/") else offer.media_type
