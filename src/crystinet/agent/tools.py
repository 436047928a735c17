"""What an agent can ask: short answers with the verdict and its reasons, the rest behind a link."""

import json
from collections import OrderedDict
from functools import partial
from typing import Any

from crystinet.agent.roots import Roots
from crystinet.app.assign import assign_files
from crystinet.app.documents import (
    assignment_document,
    explanation_document,
    fit_document,
    identification_document,
)
from crystinet.app.explain import explain
from crystinet.app.identify import Identifier
from crystinet.app.outcome import Failure
from crystinet.app.question import FITTED, Question, start_options
from crystinet.app.reading import pattern_of, patterns_of
from crystinet.app.refine import refine
from crystinet.app.types import types
from crystinet.core.files import sha256_of
from crystinet.core.plain import Document

#: Candidates, lines and warnings that a short answer has.
_CANDIDATES, _LINES, _WARNINGS = 3, 5, 3
#: Whole answers that are kept for links.
_KEPT = 200


class Tools:
    """The tools; each takes paths below the roots and gives plain data.

    Parameters
    ----------
    roots
        What may be read.
    model
        Folder of a bundle, or the name of one in the package; None takes its default.
    """

    def __init__(self, roots: Roots, *, model: Any = None) -> None:
        self._roots, self._model = roots, model
        self._whole: OrderedDict[str, str] = OrderedDict()

    def whole(self, id: str) -> str:
        """A whole answer, as JSON; what a link leads to."""
        return self._whole.get(id, '{"error": "This answer is not kept any more: ask again."}')

    def named(self, text: str) -> str:
        """A text for the agent: files in it are called as the agent calls them."""
        return self._roots.named(text)

    def _link(self, document: Document) -> str:
        text = json.dumps(document)
        id = sha256_of(text.encode())[:24]
        self._whole[id] = text
        while len(self._whole) > _KEPT:
            self._whole.popitem(last=False)
        return f"crystinet://answers/{id}"

    def files(self, root: str | None = None) -> Document:
        """Pattern and structure files that can be asked about."""
        return {"roots": self._roots.names, "files": self._roots.files(root)}

    def identify(
        self,
        path: str,
        *,
        wavelength: str | None = None,
        elements: list[str] | None = None,
        formula: str | None = None,
        fit: bool = False,
        beyond: bool = False,
    ) -> Document:
        """Verdict, reason and first candidates of each pattern of a file."""
        question = self._question(
            wavelength=wavelength,
            elements=elements,
            formula=formula,
            fits=FITTED if fit else 0,
            beyond=None if beyond else False,
        )
        identifier = Identifier(question)
        read = partial(patterns_of, self._roots.path(path), question)
        outcomes = list(identifier.answers(path, read))
        bundle = identifier.model.bundle
        document = identification_document(
            outcomes, model_id=bundle.id, model_version=bundle.version
        )
        if len(outcomes) == 1 and isinstance(outcomes[0], Failure):
            raise outcomes[0].error
        return {
            "answers": [_short(entry) for entry in document["results"][:10]],
            "patterns": len(outcomes),
            "whole": self._link(document),
        }

    def _question(
        self,
        *,
        wavelength: str | None = None,
        elements: list[str] | None = None,
        formula: str | None = None,
        nearest: int = 0,
        fits: int = 0,
        beyond: bool | None = False,
    ) -> Question:
        return Question.of(
            wavelength_angstrom=wavelength,
            elements=elements,
            formula=formula,
            top=10,
            model=self._model,
            starts=start_options(nearest=nearest, lattice=bool(nearest)),
            fits=fits,
            beyond=beyond,
        )

    def explain(
        self,
        path: str,
        *,
        type: str | None = None,
        wavelength: str | None = None,
        elements: list[str] | None = None,
    ) -> Document:
        """What the place of a candidate rests on."""
        found = explain(
            self._roots.path(path),
            type=type,
            wavelength_angstrom=wavelength,
            elements=elements,
            model=self._model,
        )
        document = explanation_document(path, found)
        unexplained = [peak for peak in document["peaks"] if not peak["matched"]]
        return {
            "type": document["candidate"]["type"],
            "rank": document["rank"],
            "probability": document["candidate"]["probability"],
            "lines": len(document["peaks"]),
            "unexplained_lines": len(unexplained),
            "unexplained_two_theta": [peak["two_theta"] for peak in unexplained[:_LINES]],
            "verdict": document["verdict"],
            "whole": self._link(document),
        }

    def refine(
        self,
        path: str,
        *,
        type: str | None = None,
        formula: str | None = None,
        elements: list[str] | None = None,
        phases: int = 1,
        wavelength: str | None = None,
    ) -> Document:
        """Cells with uncertainties, R factors, and whether the fit bears the type out."""
        question = self._question(wavelength=wavelength)
        fit = refine(
            pattern_of(self._roots.path(path), question),
            type=type,
            formula=formula,
            elements=elements,
            phases=phases,
            model=self._model,
        )
        document = fit_document(path, fit)
        keys = ("type", "start", "cell", "cell_uncertainty", "share", "verified", "reasons")
        return {
            "rwp": document["rwp"],
            "gof": document["gof"],
            "phases": [{key: phase[key] for key in keys} for phase in document["phases"]],
            "unexplained_lines": len(document["unexplained"]),
            "whole": self._link(document),
        }

    def assign(self, path: str) -> Document:
        """The structure type of a CIF file."""
        (outcome,) = assign_files([self._roots.path(path)])
        if isinstance(outcome, Failure):
            raise outcome.error
        (entry,) = assignment_document([outcome])["results"]
        return {**entry, "file": path}

    def types(self, search: str | None = None) -> Document:
        """Structure types of the catalogue, all or those that somebody means."""
        found = types(search)
        return {
            "types": [
                {"type": kind.name, "number": kind.number, "anx": kind.anx} for kind in found[:120]
            ]
        }

    def nearest(self, path: str, *, wavelength: str | None = None) -> Document:
        """Known compounds whose patterns are most like it, and a lattice, for the best types."""
        question = self._question(wavelength=wavelength, nearest=3)
        identifier = Identifier(question)
        answered = identifier.answer(pattern_of(self._roots.path(path), question))
        return {
            "candidates": [
                {
                    "type": point.type,
                    "probability": round(point.probability, 4),
                    "nearest": [
                        {
                            "formula": each.compound.formula,
                            "likeness": round(each.likeness, 3),
                            "source": f"{each.compound.source} {each.compound.source_id}".strip(),
                        }
                        for each in point.nearest or ()
                    ],
                    "cell": point.lattice and [round(value, 4) for value in point.lattice.cell],
                }
                for point in answered.starting_points or ()
            ]
        }


def _short(entry: Document) -> Document:
    """An entry of ``identify --json`` in a few lines."""
    if not entry["ok"]:
        return {"file": entry["file"], "error": entry["error"]}
    short = {
        "verdict": entry["verdict"],
        "sentence": entry["sentence"],
        "reason": entry["reason"],
        "candidates": [_candidate(each) for each in entry["candidates"][:_CANDIDATES]],
        "candidate_set": entry["candidate_set"][:10],
        "wavelength_angstrom": entry["wavelength_angstrom"],
        "wavelength_from": entry["wavelength_from"],
        "warnings": entry["warnings"][:_WARNINGS],
    }
    if "further" in entry and entry["further"]["types"]:
        further = entry["further"]
        named = [{key: each[key] for key in ("type", "probability")} for each in further["types"]]
        short["further"] = {"sentence": further["sentence"], "known": further["known"]}
        short["further"]["types"] = named[:_CANDIDATES]
    for name in ("ambiguous_with", "derivative_of"):
        if entry[name]:
            short[name] = entry[name]
    if "symmetry" in entry:
        symmetry = entry["symmetry"]
        short["symmetry"] = {
            key: symmetry[key][:_CANDIDATES] for key in ("systems", "space_groups")
        }
    return {**short, "beyond": _lattice(entry["beyond"])} if "beyond" in entry else short


def _lattice(beyond: Document) -> Document:
    """What the lines alone say, with the first cells."""
    keys = ("name", "cell", "m20", "indexed", "lines", "believed")
    cells = [{key: cell[key] for key in keys} for cell in beyond["cells"][:_CANDIDATES]]
    groups = beyond["space_groups"][:_CANDIDATES]
    return {"sentence": beyond["sentence"], "cells": cells, "space_groups": groups}


def _candidate(each: Document) -> Document:
    """Type and probability, and where it was fitted how well that went."""
    short = {"type": each["type"], "probability": each["probability_of_all"]}
    if "fit" in each:
        fit = each["fit"]
        short["fit"] = fit and {"rwp": fit["rwp"], "verified": fit["phases"][0]["verified"]}
    return short
