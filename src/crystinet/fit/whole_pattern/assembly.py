"""From the numbers of the stages to the nouns of the answer."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.signal import find_peaks as find_maxima

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.radiation import Radiation
from crystinet.crystals.hall import operations_of
from crystinet.fit.whole_pattern.answer import Fit, UnexplainedLine
from crystinet.fit.whole_pattern.atom_starts import AtomStart
from crystinet.fit.whole_pattern.atoms import AtomModel
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.final_fit import FinalFit
from crystinet.fit.whole_pattern.fit_verdict import FitVerdict
from crystinet.fit.whole_pattern.fitted_phase import (
    FittedLines,
    FittedPhase,
    FittedTexture,
    FittedWidths,
)
from crystinet.fit.whole_pattern.fitted_sites import cell_mass, fitted_sites
from crystinet.fit.whole_pattern.joint_fit import JointFit
from crystinet.fit.whole_pattern.lattice_fit import LatticeFit
from crystinet.fit.whole_pattern.normal import background_of, curves_of
from crystinet.fit.whole_pattern.uncertainty import cell_uncertainty, volume_uncertainty

# A line of the difference is none of the fit where it has this part of the strongest line, so many
# standard deviations, and this part of what is calculated there.
_UNEXPLAINED, _SIGMAS, _OF_CALCULATED = 0.02, 6.0, 0.5
_MOST_UNEXPLAINED = 20


def lattice_answer(
    found: LatticeFit,
    starts: Sequence[AtomStart],
    *,
    judged: Sequence[FitVerdict],
    name: str,
    monochromator_deg: float,
) -> Fit:
    """The answer where lattices were fitted and no atoms.

    Parameters
    ----------
    found
        Of the first stage.
    starts
        One of each phase.
    judged
        Whether the fit bears each phase out.
    name
        Of the pattern.
    monochromator_deg
        Of the instrument.
    """
    curves = curves_of(found.points, found.model, found.parameters, found.intensity)
    total = float(curves.sum())
    phases = []
    for number, start in enumerate(starts):
        cell = found.cell(number)
        part = found.model.metric[number]
        own = found.covariance[part, part]
        form = found.model.phases[number].form
        elements = found.parameters[part]
        phases.append(
            FittedPhase(
                type=start.type,
                start=start.name,
                start_formula=start.formula,
                space_group=operations_of(start.structure.hall_symbol).space_group,
                hall_symbol=start.structure.hall_symbol,
                cell=cell,
                cell_uncertainty=cell_uncertainty(form, elements, own),
                volume=cell.volume,
                volume_uncertainty=volume_uncertainty(form, elements, own),
                sites=(),
                electrons_relative=True,
                b_overall=0.0,
                texture=None,
                widths=FittedWidths(*found.parameters[found.model.widths[number]].tolist()),
                lines=lines_of_phase(found, number, found.intensity),
                calculated=curves[number],
                share=float(curves[number].sum()) / total if total > 0.0 else 0.0,
                weight_fraction=None,
                rwp_structure_free=found.residual,
                rwp_structure=found.residual,
                parameters=part.stop - part.start + 4,
                refined=False,
                verified=judged[number].verified,
                reasons=judged[number].reasons,
            )
        )
    background = background_of(found.points, found.normal, found.intensity)
    return put_together(
        found,
        phases,
        curves=curves,
        background=background,
        free=found.model.size + len(found.intensity) + found.points.splines.shape[1],
        covariance=found.covariance,
        name=name,
        monochromator_deg=monochromator_deg,
    )


def structure_answer(
    candidate: Sequence[AtomStart],
    lattice: LatticeFit,
    final: FinalFit,
    *,
    judged: Sequence[FitVerdict],
    known: Sequence[Composition | None],
    name: str,
    monochromator_deg: float,
) -> Fit:
    """The answer where atoms were fitted.

    Parameters
    ----------
    candidate
        Starts of the phases.
    lattice
        Of the first stage.
    final
        The last refinement.
    judged
        Whether the fit bears each phase out.
    known
        Elements of each phase, if they were given.
    name
        Of the pattern.
    monochromator_deg
        Of the instrument.
    """
    joint = final.joint
    found = replace(lattice, points=joint.points, parameters=joint.parameters)
    total = float(final.curves.sum())
    phases = [
        _phase(start, found, final, number, known[number], judged[number], total)
        for number, start in enumerate(candidate)
    ]
    return put_together(
        found,
        phases,
        curves=final.curves,
        background=final.background,
        free=final.parameters,
        covariance=final.covariance,
        name=name,
        monochromator_deg=monochromator_deg,
    )


def _phase(
    start: AtomStart,
    found: LatticeFit,
    final: FinalFit,
    number: int,
    known: Composition | None,
    judged: FitVerdict,
    total: float,
) -> FittedPhase:
    joint, atoms = final.joint, final.joint.atoms[number]
    model = found.model
    part, block = model.metric[number], joint.block(number)
    form, elements = model.phases[number].form, joint.parameters[part]
    own = final.covariance[part, part]
    cell = found.cell(number)
    values = joint.values[number]
    curve = final.curves[number]
    return FittedPhase(
        type=start.type,
        start=start.name,
        start_formula=start.formula,
        space_group=operations_of(start.structure.hall_symbol).space_group,
        hall_symbol=start.structure.hall_symbol,
        cell=cell,
        cell_uncertainty=cell_uncertainty(form, elements, own),
        volume=cell.volume,
        volume_uncertainty=volume_uncertainty(form, elements, own),
        sites=fitted_sites(atoms, values, final.covariance[block, block], known=known),
        electrons_relative=True,
        b_overall=float(values[1]),
        texture=_texture(atoms, values, final.covariance[block, block]),
        widths=FittedWidths(*joint.parameters[model.widths[number]].tolist()),
        lines=lines_of_phase(found, number, joint.area),
        calculated=curve,
        share=float(curve.sum()) / total if total > 0.0 else 0.0,
        weight_fraction=_weight_fraction(joint, number) if known is not None else None,
        rwp_structure_free=judged.residual_lattice,
        rwp_structure=judged.residual,
        parameters=int(joint.free[block].sum()) + part.stop - part.start + 5,
        refined=joint.converged,
        verified=judged.verified,
        reasons=judged.reasons,
        ambiguous_with=judged.ambiguous_with,
    )


def _texture(atoms: AtomModel, values: FloatArray, covariance: FloatArray) -> FittedTexture | None:
    k = atoms.contents.texture
    if values[k] == 0.0:
        return None
    r = math.exp(float(values[k]))
    return FittedTexture(atoms.texture_axis, r, r * math.sqrt(max(float(covariance[k, k]), 0.0)))


def _weight_fraction(joint: JointFit, number: int) -> float:
    """Scale times mass times volume of a phase, of those of all phases.

    R. J. Hill & C. J. Howard, J. Appl. Cryst. 20 (1987) 467.
    """
    weights = [
        math.exp(float(values[0])) * cell_mass(atoms) * atoms.volume
        for atoms, values in zip(joint.atoms, joint.values, strict=True)
    ]
    return weights[number] / sum(weights)


def put_together(
    found: LatticeFit,
    phases: Sequence[FittedPhase],
    *,
    curves: FloatArray,
    background: FloatArray,
    free: int,
    covariance: FloatArray,
    name: str,
    monochromator_deg: float,
) -> Fit:
    """The answer with what all phases share."""
    points, model = found.points, found.model
    calculated = background + curves.sum(axis=0)
    weight = points.sigma**-2.0
    total = float(weight @ points.observed**2)
    left = points.observed - calculated
    shares = np.array([phase.share for phase in phases])

    def uncertainty(of: str) -> float:
        k = model.shared[of]
        return math.sqrt(max(float(covariance[k, k]), 0.0))

    return Fit(
        phases=tuple(phases[i] for i in np.argsort(-shares, kind="stable")),
        radiation=_radiation(found),
        two_theta_deg=points.two_theta_deg,
        observed=points.observed,
        calculated=calculated,
        background=background,
        uncertainty=points.sigma,
        mask=np.ones(len(points), dtype=np.bool_),
        shift_deg=found.shared("shift"),
        shift_uncertainty_deg=uncertainty("shift"),
        zero_deg=found.shared("zero"),
        zero_uncertainty_deg=uncertainty("zero"),
        axial=math.sqrt(max(found.shared("axial"), 0.0)),
        monochromator_deg=monochromator_deg,
        rwp=math.sqrt(float(weight @ left**2) / total),
        rexp=math.sqrt(max(len(points) - free, 1) / total),
        parameters=free,
        unexplained=unexplained_lines(found, calculated, background),
        name=name,
    )


def _radiation(found: LatticeFit) -> Radiation:
    radiation = found.points.radiation
    if len(radiation.weights) != 2:
        return radiation
    weight = max(found.shared("alpha2"), 1e-3)
    return Radiation(
        radiation.wavelengths_angstrom, (1.0, weight), radiation.assumed, radiation.origin
    )


def lines_of_phase(found: LatticeFit, number: int, intensity: FloatArray) -> FittedLines:
    """Reflections of a phase; those on one place share its area by their multiplicity.

    Parameters
    ----------
    found
        The lines.
    number
        Of the phase.
    intensity
        Areas of all places.
    """
    model = found.model
    lines, here = model.phases[number], model.places[number]
    mass = np.bincount(lines.place, weights=lines.multiplicity, minlength=len(lines))
    part = lines.multiplicity / mass[lines.place]
    d = 0.5 / np.sqrt(model.stol_squared(found.parameters)[here])
    return FittedLines(
        hkl=lines.hkl,
        multiplicity=lines.multiplicity,
        d_angstrom=d[lines.place],
        two_theta_deg=model.two_theta(found.parameters)[here][lines.place],
        area=intensity[here][lines.place] * part,
    )


def unexplained_lines(
    found: LatticeFit, calculated: FloatArray, background: FloatArray
) -> tuple[UnexplainedLine, ...]:
    """Lines of the difference that no phase has, the highest first."""
    points = found.points
    width = max(1, round(0.5 * points.width_deg / points.step_deg))
    kernel = np.ones(width) / width
    left = np.convolve(points.observed - calculated, kernel, "same")
    lines = np.convolve(calculated - background, kernel, "same")
    top = float((points.observed - background).max())
    noise = np.convolve(points.sigma, kernel, "same") / math.sqrt(width)
    least = np.maximum(_UNEXPLAINED * top, _SIGMAS * noise)
    over = left - np.maximum(least, _OF_CALCULATED * np.maximum(lines, 0.0))
    places, _ = find_maxima(np.where(over > 0.0, left, 0.0), distance=2 * width + 1)
    places = places[np.argsort(-left[places], kind="stable")][:_MOST_UNEXPLAINED]
    shift, zero = found.shared("shift"), found.shared("zero")
    angle = points.two_theta_deg[places]
    true = angle - zero - shift * np.cos(np.radians(angle) / 2.0)
    d = d_from_two_theta(np.maximum(true, 0.5), points.radiation.wavelength_angstrom)
    return tuple(
        UnexplainedLine(float(a), float(spacing), float(height / top))
        for a, spacing, height in zip(angle, d, left[places], strict=True)
    )
