"""Shapes and data of every kind, made up: what the compiled shapes and pySHACL are compared on."""
# ruff: noqa: E501 - a list of cases is read more easily on one line

from __future__ import annotations

import random

XSD = "http://www.w3.org/2001/XMLSchema#"
NODES = [":a", ":b", ":c", ":d", "_:x", "_:y"]
CLASSES = [":Thing", ":Small", ":Tiny", ":Other"]
STEPS = [":p", ":q", ":r"]
TEXTS = ["", "a", "ab", "abc", "Æble", "a b", "a\\nb", "ab\\n", "2020", "x1", "é", "a\\t", "AB"]
LITERALS = [
    *(f'"{text}"' for text in TEXTS),
    *(f'"{text}"@{tag}' for text in ("a", "ab") for tag in ("da", "en", "en-GB", "de-AT")),
    "1", "2", "-3", "10", "1.5", "2.0e0", "true", "false",
    *(f'"{text}"^^<{XSD}integer>' for text in ("x", "1_0", " 1", "1.0")),
    *(f'"{text}"^^<{XSD}int>' for text in ("7", "99999999999")),
    *(f'"{text}"^^<{XSD}date>' for text in ("2020-01-01", "2019-12-31", "2024-99-99", "words", "2020-01-01Z", "20200101")),
    *(f'"{text}"^^<{XSD}dateTime>' for text in ("2020-01-01T10:00:00", "2020-01-01T10:00:00Z", "then", "2020-01-01T24:00:00")),
    *(f'"{text}"^^<{XSD}gYear>' for text in ("2020", "2019", "y")),
    *(f'"{text}"^^<{XSD}time>' for text in ("10:00:00", "ten")),
    *(f'"{text}"^^<{XSD}boolean>' for text in ("TRUE", "perhaps")),
    '"v"^^:own', f'"u"^^<{XSD}anyURI>',
]  # fmt: skip
DATATYPES = [f"<{XSD}{name}>" for name in
             ("string", "integer", "int", "decimal", "double", "boolean", "date", "dateTime", "gYear", "time")]  # fmt: skip
DATATYPES += ["rdf:langString", ":own", "rdfs:Literal"]
PATTERNS = [
    "^a",
    "b$",
    "a.b",
    "[a-z]+",
    "^[^b]*$",
    r"\\w+",
    r"\\s",
    r"^(ab|x)\\d?$",
    "(?=a)b",
    r"(a)\\1",
    "a{2}",
    "^$",
    "B",
]
LANGUAGES = ['"da"', '"en"', '"en-GB"', '"*"']


class Maker:
    """Makes up shapes and data; the same seed makes up the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def any(self, *choices: object) -> str:
        return str(self.chance.choice(choices))

    def some(self, choices: list[str], most: int = 3) -> list[str]:
        return self.chance.sample(choices, self.chance.randint(1, min(most, len(choices))))

    # ------------------------------------------------------------ data

    def value(self) -> str:
        return self.any(*NODES, self.any(*LITERALS), self.any(*LITERALS))

    def fact(self) -> str:
        node = self.any(*NODES)
        if self.chance.random() < 0.35:
            return f"{node} a {self.any(*CLASSES)} ."
        if self.chance.random() < 0.05:
            return f"{self.any(*CLASSES)} rdfs:subClassOf {self.any(*CLASSES)} ."
        return f"{node} {self.any(*STEPS)} {self.value()} ."

    def data(self, count: int = 25) -> str:
        return "\n".join(self.fact() for _ in range(self.chance.randint(3, count)))

    # ------------------------------------------------------------ shapes

    def path(self, deep: int = 0) -> str:
        step = self.any(*STEPS)
        if deep > 1 or self.chance.random() < 0.6:
            return step
        kind = self.any("inverse", "zeroOrMore", "oneOrMore", "zeroOrOne", "alternative", "sequence")
        if kind == "sequence":
            return f"( {self.path(deep + 1)} {self.path(deep + 1)} )"
        if kind == "alternative":
            return f"[ sh:alternativePath ( {self.path(deep + 1)} {self.path(deep + 1)} ) ]"
        return f"[ sh:{kind}Path {self.path(deep + 1)} ]"

    def shape(self, deep: int) -> str:
        """A shape in brackets, of either kind."""
        return self.property(deep) if self.chance.random() < 0.5 else self.node(deep)

    def node(self, deep: int) -> str:
        return f"[ {self.constraints(deep, path=False)} ]"

    def property(self, deep: int) -> str:
        return f"[ sh:path {self.path()} ; {self.constraints(deep, path=True)} ]"

    def constraints(self, deep: int, *, path: bool) -> str:
        made = {self.constraint(deep, path=path) for _ in range(self.chance.randint(1, 3))}
        kinds = {}
        for text in made:  # of most components a shape has one only
            kinds.setdefault(text.split(" ", 1)[0], text)
        told = list(kinds.values())
        if self.chance.random() < 0.1:
            told.append(f"sh:severity sh:{self.any('Info', 'Warning', 'Violation')}")
        if self.chance.random() < 0.1:
            told.append('sh:message "No."@en')
        if self.chance.random() < 0.05:
            told.append("sh:deactivated true")
        return " ; ".join(told)

    def constraint(self, deep: int, *, path: bool) -> str:
        simple = ["class", "datatype", "nodeKind", "range", "length", "pattern", "languageIn", "in", "hasValue", "equals",
                  "disjoint", "closed"]  # fmt: skip
        nested = ["not", "and", "or", "xone", "node", "property"] if deep < 2 else []
        alone = ["minCount", "maxCount", "uniqueLang", "less", *(["qualified"] if deep < 2 else [])] if path else []
        kind = self.any(*simple, *nested, *nested, *alone)
        return getattr(self, f"_{kind}", self._plain)(kind, deep)

    def _plain(self, kind: str, deep: int) -> str:
        value = {
            "class": lambda: self.any(*CLASSES),
            "datatype": lambda: self.any(*DATATYPES),
            "nodeKind": lambda: "sh:" + self.any("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "IRIOrLiteral"),
            "hasValue": self.value,
            "equals": lambda: self.any(*STEPS),
            "disjoint": lambda: self.any(*STEPS),
            "minCount": lambda: self.any(0, 1, 2),
            "maxCount": lambda: self.any(0, 1, 2),
            "uniqueLang": lambda: "true",
            "in": lambda: f"( {' '.join(self.value() for _ in range(4))} )",
            "languageIn": lambda: f"( {' '.join(self.some(LANGUAGES, 2))} )",
            "not": lambda: self.shape(deep + 1),
            "node": lambda: self.node(deep + 1),
            "property": lambda: self.property(deep + 1),
        }[kind]  # fmt: skip
        return f"sh:{kind} {value()}".replace("_:x", ":a").replace("_:y", ":b")

    def _range(self, kind: str, deep: int) -> str:
        name = self.any("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")
        return f"sh:{name} {self.any(*LITERALS)}"

    def _length(self, kind: str, deep: int) -> str:
        return f"sh:{self.any('minLength', 'maxLength')} {self.any(0, 1, 2, 3)}"

    def _pattern(self, kind: str, deep: int) -> str:
        flags = self.any("", "", ' ; sh:flags "i"', ' ; sh:flags "m"', ' ; sh:flags "s"')
        return f'sh:pattern "{self.any(*PATTERNS)}"{flags}'

    def _less(self, kind: str, deep: int) -> str:
        return f"sh:{self.any('lessThan', 'lessThanOrEquals')} {self.any(*STEPS)}"

    def _closed(self, kind: str, deep: int) -> str:
        return f"sh:closed true ; sh:ignoredProperties ( rdf:type {self.any(*STEPS)} )"

    def _listed(self, kind: str, deep: int) -> str:
        return f"sh:{kind} ( {' '.join(self.shape(deep + 1) for _ in range(self.chance.randint(1, 3)))} )"

    _and = _or = _xone = _listed

    def _qualified(self, kind: str, deep: int) -> str:
        count = self.any(
            "sh:qualifiedMinCount 1", "sh:qualifiedMaxCount 1", "sh:qualifiedMinCount 0 ; sh:qualifiedMaxCount 0"
        )
        apart = self.any("", " ; sh:qualifiedValueShapesDisjoint true")
        return f"sh:qualifiedValueShape {self.shape(deep + 1)} ; {count}{apart}"

    def target(self) -> str:
        kind = self.any("Class", "Node", "SubjectsOf", "ObjectsOf")
        values = {"Class": CLASSES, "Node": NODES[:4]}.get(kind, STEPS)
        return f"sh:target{kind} {', '.join(self.some(values, 2))}"

    def shapes(self) -> str:
        made = []
        for number in range(self.chance.randint(1, 3)):
            kind = "sh:NodeShape"
            if self.chance.random() < 0.1:
                made.append(f":Thing a rdfs:Class, sh:NodeShape ; {self.constraints(0, path=False)} .")
                break
            if self.chance.random() < 0.3:
                made.append(
                    f":S{number} a sh:PropertyShape ; {self.target()} ; sh:path {self.path()} ; {self.constraints(0, path=True)} ."
                )
            else:
                properties = "".join(f" ; sh:property {self.property(1)}" for _ in range(self.chance.randint(0, 2)))
                made.append(f":S{number} a {kind} ; {self.target()}{properties} ; {self.constraints(0, path=False)} .")
        return "\n".join(made)
