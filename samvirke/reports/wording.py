"""What a finding says, in one line: which thing, which property, what stands there, what should, what to do.

Duty: words in Danish and English around the sentence a finding brings. Level 6; pure. Names of things come from whoever
knows them: a function from an address to a name, "" for none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from samvirke.model import Finding, Report, Severity
from samvirke.reports.grouping import Selection, clipped
from samvirke.sentences import beginnings
from samvirke.terms import SH

__all__ = ["Name", "Told", "counts", "cut_words", "severity_word", "tell", "title"]

Name = Callable[[str], str]

_SHORT = 200
_MESSAGE = 1_000
_INVERSE = re.compile(r"\^<?([^<>\s]+)>?")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+|_:\S+")
_ABSENT = frozenset({"MinCount", "QualifiedMinCount", "HasValue"})
_SEVERITIES = {"violation": ("fejl", "violation"), "warning": ("advarsel", "warning"), "info": ("oplysning", "notice")}

_CORRECT = ("Ret værdien.", "Correct the value.")
_ONE_OF_TWO = ("Ret en af de to.", "Correct one of the two.")
_ASKED = ("Se, hvad formen kræver.", "See what the shape asks for.")
_ADVICE: Mapping[str, tuple[str, str]] = {
    "Class": (
        "Peg på en ting af den klasse, eller skriv, at den er en.",
        "Name a thing of that class, or say it is one.",
    ),
    "Datatype": ("Skriv værdien med den datatype.", "Write the value with that datatype."),
    "NodeKind": ("Skriv den som den slags.", "Write it as that kind."),
    "MinCount": ("Tilføj det, der mangler.", "Add what is missing."),
    "MaxCount": ("Fjern det overskydende.", "Remove what is too much."),
    "MinExclusive": _CORRECT,
    "MinInclusive": _CORRECT,
    "MaxExclusive": _CORRECT,
    "MaxInclusive": _CORRECT,
    "MinLength": ("Skriv en længere tekst.", "Write a longer text."),
    "MaxLength": ("Skriv en kortere tekst.", "Write a shorter text."),
    "Pattern": ("Skriv teksten efter mønstret.", "Write the text after the pattern."),
    "LanguageIn": ("Skriv den på et tilladt sprog.", "Write it in a language that is allowed."),
    "UniqueLang": ("Behold den ene.", "Keep one of them."),
    "Equals": _ONE_OF_TWO,
    "Disjoint": _ONE_OF_TWO,
    "LessThan": _ONE_OF_TWO,
    "LessThanOrEquals": _ONE_OF_TWO,
    "QualifiedMinCount": ("Tilføj det, der mangler.", "Add what is missing."),
    "QualifiedMaxCount": ("Fjern det overskydende.", "Remove what is too much."),
    "Closed": ("Fjern den, eller føj egenskaben til formen.", "Remove it, or add the property to the shape."),
    "HasValue": ("Tilføj værdien.", "Add the value."),
    "In": ("Vælg en værdi fra listen.", "Choose a value from the list."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in parts: the names of thing and property, what was found and expected, what to do, and where."""

    entity: str
    property_name: str
    found: str
    expected: str
    advice: str
    place: str
    whole: bool
    """Whether what was expected is told by a sentence of our own, which names everything already."""

    @property
    def sentence(self) -> str:
        """The parts as one line, without the place."""
        if self.whole:
            return self.expected
        about = " – ".join(part for part in (self.entity, self.property_name) if part)
        about += f" ({self.found})" if about and self.found else ""
        return " ".join(part for part in (f"{about}:" if about else "", self.expected, self.advice) if part)


def tell(finding: Finding, language: str, name: Name) -> Told:
    """Say a finding in a language."""
    expected = _message(finding, language)
    whole = bool(finding.component) and not finding.component.startswith(str(SH))
    return Told(
        entity=_entity(finding, language, name),
        property_name=_property(finding.path, language, name),
        found=_found(finding, language, name),
        expected=expected,
        advice="" if whole or _advises(expected) else _advice(finding, language),
        place=_place(finding),
        whole=whole,
    )


def _message(finding: Finding, language: str) -> str:
    messages = finding.messages
    text = messages.get(language) or messages.get("en") or next(iter(messages.values()), "")
    return clipped(" ".join(text.split()), _MESSAGE)


def _advises(message: str) -> bool:
    """Say whether a message has a second sentence: a shape's own words say there what to do."""
    return bool(message) and next(iter(beginnings(message)), None) is not None


def _advice(finding: Finding, language: str) -> str:
    danish, english = _ADVICE.get(_component(finding), _ASKED)
    return (danish if language == "da" else english) if finding.component else ""


def _component(finding: Finding) -> str:
    return finding.component.removeprefix(str(SH)).removesuffix("ConstraintComponent")


def _entity(finding: Finding, language: str, name: Name) -> str:
    """Name the thing; a passage is named by the message itself."""
    focus = finding.focus.strip("<>")
    if not focus or focus == finding.passage.strip("<>") or "#char=" in focus:
        return ""
    if focus.startswith("_:"):
        return "en ting uden adresse" if language == "da" else "a thing with no address"
    return _quoted(name(focus), language) or _short(focus)


def _property(path: str, language: str, name: Name) -> str:
    if inverse := _INVERSE.fullmatch(path):
        other = "fra den anden ende" if language == "da" else "from the other end"
        return f"{_short(name(inverse[1]) or _local(inverse[1]))} ({other})"
    plain = path.strip("<>")
    if not plain or " " in plain or plain.startswith(("(", "^")):
        return _short(plain)
    return _short(name(plain) or _local(plain))


def _found(finding: Finding, language: str, name: Name) -> str:
    value = finding.value
    if not value:
        nothing = "intet" if language == "da" else "nothing"
        return nothing if _component(finding) in _ABSENT else ""
    if value.startswith('"'):
        return _quoted(_lexical(value), language)
    address = value.strip("<>")
    if not _ADDRESS.fullmatch(address):
        return _quoted(value, language)
    return _quoted(name(address), language) or _short(address)


def _lexical(literal: str) -> str:
    """Return what stands between the quotation marks of an N-Triples literal."""
    return literal[1 : literal.rindex('"')] if literal.count('"') > 1 else literal[1:]


def _quoted(text: str, language: str) -> str:
    text = _short(text)
    return "" if not text else f"»{text}«" if language == "da" else f"“{text}”"


def _short(text: str) -> str:
    return clipped(" ".join(text.split()), _SHORT)


def _local(address: str) -> str:
    return re.split(r"[#/:]", address.rstrip("#/:"))[-1] or address


def _place(finding: Finding) -> str:
    """File and line; where there is no file, the passage, whose page shows the words."""
    if not finding.file:
        return finding.passage
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def title(shape: str, path: str, language: str, name: Name) -> str:
    """Return the name of a group: its shape and its property."""
    parts = (_short(name(shape) or _local(shape)) if shape else "", _property(path, language, name))
    if parts[0].casefold() == parts[1].casefold():
        return parts[0]
    return " – ".join(part for part in parts if part)


def severity_word(severity: Severity, language: str) -> str:
    """Return the word for a severity."""
    danish, english = _SEVERITIES[severity.value]
    return danish if language == "da" else english


def counts(report: Report, language: str) -> str:
    """Return one line with the number of findings of each severity."""
    number = dict.fromkeys(Severity, 0)
    for finding in report.findings:
        number[finding.severity] += 1
    violations, warnings, notices = number.values()
    if language == "da":
        return f"{violations} fejl, {warnings} advarsler, {notices} oplysninger ({report.seconds:.1f} s)"
    return f"{violations} violations, {warnings} warnings, {notices} notices ({report.seconds:.1f} s)"


def cut_words(selection: Selection, language: str) -> str:
    """Say what of a report is only counted; "" when all is listed."""
    if not selection.left_out:
        return ""
    listed, total, most, groups = selection.listed, selection.total, selection.most, selection.groups_left_out
    if language == "da":
        text = f"{listed} af {total} fund står her: de første {most} af hver slags."
        return text + (f" {groups} slags mere er kun talt." if groups else "") + " Ret dem, og kontrollér igen."
    text = f"{listed} of {total} findings are listed: the first {most} of each kind."
    return text + (f" {groups} more kinds are only counted." if groups else "") + " Repair them and check again."
