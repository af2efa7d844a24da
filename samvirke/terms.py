"""The terms that Python may name: the engine's own vocabulary and the standards it implements.

Duty: constants. Level 0; imports nothing of the package. A term of a site's own ontology never
stands here: what a site says is learnt from its ontology and shapes.
"""

from __future__ import annotations

from pyoxigraph import NamedNode


class Namespace:
    """A namespace whose attributes are its terms: `RDFS.label`; `str(RDFS)` is its address.

    Not a subclass of `str`: `DCT.title` and `DCT.format` would be the methods of that class.
    """

    __slots__ = ("_address",)

    def __init__(self, address: str) -> None:
        """Take the namespace's address, with its closing `#` or `/`."""
        self._address = address

    def __getattr__(self, name: str) -> NamedNode:
        """Return the term `name`; names with two underscores in front are Python's own."""
        if name.startswith("__"):
            raise AttributeError(name)
        return NamedNode(self._address + name)

    def __str__(self) -> str:
        """Return the namespace's address."""
        return self._address

    def term(self, name: str) -> NamedNode:
        """Return the term `name`, also where it is no Python word."""
        return NamedNode(self._address + name)


RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
SH = Namespace("http://www.w3.org/ns/shacl#")
DASH = Namespace("http://datashapes.org/dash#")
PROV = Namespace("http://www.w3.org/ns/prov#")
DCT = Namespace("http://purl.org/dc/terms/")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
VOID = Namespace("http://rdfs.org/ns/void#")
NIF = Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
OA = Namespace("http://www.w3.org/ns/oa#")
EDTF = Namespace("http://id.loc.gov/datatypes/edtf/")
CORE = Namespace("https://w3id.org/samvirke/core#")

CORE_GRAPH = NamedNode("https://w3id.org/samvirke/core")
TYPE = RDF.type

EDTF_DATATYPES = frozenset(EDTF.term(f"EDTF-level{level}") for level in (0, 1, 2)) | {EDTF.EDTF}
DATE_DATATYPES = frozenset({XSD.date, XSD.gYear, XSD.gYearMonth, XSD.dateTime})
TEMPORAL_DATATYPES = EDTF_DATATYPES | DATE_DATATYPES
