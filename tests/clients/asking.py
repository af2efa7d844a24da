"""What the first site is asked by every client, and what it must answer."""

from __future__ import annotations

BASE = "https://w3id.org/samvirke/"
NETWORK = f"{BASE}id/nordisk-biblioteksnetvaerk"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
PREFIXES = f"""
PREFIX nw: <{BASE}network#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX d: <{BASE}id/>
"""
NAMES = ["Boligsocialt og Kulturelt Netværk", "Nordisk Biblioteksnetværk"]
NETWORKS = [[f"{BASE}id/boligsocialt-og-kulturelt-netvaerk", NAMES[0]], [NETWORK, NAMES[1]]]
SELECT = f"{PREFIXES} SELECT ?network ?name {{ ?network a nw:Network ; skos:prefLabel ?name }} ORDER BY ?name"
CONSTRUCT = f"{PREFIXES} CONSTRUCT {{ ?n skos:prefLabel ?l }} WHERE {{ ?n a nw:Network ; skos:prefLabel ?l }}"
ASK = f"{PREFIXES} ASK {{ d:nordisk-biblioteksnetvaerk a nw:Network }}"
ASK_NOT = f"{PREFIXES} ASK {{ d:nordisk-biblioteksnetvaerk a nw:Nothing }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
OUTBOUND = "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
SECRETARIAT = [f"{BASE}id/det-kgl-bibliotek", "Det Kgl. Bibliotek"]
