"""What the answers look like outside: the JSON documents of the contract, and xy text.

Value objects that users hold give their own part (`to_dict`); here the parts are put together.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crystinet.app.outcome import Failure, Outcome
from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document, number
from crystinet.crystals.formulas import readable_formula

if TYPE_CHECKING:
    from crystinet.app.identify import Answer
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.catalogue import StructureType
    from crystinet.fit.lattice import LatticeEstimate
    from crystinet.fit.nearest import Neighbour
    from crystinet.model.explanation import Explanation
    from crystinet.patterns.pattern import Pattern

#: The contract promises at least so many candidates in JSON.
FEWEST_CANDIDATES = 5


def error_document(error: CrystinetError) -> Document:
    """Code, message and hint of an error."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


def failure_document(file: str, error: CrystinetError) -> Document:
    """Make the entry of a file that failed."""
    return {"file": file, "ok": False, "error": error_document(error)}


def identification_document(
    outcomes: "Iterable[Outcome[Answer]]",
    *,
    model_id: str,
    model_version: str,
    lattice: bool = False,
    index_id: str | None = None,
) -> Document:
    """Make the document of ``identify --json``.

    ``lattice`` says that lattices were asked for, ``index_id`` names the known compounds where
    these or lattices were.
    """
    document: Document = {
        "model": {"id": model_id, "version": model_version},
        "results": [_identified(outcome, lattice=lattice) for outcome in outcomes],
    }
    return document if index_id is None else {**document, "index": {"id": index_id}}


def explanation_document(file: str, found: "Explanation") -> Document:
    """Make the document of ``explain FILE --json``; angles in degrees 2theta as measured."""
    document = found.to_dict()
    return {"model": document.pop("model"), "file": file, **document}


def assignment_document(outcomes: "Iterable[Outcome[Assignment]]") -> Document:
    """Make the document of ``assign --json``."""
    return {"results": [_assigned(outcome) for outcome in outcomes]}


def _identified(outcome: "Outcome[Answer]", *, lattice: bool) -> Document:
    if isinstance(outcome, Failure):
        return failure_document(outcome.file, outcome.error)
    entry = outcome.result.identification.to_dict()
    del entry["model"]  # stands once, above all results
    points = outcome.result.starting_points or ()
    for candidate, point in zip(entry["candidates"], points, strict=False):
        if point.nearest is not None:
            candidate["nearest"] = [_neighbour(neighbour) for neighbour in point.nearest]
        if lattice:
            candidate["lattice"] = None if point.lattice is None else _lattice(point.lattice)
        if lattice or point.nearest is not None:
            candidate["scale"] = None if point.scale is None else number(point.scale)
    return {"file": outcome.file, "ok": True, **entry}


def _neighbour(neighbour: "Neighbour") -> Document:
    compound = neighbour.compound
    return {
        "formula": compound.formula,
        "readable_formula": readable_formula(compound.formula),
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
        "model": found.source,
        "model_cell": [number(value) for value in found.source_cell],
        "shift_deg": number(found.shift_deg),
        "rms_deg": number(found.rms_deg),
        "explained": number(found.explained),
        "confirmed": number(found.confirmed),
        "peaks_used": found.peaks_used,
        "peaks_found": found.peaks_found,
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
