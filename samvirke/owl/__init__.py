"""Consistency: what a description-logic reasoner says of the ontology and the data.

Duty: ask HermiT whether the projected quads are consistent and which classes cannot have a member.
Level 2; the only place for owlready2 and owlrl. Must not reach the outside (imports are left out), must
not keep owlready2's global state in this process (it runs in a child, `python -m samvirke.owl`), and
names no term of a site.
Standard: OWL 2 Structural Specification, https://www.w3.org/TR/owl2-syntax/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from samvirke.errors import InputError, JavaMissing, LimitError
from samvirke.model import Quad
from samvirke.owl.projection import project
from samvirke.terms import OWL

__all__ = ["OwlResult", "check_consistency", "contradictions", "project"]

_MERGED = re.compile(r"'sameAs' and 'differentFrom' .*\((\S+), (\S+)\)$")
_ERROR_TEXT = "http://www.daml.org/2002/03/agents/agent-ont#error"  # where owlrl puts its messages


@dataclass(frozen=True, slots=True)
class OwlResult:
    """What the reasoner found; `explanation` holds sentences on why it is inconsistent."""

    consistent: bool
    unsatisfiable: tuple[str, ...]
    explanation: tuple[str, ...]
    seconds: float


def check_consistency(quads: Iterable[Quad], *, timeout_s: float = 120) -> OwlResult:
    """Ask HermiT whether `quads` are consistent and which classes can have no member.

    Reads:  `quads`, projected; no file and no address.
    Writes: nothing; the reasoner runs in a child process that is ended at the limit.
    Units:  `timeout_s` wall-clock seconds.
    Raises: JavaMissing without Java; LimitError at the limit; InputError when the reasoner refuses
            the projection.
    Source: https://www.w3.org/TR/owl2-direct-semantics/#Inference_Problems
    """
    if shutil.which("java") is None:
        raise JavaMissing("The reasoner needs Java and there is none.", remedy="Install a Java runtime, 17 or later.")
    begun = time.monotonic()
    answer = _in_child(project(quads), timeout_s)
    if "refused" in answer:
        raise InputError(
            f"The reasoner cannot read the ontology: {answer['refused']}",
            remedy="Look for a datatype or an axiom that OWL 2 DL does not have.",
        )
    return OwlResult(
        bool(answer["consistent"]),
        tuple(answer["unsatisfiable"]),
        tuple(answer["explanation"]),
        time.monotonic() - begun,
    )


def contradictions(quads: Iterable[Quad]) -> tuple[str, ...]:
    """Say what contradicts what, by the OWL 2 RL rules alone: a second opinion, and one without Java.

    Reads:  `quads`, projected. Empty does not mean consistent: the rules see less than the reasoner,
            and nothing of classes that have no members.
    Source: https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules
    """
    return tuple(_explain(project(quads).encode()))


def _in_child(ntriples: str, timeout_s: float) -> dict[str, Any]:
    """Run the reasoner in a session of its own, so that ending it ends its Java too."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "samvirke.owl"],
        # HermiT makes an address of the folder it runs in, and cannot make one of "/", where services run.
        cwd=Path(__file__).resolve().parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, complaint = child.communicate(ntriples.encode(), timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise LimitError(
            f"The reasoner was ended after {timeout_s:g} seconds.", remedy="Give it more time, or less data."
        ) from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    if child.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["It said nothing."]
        return {"refused": last[0]}
    answer: dict[str, Any] = json.loads(output)
    return answer


def reason(ntriples: bytes) -> dict[str, object]:
    """Load and reason; runs in the child only."""
    import owlready2  # type: ignore[import-untyped]  # noqa: PLC0415 – has no types, and only the child may load it

    world = owlready2.World()
    world.get_ontology("urn:samvirke:projection#").load(fileobj=BytesIO(ntriples))
    try:
        owlready2.sync_reasoner_hermit(world, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return {"consistent": False, "unsatisfiable": [], "explanation": _explain(ntriples)}
    except owlready2.OwlReadyJavaError as error:
        lines = [line for line in str(error).splitlines() if "Exception" in line] or [str(error)]
        return {"refused": lines[0].strip()}
    unsatisfiable = {found.iri for found in world.inconsistent_classes() if hasattr(found, "iri")}
    return {"consistent": True, "unsatisfiable": sorted(unsatisfiable - {OWL.Nothing.value}), "explanation": []}


def _explain(ntriples: bytes) -> list[str]:
    """Say why in sentences: HermiT only says that, the OWL RL rules name the classes and things.

    Empty where the contradiction lies beyond those rules.
    """
    import owlrl  # type: ignore[import-untyped]  # noqa: PLC0415 – has no types, and is wanted only where all is not well
    import rdflib  # noqa: PLC0415 – owlrl works on its graphs

    graph = rdflib.Graph().parse(data=ntriples, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    reasons = set()
    for text in map(str, graph.objects(None, rdflib.URIRef(_ERROR_TEXT))):
        merged = _MERGED.search(text)
        if merged is None:
            reasons.add(text)
        elif merged[1] < merged[2]:  # said in both directions, and of each thing with itself
            reasons.add(f"{merged[1]} and {merged[2]} follow to be one thing, and are two")
    return sorted(reasons)
