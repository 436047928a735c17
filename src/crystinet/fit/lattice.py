"""Lattice estimate: the cell that maps the lines of a known compound onto a pattern.

Starting point of a refinement, not one: places of lines only, no profiles and no atoms.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell
from crystinet.core.metric import MetricForm, metric_form
from crystinet.core.plain import Document, number
from crystinet.fit.agreement import agreement
from crystinet.fit.known import KnownLines
from crystinet.fit.matching import Indexed, index_peaks
from crystinet.fit.search import search_metric, search_scale
from crystinet.lines.overlap import Overlap
from crystinet.patterns.sample import Sample

#: A lattice that puts its lines on less of the intensity than this is none, and neither is one of
#: whose lines, by their intensity, less than this are there: a large cell has a line everywhere.
LEAST_EXPLAINED, LEAST_CONFIRMED = 0.4, 0.6
#: An edge or angle that the peaks leave this uncertain, relative or in degrees, is not determined.
LARGEST_UNCERTAINTY, LARGEST_UNCERTAINTY_DEG = 0.01, 1.0

#: Edges differ by at most this part, in the logarithm, from those of the source at its scale.
LARGEST_CHANGE = 0.21

#: What a degree of rms weighs against the share of the intensity, where estimates are compared.
RMS_WEIGHT = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Lines, and about where they lie.

    Attributes
    ----------
    lines
        Of a known compound or a reference.
    scale
        What its edges are multiplied by so that its lines lie about right.
    unit_volume
        Volume, cubic angstrom, that a cell in its axes has at the scale 1 of the type: that of
        the reference.
    """

    lines: KnownLines
    scale: float
    unit_volume: float

    @property
    def type_scale(self) -> float:
        """The scale of the type: relative to the reference."""
        ratio = self.lines.cell.volume / self.unit_volume
        return self.scale * math.cbrt(ratio)


@dataclass(frozen=True, slots=True)
class LatticeEstimate:
    """Cell of an unknown compound, estimated from one that is like it.

    Attributes
    ----------
    source
        Name of the known compound whose lines were laid on the pattern.
    source_cell
        Its cell, angstrom and degrees.
    cell
        Estimated cell in the same axes.
    uncertainty
        Standard uncertainties of ``cell``; 0 for what symmetry fixes.
    crystal_system
        Of the source.
    method
        ``axial`` where all free edges and angles were fitted; ``isotropic`` where the peaks
        determine one scale only, and ratios and angles are still those of the source.
    scale
        Edges relative to those of the type's reference structure: cube root of the ratio of the
        volumes. The one scale of the sample for this type, see `crystinet.fit.placement`.
    axial_scale
        Ratios of a, b and c to those of the source.
    shift_deg
        Fitted displacement of the specimen: 2theta is too high by this times cos(theta).
    rms_deg
        Root mean square of observed minus calculated 2theta of the peaks used, degrees.
    explained
        Share of the intensity above the residue of the background that lies within a peak's width
        of a line of the source.
    confirmed
        Share of the intensity of the source's lines whose lines are in the pattern, even if weak.
    peaks_used, peaks_found
        Peaks that the lattice was fitted to, and all of them.
    quality
        What estimates are compared by, the larger the better: ``explained * confirmed``, less the
        scatter of a peak in degrees times `RMS_WEIGHT`. The scatter is the rms, larger where few
        peaks are left for many free elements.
    """

    source: str
    source_cell: Cell
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
    quality: float

    def __repr__(self) -> str:
        names = self.cell.free_names(self.crystal_system)
        free = " ".join(f"{name} {getattr(self.cell, name):.4f}" for name in names)
        return f"LatticeEstimate {self.crystal_system}: {free}, from {self.source}"

    def to_dict(self) -> Document:
        """Plain data, as ``lattice`` of ``crystinet identify --lattice --json``."""
        return {
            "cell": [number(value) for value in self.cell],
            "uncertainty": [number(value) for value in self.uncertainty],
            "crystal_system": self.crystal_system,
            "method": self.method,
            "scale": number(self.scale),
            "axial_scale": [number(value) for value in self.axial_scale],
            "model": self.source,
            "model_cell": [number(value) for value in self.source_cell],
            "shift_deg": number(self.shift_deg),
            "rms_deg": number(self.rms_deg),
            "explained": number(self.explained),
            "confirmed": number(self.confirmed),
            "peaks_used": self.peaks_used,
            "peaks_found": self.peaks_found,
        }


def estimate_lattice(start: Start, sample: Sample, *, overlap: Overlap) -> LatticeEstimate | None:
    """Estimate the lattice from one start; None where the pattern does not determine it.

    The lines are laid on the pattern with all edges and angles that the crystal system leaves
    free, on a pattern that is blurred less and less. Then every peak gets the lines around it,
    and the reciprocal metric follows by linear least squares, together with a displacement of the
    specimen.

    Parameters
    ----------
    start
        Lines, and about where they lie.
    sample
        The pattern.
    overlap
        The same, ready to be compared with lines.

    Notes
    -----
    The search draws random cells with a fixed seed: equal input gives an equal answer.
    """
    return LaidLines(start, sample, overlap).estimate


def lay_lines(start: Start, sample: Sample, *, overlap: Overlap) -> tuple[FloatArray, float] | None:
    """As `LaidLines.quick`."""
    return LaidLines(start, sample, overlap).quick


class LaidLines:
    """Lines of one start on one pattern, laid when they are asked for, and only once.

    Parameters
    ----------
    start, sample, overlap
        As those of `estimate_lattice`.
    """

    def __init__(self, start: Start, sample: Sample, overlap: Overlap) -> None:
        self.start, self.sample, self.overlap = start, sample, overlap
        lines = start.lines
        self.intensity = lines.intensity(overlap.wavelength_angstrom, scale=start.scale)
        self.form = metric_form(lines.space_group, lines.cell)
        self.design = self.form.design(lines.hkl)
        self.elements = self.form.elements(lines.cell) * start.scale**-2.0

    @cached_property
    def quick(self) -> tuple[FloatArray, float] | None:
        """Quickly: 1/d^2 of the lines, shape (p,), and the displacement.

        The first step of the estimate alone, which nobody has checked. None where too few peaks
        have lines.
        """
        found = self._first
        return None if found is None else (self.design @ found.elements, found.shift_deg)

    @cached_property
    def estimate(self) -> LatticeEstimate | None:
        """The lattice; None where the pattern does not determine it."""
        return self._best() if len(self.sample.peaks) else None

    def agreement(self, inverse_d_squared: FloatArray, shift_deg: float) -> tuple[float, float]:
        """Shares of the intensity that lines and pattern explain of each other, see `agreement`."""
        return agreement(
            inverse_d_squared,
            self.intensity,
            sample=self.sample,
            overlap=self.overlap,
            shift_deg=shift_deg,
        )

    @cached_property
    def _first(self) -> Indexed | None:
        rough = search_metric(self.elements, self.design, self.form, self.overlap, self.intensity)
        return self._index(self.design, rough)

    def _best(self) -> LatticeEstimate | None:
        scale, _ = search_scale(self.design @ self.elements, self.overlap, self.intensity)
        scaled = scale**-2.0 * self.elements
        # Where the search went astray, the ratios of the source are the better beginning.
        tried = (self._first, self._index(self.design, scaled))
        estimates = [self._accept(found, "axial") for found in tried if found is not None]
        found = best_of(estimates)
        if found is None and len(self.form) > 1:  # one scale for all: ratios and angles stay
            single = self._index((self.design @ scaled)[:, None], np.ones(1))
            if single is not None:
                whole = replace(
                    single,
                    elements=single.elements * scaled,
                    covariance=single.covariance * np.outer(scaled, scaled),
                )
                return self._accept(whole, "isotropic")
        return found

    def _index(self, design: FloatArray, elements: FloatArray) -> Indexed | None:
        return index_peaks(
            self.sample.peaks,
            design,
            self.intensity,
            elements,
            wavelength_angstrom=self.overlap.wavelength_angstrom,
            radiation=self.sample.prepared.radiation,
        )

    def _accept(self, indexed: Indexed, method: str) -> LatticeEstimate | None:
        """Put the estimate together; None where the peaks do not determine it."""
        source, cell = self.start.lines, self.form.cell(indexed.elements)
        if cell is None:
            return None
        ratios = np.array(cell[:3]) / np.array(source.cell[:3])
        if np.abs(np.log(ratios / self.start.scale)).max() > LARGEST_CHANGE:
            return None
        uncertainty = _uncertainty(self.form, indexed)
        limits = [LARGEST_UNCERTAINTY * edge for edge in cell[:3]] + [LARGEST_UNCERTAINTY_DEG] * 3
        if any(u > limit for u, limit in zip(uncertainty, limits, strict=True)):
            return None
        place = self.design @ indexed.elements
        explained, confirmed = self.agreement(place, indexed.shift_deg)
        if explained < LEAST_EXPLAINED or confirmed < LEAST_CONFIRMED:
            return None
        a, b, c = (float(ratio) for ratio in ratios)
        return LatticeEstimate(
            source=source.name,
            source_cell=source.cell,
            cell=cell,
            uncertainty=uncertainty,
            crystal_system=self.form.system,
            method=method,
            scale=math.cbrt(cell.volume / self.start.unit_volume),
            axial_scale=(a, b, c),
            shift_deg=indexed.shift_deg,
            rms_deg=indexed.rms_deg,
            explained=explained,
            confirmed=confirmed,
            peaks_used=indexed.used,
            peaks_found=len(self.sample.peaks),
            quality=explained * confirmed - RMS_WEIGHT * indexed.scatter_deg,
        )


def best_of(estimates: Sequence[LatticeEstimate | None]) -> LatticeEstimate | None:
    """The estimate of the highest quality; None where there is none."""
    found = [estimate for estimate in estimates if estimate is not None]
    return max(found, key=lambda estimate: estimate.quality, default=None)


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
