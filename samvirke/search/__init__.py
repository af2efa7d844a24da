"""Find things by their names, and list them – computed once per generation, read by many.

Duty: `build_index` writes `index.sqlite` at build time, `Index` answers from it. Level 4; knows no
web and no term of a site, and never ranks more than a bounded number of hits.
Source: https://www.sqlite.org/fts5.html
"""

from samvirke.search.building import Thing, build_index, write_index
from samvirke.search.index import Alike, ClassCount, Entity, Hit, Index, Inferred, Member, SearchResult, SentenceHit
from samvirke.search.lists import Chosen, Facet, Listed, Selection, ValueCount
from samvirke.search.relations import Relations
from samvirke.search.words import fold, sort_key

__all__ = [
    "Alike",
    "Chosen",
    "ClassCount",
    "Entity",
    "Facet",
    "Hit",
    "Index",
    "Inferred",
    "Listed",
    "Member",
    "Relations",
    "SearchResult",
    "Selection",
    "SentenceHit",
    "Thing",
    "ValueCount",
    "build_index",
    "fold",
    "sort_key",
    "write_index",
]
