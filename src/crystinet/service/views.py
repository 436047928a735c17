"""What is shown of a kept answer: its pattern, and its explanation."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import numpy as np

from crystinet.app.beyond import beyond
from crystinet.app.candidate_lines import LineFinder
from crystinet.app.candidate_structure import fitted_structure, known_structure
from crystinet.app.documents import explanation_document, pattern_document
from crystinet.app.explain import explain
from crystinet.app.reading import pattern_in
from crystinet.app.thinning import thinned
from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document
from crystinet.core.progress import Progress
from crystinet.service.asking import Asked
from crystinet.service.problems import Refusal
from crystinet.service.state.results import StoredResult, keep_derived

#: Kind of what is worked out from an answer.
EXPLANATION = "explanation"
#: Kind of the lattice from the lines alone; there is one of an answer, so its key is empty.
BEYOND = "beyond"
#: Kind of the lines of a candidate.
LINES = "lines"
#: Kind of the structure of a candidate, without a fit.
STRUCTURE = "structure"


def pattern_view(result: StoredResult, content: bytes, *, points: int) -> Document:
    """The document of the measured pattern, thinned to ``points``."""
    pattern = pattern_in(content, **_which(result))
    document = pattern_document(result.document["file"], pattern)
    return thin(document, document, along="intensity", points=points)


def _which(result: StoredResult) -> dict[str, Any]:
    """The pattern that was answered, for `crystinet.app.reading.pattern_in`."""
    question = Asked.of_json(result.options).question(None)
    return {"name": result.file, "question": question, "number": result.number}


def lines_of(
    result: StoredResult, content: bytes, types: Sequence[str], finder: LineFinder
) -> dict[str, Document]:
    """The lines of candidates, laid on the pattern of an answer, by type."""
    pattern = pattern_in(content, **_which(result))
    asked = Asked.of_json(result.options)
    found = finder.find(pattern, types, two_theta_range=asked.range)
    return {name: each.to_dict() for name, each in zip(types, found, strict=True)}


def beyond_of(
    result: StoredResult, content: bytes, *, model: Path | None, progress: Progress
) -> Document:
    """Work out the lattice from the lines alone, for an answer that was given without."""
    asked = Asked.of_json(result.options)
    found = beyond(
        pattern_in(content, **_which(result)),
        two_theta_range=asked.range,
        model=model,
        progress=progress,
    )
    return found.to_dict()


def structure_of_known(
    result: StoredResult, content: bytes, type: str, finder: LineFinder
) -> Document:
    """A structure of a candidate as it is known, at the size of the sample of an answer."""
    pattern = pattern_in(content, **_which(result))
    asked = Asked.of_json(result.options)
    return known_structure(finder, pattern, type, two_theta_range=asked.range).to_dict()


def structure_of_fit(fit: Document, phase: int) -> Document:
    """The structure of a phase, from 1, of a kept fit.

    Raises
    ------
    Refusal
        404: it has no such phase.
    CrystinetError
        The phase has no atoms.
    """
    phases = fit["document"]["phases"]
    if phase > len(phases):
        raise Refusal(404, f"The fit has no phase {phase}; it has {len(phases)}.")
    found = phases[phase - 1]
    return fitted_structure(fit["cif"], type=found["type"] or found["start"], phase=phase).to_dict()


def structure_of_type(fits: Iterable[Document], type: str) -> Document | None:
    """The structure of the first fit of this type alone that has atoms; None where none has."""
    for fit in fits:
        if [phase["type"] for phase in fit["document"]["phases"]] == [type]:
            with suppress(CrystinetError):
                return structure_of_fit(fit, 1)
    return None


def explanation_key(*, type: str | None, score: str) -> str:
    """Tells explanations of one answer apart."""
    return json.dumps({"type": type, "score": score})


def explanation_of(
    result: StoredResult, content: bytes, *, model: Path | None, type: str | None, score: str
) -> Document:
    """Work out why a candidate stands where it stands; None takes the answer."""
    asked = Asked.of_json(result.options)
    found = explain(
        pattern_in(content, **_which(result)),
        type=type,
        score=score,
        two_theta_range=asked.range,
        elements=asked.elements,
        model=model,
    )
    return explanation_document(result.document["file"], found)


def keep_explanation(database: Connection, id: str, key: str, document: Document) -> None:
    """Keep an explanation, inside of a transaction."""
    keep_derived(database, id, EXPLANATION, key, document)


def thin(document: Document, curves: dict[str, Any], *, along: str, points: int) -> Document:
    """Leave fewer points in all curves of a document; ``along`` names the one that must look good.

    ``of_points`` says how many there were.
    """
    whole = np.array([np.nan if y is None else y for y in curves[along]], dtype=float)
    rows = thinned(np.nan_to_num(whole), points)
    for name, values in curves.items():
        if isinstance(values, list) and len(values) == len(whole):
            curves[name] = [values[row] for row in rows]
    return {**document, "of_points": len(whole)}
