"""A whole sentence for a shape that brings none of its own.

Duty: Danish and English words for each constraint component of SHACL Core. Level 3; pure.
A shape's own `sh:message` always wins.
Source: https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

from collections.abc import Mapping

from samvirke.terms import SH

_WORDS: Mapping[str, tuple[str, str]] = {
    "Class": ("Værdien er ikke af klassen {0}.", "The value is not of the class {0}."),
    "Datatype": ("Værdien har ikke datatypen {0}.", "The value does not have the datatype {0}."),
    "NodeKind": ("Værdien er ikke af slagsen {0}.", "The value is not of the kind {0}."),
    "MinCount": ("Der skal være mindst {0} værdi(er).", "There must be at least {0} value(s)."),
    "MaxCount": ("Der må højst være {0} værdi(er).", "There may be at most {0} value(s)."),
    "MinExclusive": ("Værdien skal være større end {0}.", "The value must be greater than {0}."),
    "MinInclusive": ("Værdien skal være mindst {0}.", "The value must be at least {0}."),
    "MaxExclusive": ("Værdien skal være mindre end {0}.", "The value must be less than {0}."),
    "MaxInclusive": ("Værdien må højst være {0}.", "The value may be at most {0}."),
    "MinLength": ("Teksten skal have mindst {0} tegn.", "The text must have at least {0} characters."),
    "MaxLength": ("Teksten må højst have {0} tegn.", "The text may have at most {0} characters."),
    "Pattern": ("Teksten følger ikke mønstret {0}.", "The text does not follow the pattern {0}."),
    "LanguageIn": ("Teksten er på et andet sprog end de tilladte.", "The text is in a language that is not allowed."),
    "UniqueLang": ("Der er to tekster på samme sprog.", "There are two texts in the same language."),
    "Equals": ("Værdierne er ikke de samme som for {0}.", "The values are not the same as those of {0}."),
    "Disjoint": ("Værdien står også under {0}.", "The value also stands under {0}."),
    "LessThan": ("Værdien er ikke mindre end den for {0}.", "The value is not less than that of {0}."),
    "LessThanOrEquals": ("Værdien er større end den for {0}.", "The value is greater than that of {0}."),
    "Not": ("Tingen opfylder det, den ikke må opfylde.", "The thing meets what it must not meet."),
    "And": ("Ikke alle krav er opfyldt.", "Not all requirements are met."),
    "Or": ("Ingen af de mulige krav er opfyldt.", "None of the possible requirements is met."),
    "Xone": ("Ikke præcis ét af kravene er opfyldt.", "Not exactly one of the requirements is met."),
    "Node": ("Værdien opfylder ikke kravene i {0}.", "The value does not meet the requirements of {0}."),
    "QualifiedMinCount": ("Der er for få værdier af den slags.", "There are too few values of that kind."),
    "QualifiedMaxCount": ("Der er for mange værdier af den slags.", "There are too many values of that kind."),
    "Closed": ("Egenskaben er ikke tilladt her.", "The property is not allowed here."),
    "HasValue": ("Værdien {0} mangler.", "The value {0} is missing."),
    "In": ("Værdien står ikke på listen over tilladte værdier.", "The value is not in the list of allowed values."),
}


def generic(component: str, parameter: str) -> dict[str, str]:
    """Return the sentence for a component; `parameter` is the value the shape gives it, if it is one term."""
    name = component.removeprefix(str(SH)).removesuffix("ConstraintComponent")
    danish, english = _WORDS.get(name, ("Kravet i formen er ikke opfyldt.", "The requirement of the shape is not met."))
    return {"da": danish.format(parameter), "en": english.format(parameter)}
