"""What the answers look like outside: the JSON documents of the contract, and xy text.

Value objects that users hold give their own part (`to_dict`); here the parts are put together.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crystinet.app.outcome import Failure, Outcome
from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document, number

if TYPE_CHECKING:
    from crystinet.app.identify import Answer
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.structure_type import StructureType
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.model.explanation import Explanation
    from crystinet.patterns.pattern import Pattern

#: The contract promises at least so many candidates in JSON.
FEWEST_CANDIDATES = 5


def error_document(error: CrystinetError) -> Document:
    """Code, message and hint of an error."""
    return error.to_dict()


def failure_document(file: str, error: CrystinetError) -> Document:
    """Make the entry of a file that failed."""
    return Failure(file, error).to_dict()


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


def fit_document(file: str, fit: "Fit") -> Document:
    """Make the document of ``refine --json``: that of the fit, curves left out.

    Each phase has its ``cell_esd``, the ``rwp`` of the whole pattern and the ``readable_formula``
    of its start beside what `crystinet.FittedPhase.to_dict` gives.
    """
    return {"file": file, "ok": True, **_with_esd(fit.to_dict())}


def _with_esd(fit: Document) -> Document:
    from crystinet.crystals.formulas import readable_formula

    for phase in fit["phases"]:
        phase["cell_esd"] = phase["cell_uncertainty"]
        phase["rwp"] = fit["rwp"]
        phase["readable_formula"] = readable_formula(phase["start_formula"])
    return fit


def fit_curves(fit: "Fit") -> Document:
    """Curves of a fit, all of one length; angles in degrees 2theta, as measured."""
    curves = {
        "two_theta": fit.two_theta_deg,
        "observed": fit.observed,
        "calculated": fit.calculated,
        "background": fit.background,
        "difference": fit.difference,
    }
    return {name: [number(value) for value in curve] for name, curve in curves.items()}


def assignment_document(outcomes: "Iterable[Outcome[Assignment]]") -> Document:
    """Make the document of ``assign --json``."""
    return {"results": [outcome.to_dict() for outcome in outcomes]}


def _identified(outcome: "Outcome[Answer]", *, lattice: bool) -> Document:
    if isinstance(outcome, Failure):
        return outcome.to_dict()
    entry = outcome.result.identification.to_dict()
    del entry["model"]  # stands once, above all results
    points = outcome.result.starting_points or ()
    for candidate, point in zip(entry["candidates"], points, strict=False):
        if point.nearest is not None:
            candidate["nearest"] = [each.to_dict() for each in point.nearest]
        if lattice:
            candidate["lattice"] = point.lattice and point.lattice.to_dict()
        if lattice or point.nearest is not None:
            candidate["scale"] = None if point.scale is None else number(point.scale)
    for candidate, fit in zip(entry["candidates"], outcome.result.fits or (), strict=False):
        candidate["fit"] = fit and _with_esd(fit.to_dict())
    return {"file": outcome.file, "ok": True, **entry}


def catalogue_document(kinds: "Iterable[StructureType]") -> Document:
    """Make the document of ``types --json``."""
    from crystinet.app.types import knowing_bundles

    listed = list(kinds)
    bundles = knowing_bundles(kind.name for kind in listed)
    return {"types": [{**_kind(kind), "bundles": list(bundles[kind.name])} for kind in listed]}


def _kind(kind: "StructureType") -> Document:
    from crystinet.crystals.catalogue import load_catalogue

    return {**kind.to_dict(), "class": load_catalogue().class_of(kind).name}


def pattern_document(file: str, pattern: "Pattern") -> Document:
    """Make the document of ``simulate --json``; ``two_theta`` in degrees."""
    return {"file": file, **pattern.to_dict()}


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
