"""Lattice estimate: the cell that maps the lines of a known compound onto a pattern.

Starting point of a refinement, not one: places of lines only, no profiles and no atoms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray, read_only_floats, read_only_ints
from crystinet.core.cell import Cell
from crystinet.core.diffraction import dispersion_deg, two_theta_of
from crystinet.fit.matching import Indexed, index_peaks
from crystinet.fit.metric import MetricForm, metric_form
from crystinet.fit.search import LARGEST_CHANGE, search_metric, search_scale
from crystinet.lines.overlap import Overlap
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.peaks import Peaks
from crystinet.patterns.sample import Sample

#: A lattice that puts its lines on less of the intensity than this is none, and neither is one of
#: whose lines, by their intensity, less than this are there: a large cell has a line everywhere.
LEAST_EXPLAINED, LEAST_CONFIRMED = 0.4, 0.6
#: An edge or angle that the peaks leave this uncertain, relative or in degrees, is not determined.
LARGEST_UNCERTAINTY, LARGEST_UNCERTAINTY_DEG = 0.01, 1.0

#: What a degree of rms weighs against the share of the intensity, where estimates are compared.
RMS_WEIGHT = 5.0

# A line is in the pattern where that has this part of the line's height, both relative to their
# strongest: texture and other atoms may change lines by so much.
_THERE = 0.1
# Background and noise leave so much of the maximum, and twice the median of the pattern.
_RESIDUE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class LatticeModel:
    """What a lattice is estimated from: a known compound or the reference of a type.

    Attributes
    ----------
    name
        For people: formula and origin.
    cell
        In axes that fit the space group.
    space_group
        International number.
    hkl
        Shape (p, 3), the strongest lines.
    intensity
        Shape (p,), with the Lorentz-polarisation factor, the largest 1.
    """

    name: str
    cell: Cell
    space_group: int
    hkl: IntArray
    intensity: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "hkl", read_only_ints(self.hkl))
        object.__setattr__(self, "intensity", read_only_floats(self.intensity))


@dataclass(frozen=True, slots=True)
class LatticeEstimate:
    """Cell of an unknown compound, estimated from one that is like it.

    Attributes
    ----------
    model
        Name of the known compound.
    model_cell
        Its cell, angstrom and degrees.
    cell
        Estimated cell in the same axes.
    uncertainty
        Standard uncertainties of ``cell``; 0 for what symmetry fixes.
    crystal_system
        Of the model.
    method
        ``axial`` where all free edges and angles were fitted; ``isotropic`` where the peaks
        determine one scale only, and ratios and angles are still those of the model.
    scale
        Cube root of the ratio of the volumes.
    axial_scale
        Ratios of a, b and c to those of the model.
    shift_deg
        Fitted displacement of the specimen: 2theta is too high by this times cos(theta).
    rms_deg
        Root mean square of observed minus calculated 2theta of the peaks used, degrees.
    explained
        Share of the intensity above the residue of the background that lies within a peak's width
        of a line of the model.
    confirmed
        Share of the intensity of the model's lines whose lines are in the pattern, even if weak.
    peaks_used, peaks_found
        Peaks that the lattice was fitted to, and all of them.
    """

    model: str
    model_cell: Cell
    cell: Cell
    uncertainty: tuple[float, ...]
    crystal_system: str
    method: str
    scale: float
    axial_scale: tuple[float, float, float]
    shift_deg: float
    rms_deg: float
    explained: float
    confirmed: float
    peaks_used: int
    peaks_found: int


def estimate_lattice(models: Sequence[LatticeModel], sample: Sample) -> LatticeEstimate | None:
    """Estimate the lattice from each model, and return the best; None where none fits.

    The lines of a model are laid on the pattern, first with one scale for all edges, then with
    all edges and angles that the crystal system leaves free, on a pattern that is blurred less and
    less. Then every peak gets the lines around it, and the reciprocal metric follows by linear
    least squares, together with a displacement of the specimen.

    Parameters
    ----------
    models
        Starting points.
    sample
        The pattern.

    Notes
    -----
    The search draws random cells with a fixed seed: equal input gives an equal answer.
    """
    peaks, prepared = sample.peaks, sample.prepared
    if not len(peaks):
        return None
    overlap = Overlap(
        prepared,
        knee=sample.config.intensity_knee,
        wavelength_angstrom=sample.grid.wavelength_angstrom,
    )
    return _best([_estimate(model, overlap, peaks, prepared) for model in models])


def _best(estimates: Sequence[LatticeEstimate | None]) -> LatticeEstimate | None:
    found = [estimate for estimate in estimates if estimate is not None]
    return max(
        found, key=lambda e: e.explained * e.confirmed - RMS_WEIGHT * e.rms_deg, default=None
    )


def _estimate(
    model: LatticeModel, overlap: Overlap, peaks: Peaks, prepared: Pattern
) -> LatticeEstimate | None:
    form = metric_form(model.space_group, model.cell)
    design = form.design(model.hkl)
    start = form.elements(model.cell)
    rough = search_metric(start, design, form, overlap, model.intensity)
    fit = partial(
        index_peaks,
        peaks,
        intensity=model.intensity,
        wavelength_angstrom=overlap.wavelength_angstrom,
        radiation=prepared.radiation,
    )
    scaled = search_scale(start, design, overlap, model.intensity)
    # Where the search went astray, the ratios of the model are the better beginning.
    told = _best(
        [
            _told(model, form, indexed, design, overlap=overlap, peaks=peaks)
            for elements in (rough, scaled * start)
            if (indexed := fit(design=design, elements=elements)) is not None
        ]
    )
    if told is None and len(form) > 1:  # one scale for all: ratios and angles stay
        single = fit(design=(design @ start)[:, None], elements=scaled)
        if single is not None:
            whole = Indexed(
                single.elements * start,
                single.covariance * np.outer(start, start),
                single.shift_deg,
                single.rms_deg,
                single.used,
            )
            told = _told(model, form, whole, design, overlap=overlap, peaks=peaks, isotropic=True)
    return told


def _told(
    model: LatticeModel,
    form: MetricForm,
    indexed: Indexed,
    design: FloatArray,
    *,
    overlap: Overlap,
    peaks: Peaks,
    isotropic: bool = False,
) -> LatticeEstimate | None:
    """Put the estimate together; None where the peaks do not determine it."""
    cell = form.cell(indexed.elements)
    if cell is None:
        return None
    uncertainty = _uncertainty(form, indexed)
    ratios = np.array(cell[:3]) / np.array(model.cell[:3])
    if np.abs(np.log(ratios)).max() > LARGEST_CHANGE + 0.05:
        return None
    limits = [LARGEST_UNCERTAINTY * edge for edge in cell[:3]] + [LARGEST_UNCERTAINTY_DEG] * 3
    if any(u > limit for u, limit in zip(uncertainty, limits, strict=True)):
        return None
    explained, confirmed = _agreement(
        indexed, design, model.intensity, prepared=overlap.prepared, overlap=overlap, peaks=peaks
    )
    if explained < LEAST_EXPLAINED or confirmed < LEAST_CONFIRMED:
        return None
    a, b, c = (float(ratio) for ratio in ratios)
    return LatticeEstimate(
        model=model.name,
        model_cell=model.cell,
        cell=cell,
        uncertainty=uncertainty,
        crystal_system=form.system,
        method="isotropic" if isotropic else "axial",
        scale=(cell.volume / model.cell.volume) ** (1.0 / 3.0),
        axial_scale=(a, b, c),
        shift_deg=indexed.shift_deg,
        rms_deg=indexed.rms_deg,
        explained=explained,
        confirmed=confirmed,
        peaks_used=indexed.used,
        peaks_found=len(peaks),
    )


def _uncertainty(form: MetricForm, indexed: Indexed) -> tuple[float, ...]:
    """Standard uncertainties of edges and angles, by differences."""
    middle = np.array(form.cell(indexed.elements))
    rows = []
    for j, element in enumerate(indexed.elements):
        step = 1e-6 * max(abs(float(element)), 1e-3 * float(np.abs(indexed.elements).max()))
        moved = form.cell(indexed.elements + step * np.eye(len(form))[j])
        rows.append((np.array(moved if moved is not None else middle) - middle) / step)
    jacobian = np.array(rows)  # (m, 6)
    variance = np.einsum("mc,mn,nc->c", jacobian, indexed.covariance, jacobian)
    return tuple(float(v) for v in np.sqrt(np.maximum(variance, 0.0)))


def _agreement(
    indexed: Indexed,
    design: FloatArray,
    intensity: FloatArray,
    *,
    prepared: Pattern,
    overlap: Overlap,
    peaks: Peaks,
) -> tuple[float, float]:
    """Shares of the pattern's intensity under lines, and of the lines' intensity in the pattern."""
    axis, mask = prepared.two_theta_deg, prepared.mask
    place = two_theta_of(design @ indexed.elements, overlap.wavelength_angstrom)
    place = place + indexed.shift_deg * np.cos(0.5 * np.radians(place))
    inside = (place > axis[0]) & (place < axis[-1])  # False for NaN
    place, intensity = place[inside], intensity[inside]
    width = max(peaks.width_deg, 0.1)
    lines = prepared.radiation.wavelengths_angstrom
    tail = np.zeros_like(place)
    if len(lines) == 2:  # K-alpha2
        tail = dispersion_deg(place, lines[1] / lines[0] - 1.0)
    covered = np.zeros(len(axis) + 1)
    np.add.at(covered, np.searchsorted(axis, place - width), 1.0)
    np.add.at(covered, np.searchsorted(axis, place + width + tail), -1.0)
    under = mask & (np.cumsum(covered)[:-1] > 0.0)
    residue = _RESIDUE + 2.0 * float(np.median(prepared.intensity[mask]))
    above = np.where(mask, np.maximum(prepared.intensity - residue, 0.0), 0.0)
    total = float(above.sum())
    reach = max(1, round(0.5 * width / overlap.step_deg))
    near = np.searchsorted(axis, place)[:, None] + np.arange(-reach, reach + 1)
    near = np.clip(near, 0, len(axis) - 1)
    highest = np.where(mask[near], prepared.intensity[near], 0.0).max(axis=1)
    measured = mask[near].all(axis=1)
    weight = intensity * measured
    there = weight * (highest > _THERE * intensity)
    return (
        float(above[under].sum()) / total if total > 0.0 else 0.0,
        float(there.sum() / weight.sum()) if weight.any() else 0.0,
    )
