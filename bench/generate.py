"""A network graph of any size, with the skew real ones have: what every measurement under load is made on.

Duty: write networks, organisations, funders, projects, roles, events, places, periods, documents and passages
in the ontology of the first site: as N-Triples (every fact in the default graph) or as N-Quads (each fact in
the graph of its passage, of its version, or of the rule that derives it – as `samvirke export nq` has them).
Both formats hold the same facts in the same order, so the one is the other's default graph. The same count
and seed give the same bytes; the first networks, organisations and projects bear the names that queries/*.rq
have as defaults, so every shipped question has answers.
Level: a tool beside the engine; it imports nothing of it. It must not be used as sample data of a site: its
sentences are true of nothing.

Usage: python bench/generate.py 1000000 --seed 7 --format nq -o FILE

Standards: https://www.w3.org/TR/n-triples/, https://www.w3.org/TR/n-quads/,
https://www.rfc-editor.org/rfc/rfc5147 (char=), https://www.loc.gov/standards/datetime/ (EDTF).
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from random import Random

BASE = "https://w3id.org/samvirke/"
PREFIXES = {
    "core": f"{BASE}core#",
    "d": f"{BASE}id/",
    "dct": "http://purl.org/dc/terms/",
    "document": f"{BASE}document/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "frapo": "http://purl.org/cerif/frapo/",
    "iso": "http://id.loc.gov/vocabulary/iso639-1/",
    "nif": "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#",
    "nw": f"{BASE}network#",
    "nwr": f"{BASE}role#",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "rule": f"{BASE}rule/",
    "scheme": BASE,
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "time": "http://www.w3.org/2006/time#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
MONTHS = "januar februar marts april maj juni juli august september oktober november december".split()
TOWNS = """Fredericia København Odense Aarhus Aalborg Esbjerg Randers Kolding Horsens Vejle Roskilde Herning
Silkeborg Hillerød Næstved Viborg Holstebro Slagelse Helsingør Nyborg Ribe Svendborg Thisted Skive""".split()
KINDS = [
    ("Bibliotek", "Library"), ("Kommune", "Municipality"), ("Boligforening", "Housing Association"),
    ("Museum", "Museum"), ("Højskole", "Folk High School"), ("Ungdomsskole", "Youth School"),
    ("Frivilligcenter", "Volunteer Centre"), ("Kulturhus", "House of Culture"), ("Fond", "Foundation"),
    ("Universitet", "University"),
]  # fmt: skip
SUBJECTS = [
    ("Sprogcaféer", "Language Cafés"), ("Læseklubber", "Reading Clubs"), ("Medborgerskab", "Citizenship"),
    ("Inkluderingsindsatser", "Inclusion Efforts"), ("Frivillighed", "Volunteering"), ("Demokrati", "Democracy"),
    ("Digital dannelse", "Digital Literacy"), ("Naboskab", "Neighbourhood"), ("Sundhed", "Health"),
    ("Naturoplevelser", "Nature"), ("Musik", "Music"), ("Bevægelse", "Movement"),
]  # fmt: skip
PEOPLE = [("Flygtninge", "Refugees"), ("Indvandrere", "Immigrants"), ("Unge", "Young People"), ("Ældre", "The Old")]
HEDGES = ("blandt andet", "en række", "og lignende", "med til", "kan")
CURRENCIES = ("DKK", "DKK", "DKK", "EUR", "NOK", "SEK")
ROLES = {  # the role, its direct property, whether its holder is a partner, and the word for it
    "sekretariat": ("secretariatOf", True, "er sekretariat for"),
    "medlem": ("memberOf", True, "er medlem af"),
    "deltager": ("participantIn", True, "deltager i"),
    "koordinator": ("coordinatorOf", True, "koordinerer"),
    "arrangoer": ("organiserIn", False, "arrangerer i"),
    "engageret": ("engagedIn", False, "engagerer sig i"),
}
# The names that queries/*.rq ask of when they are told nothing else.
KNOWN_ORGANISATIONS = ("slots-og-kulturstyrelsen", "det-kgl-bibliotek", "nordisk-ministerraad", "kulturraadet")
KNOWN_NETWORKS = ("boligsocialt-og-kulturelt-netvaerk", "nordisk-biblioteksnetvaerk")
KNOWN_PROJECT, KNOWN_GRANT = "inkluderende-kulturliv-i-norden", "tilskud-til-rejseomkostninger"

# What is said, one fact a line: subject, property, value, graph. A graph is a passage (@ and the name of its
# place), the version (@v), the document (@s) or a rule.
PARTS = {
    "head": """
document:%(slug)s a nw:SourceDocument @s
document:%(doc)s a nw:DocumentVersion @v
document:%(doc)s prov:specializationOf document:%(slug)s @v
document:%(doc)s dct:language iso:da @v
document:%(slug)s dct:title "%(title)s"@da @at
document:%(doc)s dct:title "%(title)s"@da @at
document:%(slug)s dct:subject d:%(topic)s @at
document:%(slug)s a core:SourceDocument rule:sub-class
document:%(slug)s a foaf:Document rule:sub-class
document:%(slug)s a prov:Entity rule:sub-class
document:%(doc)s a core:DocumentVersion rule:sub-class
document:%(doc)s a foaf:Document rule:sub-class
document:%(doc)s a prov:Entity rule:sub-class""",
    "foot": """
document:%(doc)s dct:modified "%(day)s"^^xsd:date @at
document:%(doc)s core:sha256 "%(sha)s" @v""",
    "passage": """
document:%(doc)s#char=%(at)s nif:anchorOf "%(quote)s"@da @v""",
    "hedge": """
document:%(doc)s#char=%(at)s core:hedge "%(hedge)s"@da @v""",
    "implied": """
document:%(doc)s#char=%(at)s core:mode core:implied @v
document:%(doc)s#char=%(at)s core:note "Ordene siger det ikke lige ud. Læst af sammenhængen."@da @v
document:%(doc)s#char=%(at)s core:note "The words do not say so outright. Read from the context."@en @v""",
    "place": """
d:%(it)s a nw:Place @at
d:%(it)s skos:prefLabel "%(da)s"@da @at
d:%(it)s a dct:Location rule:sub-class""",
    "concept": """
d:%(it)s a skos:Concept @at
d:%(it)s skos:prefLabel "%(da)s"@da @at
d:%(it)s skos:prefLabel "%(en)s"@en @at
d:%(it)s skos:inScheme scheme:%(scheme)s @at""",
    "organisation": """
d:%(it)s a org:FormalOrganization @at
d:%(it)s skos:prefLabel "%(da)s"@da @at
d:%(it)s skos:prefLabel "%(en)s"@en @at
d:%(it)s nw:country d:danmark @at
d:%(it)s a org:Organization rule:sub-class
d:%(it)s a foaf:Agent rule:sub-class""",
    "network": """
d:%(n)s a nw:Network @at
d:%(n)s skos:prefLabel "%(da)s"@da @at
d:%(n)s skos:prefLabel "%(en)s"@en @at
d:%(n)s a org:Organization rule:sub-class
d:%(n)s a org:OrganizationalCollaboration rule:sub-class
d:%(n)s a foaf:Agent rule:sub-class""",
    "purpose": """
d:%(n)s nw:purpose "udveksle erfaringer om %(topicda)s"@da @at
d:%(n)s dct:subject d:%(topic)s @at
d:%(n)s nw:targetGroup d:%(people)s @at
d:%(n)s nw:listedExhaustively "false"^^xsd:boolean @at""",
    "also": """
d:%(n)s dct:subject d:%(topic)s @at""",
    "founded": """
d:%(n)s nw:foundedBy d:%(it)s @at""",
    "period": """
d:%(n)s nw:%(how)s d:%(it)s @at
d:%(it)s a nw:Period @at
d:%(it)s nw:edtf "%(edtf)s"^^edtf:EDTF-level1 @at
d:%(it)s a time:ProperInterval rule:sub-class
d:%(it)s nw:beginEarliest "%(b1)s"^^xsd:date rule:edtf-bounds
d:%(it)s nw:beginLatest "%(b2)s"^^xsd:date rule:edtf-bounds
d:%(it)s core:beginEarliest "%(b1)s"^^xsd:date rule:sub-property
d:%(it)s core:beginLatest "%(b2)s"^^xsd:date rule:sub-property""",
    "end": """
d:%(it)s nw:endEarliest "%(e1)s"^^xsd:date rule:edtf-bounds
d:%(it)s nw:endLatest "%(e2)s"^^xsd:date rule:edtf-bounds
d:%(it)s core:endEarliest "%(e1)s"^^xsd:date rule:sub-property
d:%(it)s core:endLatest "%(e2)s"^^xsd:date rule:sub-property""",
    "role": """
d:%(it)s a nw:RoleHolding @at
d:%(it)s org:member d:%(who)s @at
d:%(it)s org:organization d:%(n)s @at
d:%(it)s org:role nwr:%(role)s @at
d:%(it)s a org:Membership rule:sub-class
d:%(who)s nw:%(direct)s d:%(n)s rule:role-shortcut
d:%(who)s nw:involvedIn d:%(n)s rule:sub-property
d:%(n)s nw:involves d:%(who)s rule:inverse""",
    "partner": """
d:%(who)s nw:partnerIn d:%(n)s rule:sub-property""",
    "member": """
d:%(who)s org:memberOf d:%(n)s rule:sub-property""",
    "secretariat": """
d:%(it)s a nw:SecretariatHolding rule:intersection-of-two
d:%(n)s nw:hasSecretariat d:%(who)s rule:inverse""",
    "during": """
d:%(it)s org:memberDuring d:%(period)s @at""",
    "joint": """
d:%(it)s nw:jointHolding d:%(n)s-faelles @at""",
    "together": """
d:%(n)s-faelles a nw:JointHolding @at""",
    "unit": """
d:%(it)s nw:actingThrough d:%(it)s-enhed @at
d:%(it)s-enhed a org:OrganizationalUnit @at
d:%(it)s-enhed org:unitOf d:%(who)s @at
d:%(it)s-enhed skos:prefLabel "Center for %(topicda)s"@da @at
d:%(who)s org:hasUnit d:%(it)s-enhed rule:inverse
d:%(it)s-enhed a org:Organization rule:sub-class
d:%(it)s-enhed a foaf:Agent rule:sub-class""",
    "group": """
d:%(it)s a nw:PeopleGroup @at
d:%(it)s skos:prefLabel "%(da)s"@da @at
d:%(it)s a foaf:Group rule:sub-class
d:%(it)s a foaf:Agent rule:sub-class""",
    "project": """
d:%(p)s a nw:Project @at
d:%(p)s skos:prefLabel "%(da)s"@da @at
d:%(p)s skos:prefLabel "%(en)s"@en @at
d:%(p)s dct:spatial d:%(place)s @at
d:%(n)s nw:partOfProject d:%(p)s @at
d:%(n)s dct:isPartOf d:%(p)s rule:sub-property
d:%(p)s a foaf:Project rule:sub-class""",
    "called": """
d:%(p)s skos:altLabel "%(da)s"@da @at""",
    "funding": """
d:%(p)s nw:hasFunding d:%(it)s @at
d:%(it)s a nw:Funding @at
d:%(it)s nw:funder d:%(who)s @at
d:%(it)s nw:funds d:%(p)s rule:inverse
d:%(p)s nw:fundedBy d:%(who)s rule:chain-of-two
d:%(p)s frapo:isFundedBy d:%(who)s rule:sub-property
d:%(who)s nw:funderOf d:%(p)s rule:inverse
d:%(who)s nw:involvedIn d:%(p)s rule:sub-property
d:%(p)s nw:involves d:%(who)s rule:inverse
d:%(n)s nw:inProjectFundedBy d:%(who)s rule:chain-of-two""",
    "amount": """
d:%(it)s nw:amount "%(amount)s"^^xsd:decimal @at
d:%(it)s nw:currency "%(currency)s" @at""",
    "procured": """
d:%(it)s nw:procuredBy d:%(n)s @at
d:%(n)s nw:procured d:%(it)s rule:inverse
d:%(n)s nw:procuredFundingFor d:%(p)s rule:chain-of-two
d:%(n)s nw:involvedIn d:%(p)s rule:sub-property
d:%(p)s nw:involves d:%(n)s rule:inverse""",
    "series": """
d:%(n)s-temadage a nw:EventSeries @at
d:%(n)s-temadage skos:prefLabel "Temadage"@da @at
d:%(n)s-temadage nw:organisedBy d:%(n)s @at""",
    "event": """
d:%(it)s a nw:ThemeDay @at
d:%(it)s skos:prefLabel "Temadag i %(town)s"@da @at
d:%(it)s skos:prefLabel "Theme day in %(town)s"@en @at
d:%(it)s nw:inSeries d:%(n)s-temadage @at
d:%(it)s nw:date "%(day)s"^^xsd:date @at
d:%(it)s nw:place d:%(place)s @at
d:%(it)s a nw:Event rule:sub-class
d:%(it)s nw:organisedBy d:%(n)s rule:chain-of-two""",
    "finding": """
d:%(n)s-erfaringer a nw:ReportedFinding @at
d:%(n)s-erfaringer skos:prefLabel "Erfaringerne fra %(da)s"@da @at
d:%(n)s-erfaringer nw:wording "%(quote)s"@da @at
d:%(n)s-erfaringer nw:reportedFrom d:%(n)s-program @at
d:%(n)s-program a nw:Programme @at
d:%(n)s-program skos:prefLabel "Programmet bag %(da)s"@da @at
d:%(n)s nw:motivatedByFinding d:%(n)s-erfaringer @at""",
    "grant": """
d:%(it)s a nw:FundingOpportunity @at
d:%(it)s skos:prefLabel "%(da)s"@da @at
d:%(it)s skos:prefLabel "%(en)s"@en @at
d:%(it)s nw:offeredThrough d:%(p)s @at
d:%(it)s nw:eligibleApplicant d:%(it)s-kreds @at
d:%(it)s nw:covers "rejseomkostninger"@da @at
d:%(it)s nw:purpose "studieophold om %(topicda)s"@da @at
d:%(it)s nw:deadline "%(day)s"^^xsd:date @at
d:%(it)s nw:destinationCondition d:%(it)s-vilkaar @at
d:%(it)s-vilkaar a nw:Criterion @at
d:%(it)s-vilkaar nw:wording "i et andet nordisk land"@da @at
d:%(it)s-kreds a nw:PeopleGroup @at
d:%(it)s-kreds skos:prefLabel "Nordiske biblioteker"@da @at
document:%(slug)s dct:references d:%(it)s @at
d:%(it)s nw:criterion d:%(it)s-vilkaar rule:sub-property
d:%(it)s-kreds a foaf:Group rule:sub-class
d:%(it)s-kreds a foaf:Agent rule:sub-class""",
}


def _term(token: str) -> str:
    if token == "a":
        return "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    if token.startswith('"'):
        text, mark, datatype = token.rpartition("^^")
        return f"{text}^^{_term(datatype)}" if mark else token
    prefix, _, local = token.partition(":")
    return f"<{PREFIXES[prefix]}{local}>"


def _graph(token: str) -> str:
    version = f"{BASE}document/%(doc)s"
    graphs = {"@v": f"<{version}>", "@s": f"<{BASE}document/%(slug)s>", "@at": f"<{version}#char=%(at)s>"}
    return graphs.get(token) or _term(token)


def _compiled(part: str, *, quads: bool) -> str:
    lines = []
    for line in part.strip().splitlines():
        match = re.fullmatch(r"(\S+) (\S+) (.+) (\S+)", line)
        assert match, line
        subject, predicate, value, graph = match.groups()
        place = f" {_graph(graph)}" if quads else ""
        lines.append(f"{_term(subject)} {_term(predicate)} {_term(value)}{place} .\n")
    return "".join(lines)


def zipf(count: int, *, exponent: float = 1.0) -> list[float]:
    """Return the cumulative weights of `count` ranks: the first is drawn twice as often as the second, and so on."""
    return list(accumulate(1 / rank**exponent for rank in range(1, count + 1)))


def draws(random: Random, count: int, *, exponent: float = 1.0) -> Callable[[], int]:
    """Return a function that gives a rank each time it is called, popular ranks more often."""
    ranks, weights = range(count), zipf(count, exponent=exponent)

    def endless() -> Iterator[int]:
        while True:
            yield from random.choices(ranks, cum_weights=weights, k=4096)

    return endless().__next__


class Document:
    """One document in the making: its facts, and the place in its text where the next sentence stands."""

    def __init__(self, parts: dict[str, str], slug: str, day: str, topic: str, title: str) -> None:
        self._parts = parts
        self._made: list[str] = []
        self._quotes: list[str] = []
        self._end = 0
        self._at = ""
        self.values: dict[str, object] = {"slug": slug, "doc": f"{slug}/{day}"}
        self.sentence(title)
        self.say("head", title=title, topic=topic)

    def sentence(self, quote: str) -> None:
        """Open the next passage."""
        begin, self._end = self._end, self._end + len(quote) + 1
        self.values["at"] = f"{begin},{self._end - 1}"
        self.values["quote"] = quote
        self._quotes.append(quote)
        self._made.append(self._parts["passage"] % self.values)

    def say(self, part: str, **values: object) -> None:
        """State the facts of a part in the passage that is open."""
        self.values.update(values)
        self._made.append(self._parts[part] % self.values)

    def finished(self, day: str) -> str:
        """Return the lines of the document."""
        self.sentence(f"Opdateret {day}")
        text = "\n".join(self._quotes)
        self.say("foot", day=day, sha=hashlib.sha256(text.encode()).hexdigest())
        return "".join(self._made)


def _period(random: Random, *, open_end: bool) -> dict[str, str]:
    begin, month = 1990 + int(random.random() * 32), 1 + int(random.random() * 12)
    last = f"{begin}-{month:02}-{monthrange(begin, month)[1]}"
    told = {"edtf": f"{begin}-{month:02}/", "b1": f"{begin}-{month:02}-01", "b2": last, "word": MONTHS[month - 1]}
    told["quote"] = f"siden {told['word']} {begin}"
    if not open_end:
        end = begin + 1 + int(random.random() * 6)
        told |= {"edtf": f"{begin}-{month:02}/{end}", "e1": f"{end}-01-01", "e2": f"{end}-12-31"}
        told["quote"] = f"i perioden {told['word']} {begin} til {end}"
    return told


class Graph:
    """The documents of a graph, without end: first those that name what the others share, then networks."""

    def __init__(self, count: int, seed: int, *, quads: bool) -> None:
        self._parts = {name: _compiled(part, quads=quads) for name, part in PARTS.items()}
        self._random = Random(seed)
        organisations, topics = max(12, count // 400), max(len(SUBJECTS), count // 4000)
        self._organisations = [self._organisation(rank) for rank in range(organisations)]
        self._topics = [self._topic(rank) for rank in range(topics)]
        self._places = [town.lower().replace("ø", "oe").replace("æ", "ae").replace("å", "aa") for town in TOWNS]
        self._organisation_rank = draws(self._random, organisations)
        self._funder_rank = draws(self._random, max(12, organisations // 3))
        self._topic_rank = draws(self._random, topics)
        self._place_rank = draws(self._random, len(TOWNS))
        self._few = draws(self._random, 12, exponent=1.3)

    @staticmethod
    def _organisation(rank: int) -> tuple[str, str, str]:
        da, en = KINDS[rank % len(KINDS)]
        town = TOWNS[rank * 7 % len(TOWNS)]
        names = f"{town} {da} {rank}", f"{town} {en} {rank}"
        return (KNOWN_ORGANISATIONS[rank] if rank < len(KNOWN_ORGANISATIONS) else f"organisation-{rank}", *names)

    @staticmethod
    def _topic(rank: int) -> tuple[str, str, str]:
        da, en = SUBJECTS[rank % len(SUBJECTS)]
        return f"emne-{rank}", f"{da} {rank}", f"{en} {rank}"

    def documents(self) -> Iterator[str]:
        """Yield the lines of one document after the other."""
        yield self._shared()
        for first in range(0, len(self._organisations), 50):
            document = Document(self._parts, f"register-{first}", "2020-01-01", "emne-0", f"Register {first}")
            for it, da, en in self._organisations[first : first + 50]:
                document.sentence(da)
                document.say("organisation", it=it, da=da, en=en)
            yield document.finished("2020-01-01")
        number = 0
        while True:
            yield self._network(number)
            number += 1

    def _shared(self) -> str:
        document = Document(self._parts, "ord-og-steder", "2020-01-01", "emne-0", "Ord og steder")
        for it, da in [("danmark", "Danmark"), *zip(self._places, TOWNS, strict=True)]:
            document.sentence(da)
            document.say("place", it=it, da=da)
        people = [(f"folk-{rank}", *names) for rank, names in enumerate(PEOPLE)]
        for scheme, concepts in (("topic", self._topics), ("target-group", people)):
            for it, da, en in concepts:
                document.sentence(da)
                document.say("concept", it=it, da=da, en=en, scheme=scheme)
        return document.finished("2020-01-01")

    def _network(self, number: int) -> str:
        chance = self._random.random
        known = number < len(KNOWN_NETWORKS)  # these say everything that can be said
        n = KNOWN_NETWORKS[number] if known else f"netvaerk-{number}"
        topic, topicda, topicen = self._topics[self._topic_rank()]
        town = TOWNS[self._place_rank()]
        da, en = f"Netværk {number} om {topicda} i {town}", f"Network {number} on {topicen} in {town}"
        day = f"{2010 + number % 15}-{1 + number % 12:02}-{1 + number % 28:02}"
        document = Document(self._parts, f"dokument-{number}", day, topic, f"Om {da}")
        document.values.update(n=n, topicda=topicda, period="")
        document.sentence(da)
        document.say("network", da=da, en=en)
        document.sentence(f"for at udveksle erfaringer om {topicda}")
        document.say("purpose", people=f"folk-{self._few() % len(PEOPLE)}")
        other = self._topics[self._topic_rank()]
        if other[0] != topic:
            document.say("also", topic=other[0])
        if known or chance() < 0.3:
            document.say("hedge", hedge=HEDGES[self._few() % len(HEDGES)])
        if known or chance() < 0.9:
            self._told_period(document, n, lifetime=number == 1 or (not known and chance() < 0.4))
        if known or chance() < 0.3:
            it, name, _ = self._organisations[self._organisation_rank()]
            document.sentence(f"stiftet af {name}")
            document.say("founded", it=it)
        self._roles(document, n, known=known)
        if known or chance() < 0.6:
            self._project(document, number, known=known)
        self._events(document, n, 2 + self._few() if known else self._few())
        if known or chance() < 0.1:
            document.sentence(f"Samarbejdet om {topicda} giver gode erfaringer")
            document.say("finding", da=da)
        return document.finished(day)

    def _told_period(self, document: Document, about: str, *, lifetime: bool) -> None:
        told = _period(self._random, open_end=lifetime)
        document.sentence(told.pop("quote"))
        it = document.values["period"] = f"{about}-periode"
        before = document.values["n"]
        document.say("period", it=it, n=about, how="lifetime" if lifetime else "activePeriod", **told)
        if not lifetime:
            document.say("end")
        document.values["n"] = before

    def _roles(self, document: Document, n: str, *, known: bool) -> None:
        chance, names = self._random.random, list(ROLES)
        joint = known or chance() < 0.2
        holders: dict[int, str] = {}
        for place in range(2 + self._few() + (4 if known else 0)):
            role = "sekretariat" if place == 0 or (place == 1 and joint) else names[1 + int(chance() * 5)]
            if known and 1 < place < 1 + len(names):
                role = names[place - 1]
            holders.setdefault(place if known and place < 2 else self._organisation_rank(), role)
        for place, (rank, role) in enumerate(holders.items()):
            who, name, _ = self._organisations[rank]
            direct, partner, word = ROLES[role]
            document.sentence(f"{name} {word} netværket")
            document.say("role", it=f"{n}-rolle-{place}", who=who, role=role, direct=direct)
            if partner:
                document.say("partner")
            if role == "medlem":
                document.say("member")
            if role == "sekretariat":
                document.say("secretariat")
                if joint:
                    document.say("joint")
                    if place == 0:
                        document.say("together")
            if document.values["period"]:
                document.say("during")
            if (known and place == 0) or chance() < 0.05:
                document.sentence(f"(Center for {document.values['topicda']})")
                document.say("implied")
                document.say("unit")
        if known or chance() < 0.3:
            name = f"Ansatte i en række biblioteker i {TOWNS[self._place_rank()]}"
            document.sentence(name)
            document.say("hedge", hedge="en række")
            document.say("group", it=f"{n}-ansatte", da=name)
            document.say("role", it=f"{n}-deltagelse", who=f"{n}-ansatte", role="deltager", direct="participantIn")
            document.say("partner")

    def _project(self, document: Document, number: int, *, known: bool) -> None:
        chance = self._random.random
        p = KNOWN_PROJECT if number == 0 else f"projekt-{number}"
        da, en = f"Projekt {number} om {document.values['topicda']}", f"Project {number}"
        document.sentence(f"en del af projektet ”{da}”")
        document.say("project", p=p, da=da, en=en, place=self._places[self._place_rank()])
        if known or chance() < 0.3:
            document.sentence(f"også kaldet ”P{number}”")
            document.say("called", da=f"P{number}")
        if known or chance() < 0.8:
            self._told_period(document, p, lifetime=chance() < 0.3)
        funders = dict.fromkeys([2, 3] if known else [])  # the two that the shipped questions ask for
        for _ in range(1 + min(3, self._few())):
            funders[self._funder_rank()] = None
        for place, rank in enumerate(funders):
            who, name, _ = self._organisations[rank]
            document.sentence(f"finansieret af {name}")
            document.say("funding", it=f"{p}-finansiering-{place}", who=who)
            if known or chance() < 0.5:
                currency = CURRENCIES[int(chance() * len(CURRENCIES))]
                document.say("amount", amount=1000 * (1 + int(chance() * 5000)), currency=currency)
            if place == 0 and (known or chance() < 0.2):
                document.say("procured")
        if known or chance() < 0.15:
            name = f"Tilskud {number} til rejseomkostninger"
            document.sentence(f"Søg {name}")
            document.say("hedge", hedge="blandt andet")
            day = f"{2012 + number % 14}-{1 + number % 12:02}-01"
            it = KNOWN_GRANT if number == 0 else f"tilskud-{number}"
            document.say("grant", it=it, da=name, en=f"Grant {number} for travel", day=day)

    def _events(self, document: Document, n: str, count: int) -> None:
        if not count:
            return
        document.sentence("en række temadage")
        document.say("series")
        chance = self._random.random
        for place in range(count):
            rank = self._place_rank()
            year, month, day = 1995 + int(chance() * 30), 1 + int(chance() * 12), 1 + int(chance() * 28)
            document.sentence(f"{day}. {MONTHS[month - 1]} {year} i {TOWNS[rank]}")
            date = f"{year}-{month:02}-{day:02}"
            document.say("event", it=f"{n}-temadag-{place}", town=TOWNS[rank], place=self._places[rank], day=date)


def chunks(count: int, *, seed: int = 7, quads: bool = False) -> Iterator[str]:
    """Yield exactly `count` lines, a document at a time; the last document may be cut short."""
    left = count
    for text in Graph(count, seed, quads=quads).documents():
        lines = text.count("\n")
        if lines >= left:
            yield "".join(text.splitlines(keepends=True)[:left])
            return
        left -= lines
        yield text


def write(path: Path, count: int, *, seed: int = 7, quads: bool = False) -> Path:
    """Write a graph to a file, and return the file."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(chunks(count, seed=seed, quads=quads))
    return path


def main(arguments: Iterable[str] | None = None) -> None:
    """Write what the command line asks for, and say on standard error how fast that was."""
    parser = argparse.ArgumentParser(description="Write a network graph of exactly so many facts.")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--format", choices=("nt", "nq"), default="nt")
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args(None if arguments is None else list(arguments))
    begun = time.perf_counter()
    if asked.output:
        write(asked.output, asked.count, seed=asked.seed, quads=asked.format == "nq")
    else:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        sys.stdout.writelines(chunks(asked.count, seed=asked.seed, quads=asked.format == "nq"))
    took = time.perf_counter() - begun
    print(f"{asked.count} facts in {took:.2f} s: {asked.count / took:.0f} a second", file=sys.stderr)


if __name__ == "__main__":
    main()
