"""What the answers look like outside: the JSON documents of the contract, and xy text.

JSON has no NaN: a number that is not finite becomes null.
"""

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crystinet.app.outcome import Failure, Outcome
from crystinet.core.errors import CrystinetError
from crystinet.core.notes import Note

if TYPE_CHECKING:
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.catalogue import StructureType
    from crystinet.fit.lattice import LatticeEstimate
    from crystinet.fit.nearest import Neighbour
    from crystinet.model.explanation import Explanation
    from crystinet.model.identification import Candidate, Identification
    from crystinet.patterns.pattern import Pattern

Document = dict[str, Any]

#: The contract promises at least so many candidates in JSON.
FEWEST_CANDIDATES = 5


def error_document(error: CrystinetError) -> Document:
    """Code, message and hint of an error."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


def notes_document(notes: Iterable[Note]) -> list[Document]:
    """Code and text of each note; programs look at the code."""
    return [{"code": note.code.value, "text": note.text} for note in notes]


def failure_document(file: str, error: CrystinetError) -> Document:
    """Make the entry of a file that failed."""
    return {"file": file, "ok": False, "error": error_document(error)}


def identification_document(
    outcomes: "Iterable[Outcome[Identification]]",
    *,
    model_id: str,
    model_version: str,
    lattice: bool = False,
) -> Document:
    """Make the document of ``identify --json``; ``lattice`` says that lattices were asked for."""
    return {
        "model": {"id": model_id, "version": model_version},
        "results": [_identified(outcome, lattice=lattice) for outcome in outcomes],
    }


def explanation_document(file: str, found: "Explanation") -> Document:
    """Make the document of ``explain FILE --json``; angles in degrees 2theta as measured."""
    answer, windows = found.identification, found.sensitivity
    return {
        "model": {"id": answer.model_id, "version": answer.model_version},
        "file": file,
        "verdict": answer.verdict.value,
        "wavelength_angstrom": number(answer.wavelength_angstrom),
        "two_theta_range": [number(end) for end in answer.two_theta_range],
        "warnings": list(answer.warnings),
        "notes": notes_document(answer.notes),
        "preprocessing": list(answer.steps),
        "candidate": _candidate(found.candidate),
        "rank": found.rank,
        "score": found.score.value,
        "heat_unit": float(found.heat_unit),
        "lattice_scale": number(found.lattice_scale),
        "peaks": [
            {
                "two_theta": number(peak.two_theta_deg),
                "d_angstrom": number(peak.d_angstrom),
                "intensity": number(peak.intensity),
                "matched": peak.matched,
            }
            for peak in found.peaks
        ],
        "sensitivity": [
            {
                "two_theta": [number(end) for end in window],
                "change": number(change),
                "reliability_change": number(reliability),
                "answer": name,
            }
            for window, change, reliability, name in zip(
                windows.two_theta_deg,
                windows.change,
                windows.reliability_change,
                windows.answers,
                strict=True,
            )
        ],
        "curves": {
            "two_theta": [number(value) for value in found.two_theta_deg],
            "intensity": [number(value) for value in found.intensity],
            "heat": [number(value) for value in found.heat],
            "expected": [number(value) for value in found.expected],
        },
    }


def assignment_document(outcomes: "Iterable[Outcome[Assignment]]") -> Document:
    """Make the document of ``assign --json``."""
    return {"results": [_assigned(outcome) for outcome in outcomes]}


def _identified(outcome: "Outcome[Identification]", *, lattice: bool) -> Document:
    if isinstance(outcome, Failure):
        return failure_document(outcome.file, outcome.error)
    result = outcome.result
    candidates = [_candidate(candidate) for candidate in result.candidates]
    for entry, point in zip(candidates, outcome.starting_points or (), strict=False):
        if point.nearest is not None:
            entry["nearest"] = [_neighbour(neighbour) for neighbour in point.nearest]
        if lattice:
            entry["lattice"] = None if point.lattice is None else _lattice(point.lattice)
    return {
        "file": outcome.file,
        "ok": True,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "unknown_score": number(result.unknown_score),
        "wavelength_angstrom": number(result.wavelength_angstrom),
        "two_theta_range": [number(end) for end in result.two_theta_range],
        "warnings": list(result.warnings),
        "notes": notes_document(result.notes),
        "preprocessing": list(result.steps),
        "metadata": plain(dict(result.metadata)),
        "elapsed_s": number(result.elapsed_s),
        "candidate_set": list(result.candidate_set),
        "candidates": candidates,
    }


def _neighbour(neighbour: "Neighbour") -> Document:
    compound = neighbour.compound
    return {
        "formula": compound.formula,
        "type": compound.type_name,
        "cell": [number(value) for value in compound.cell],
        "space_group": compound.space_group,
        "source": compound.source,
        "source_id": compound.source_id,
        "licence": compound.licence,
        "kind": compound.kind,
        "likeness": number(neighbour.likeness),
        "cosine": number(neighbour.cosine),
        "scale": number(neighbour.scale),
    }


def _lattice(found: "LatticeEstimate") -> Document:
    return {
        "cell": [number(value) for value in found.cell],
        "uncertainty": [number(value) for value in found.uncertainty],
        "crystal_system": found.crystal_system,
        "method": found.method,
        "scale": number(found.scale),
        "axial_scale": [number(value) for value in found.axial_scale],
        "model": found.model,
        "model_cell": [number(value) for value in found.model_cell],
        "shift_deg": number(found.shift_deg),
        "rms_deg": number(found.rms_deg),
        "explained": number(found.explained),
        "confirmed": number(found.confirmed),
        "peaks_used": found.peaks_used,
        "peaks_found": found.peaks_found,
    }


def _candidate(candidate: "Candidate") -> Document:
    return {
        "type": candidate.type,
        "number": candidate.number,
        "merged": list(candidate.merged),
        "reliability": number(candidate.reliability),
        "probability": number(candidate.probability),
        "similarity": number(candidate.similarity),
        "confidence": number(candidate.confidence),
        "net": candidate.net,
    }


def _assigned(outcome: "Outcome[Assignment]") -> Document:
    from crystinet.crystals.catalogue import load_catalogue

    if isinstance(outcome, Failure):
        return failure_document(outcome.file, outcome.error)
    result = outcome.result
    kind = result.type
    whole = None if kind is None else load_catalogue().class_of(kind)
    return {
        "file": outcome.file,
        "ok": True,
        "type": None if kind is None else kind.name,
        "number": None if whole is None else whole.number,
        "class": None if whole is None else whole.name,
        "space_group": result.space_group,
        "pearson": result.pearson,
        "wyckoff": result.wyckoff,
        "evidence": result.evidence,
        "distance": number(result.match.distance) if result.match else None,
        "limit": number(result.match.definition.tolerance) if result.match else None,
        "runner_up": result.runner_up.name if result.runner_up else None,
        "runner_up_distance": number(result.second.distance) if result.second else None,
    }


def catalogue_document(kinds: "Iterable[StructureType]") -> Document:
    """Make the document of ``types --json``."""
    return {"types": [_kind(kind) for kind in kinds]}


def _kind(kind: "StructureType") -> Document:
    from crystinet.crystals.catalogue import load_catalogue

    symmetries = [definition.reference for definition in kind.definitions]
    whole = load_catalogue().class_of(kind)
    return {
        "type": kind.name,
        "number": kind.number,
        "group": kind.group,
        "class": whole.name,
        "class_number": whole.number,
        "extension": kind.extension,
        "anx": kind.anx,
        "space_groups": list(dict.fromkeys(symmetry.space_group for symmetry in symmetries)),
        "pearson": list(dict.fromkeys(symmetry.pearson_symbol for symmetry in symmetries)),
        "wyckoff": list(dict.fromkeys(symmetry.wyckoff for symmetry in symmetries)),
        "source": kind.source,
        "note": kind.note,
    }


def pattern_document(file: str, pattern: "Pattern") -> Document:
    """Make the document of ``simulate --json``; ``two_theta`` in degrees."""
    return {
        "file": file,
        "wavelengths_angstrom": list(pattern.radiation.wavelengths_angstrom),
        "weights": list(pattern.radiation.weights),
        "two_theta": [number(value) for value in pattern.two_theta_deg],
        "intensity": [number(value) for value in pattern.intensity],
    }


def xy_text(pattern: "Pattern") -> str:
    """Two columns, 2theta in degrees and intensity, after a comment with the wavelength."""
    lines = [
        f"# Simulated powder pattern of {pattern.name}",
        f"# wavelength = {pattern.radiation.wavelength_angstrom:.7f} angstrom",
        "# 2theta_deg intensity",
    ]
    points = zip(pattern.two_theta_deg, pattern.intensity, strict=True)
    lines += [f"{two_theta:.4f} {intensity:.5f}" for two_theta, intensity in points]
    return "\n".join(lines) + "\n"


def json_text(document: Document) -> str:
    """Write a document, in ASCII so that every terminal and locale takes it."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Copy nested data with null where a number is not finite, and lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return number(value) if isinstance(value, float) else value


def number(value: float) -> float | None:
    """Round to six decimals for the reader's sake; None where JSON has no such number."""
    return round(float(value), 6) if math.isfinite(value) else None
