"""The noun `Placement`: how the lines of a structure type lie on a sample.

One sample has one placement for each candidate type. Pictures, lattices, scales of known compounds
and explanations all report this one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell
from crystinet.fit.agreement import agreement
from crystinet.fit.known import KnownLines, Setting, in_same_axes
from crystinet.fit.lattice import LatticeEstimate, Start, best_of, estimate_lattice
from crystinet.fit.search import search_scale
from crystinet.lines.overlap import Overlap
from crystinet.patterns.sample import Sample

#: Where a type has fewer known compounds than this, nobody knows how far their lattices scatter,
#: and logarithms of the scale up to the second number are tried.
FEW_COMPOUNDS, WIDE = 5, 0.4
#: Lattices larger or smaller than every known one by up to this part, in the logarithm, are tried.
MARGIN = 0.15

# The reference's own cell is drawn where its volume is that of the lattice, to this part.
_SAME_SCALE = 0.005


@dataclass(frozen=True, slots=True)
class Placement:
    """Lines of a type, laid on a sample.

    Attributes
    ----------
    reference
        The type's reference structure; the nearest known compound where the catalogue has none.
    scale
        Edges of the sample's cell relative to those of the reference: the cube root of the ratio
        of the volumes, both cells in the same setting.
    cell
        Of the sample, angstrom and degrees, in the axes of the reference. Axial ratios and angles
        are the reference's where nothing tells them in these axes.
    method
        ``axial`` or ``isotropic`` as `LatticeEstimate.method`; ``rough`` where the lines were only
        laid where they overlap best, and no lattice can be determined.
    explained, confirmed
        As those of `LatticeEstimate`.
    lattice
        The estimate that the scale is from; None for ``rough``.
    lines
        Of the known compound or the reference that fits the sample best.
    lines_cell
        Of the sample, angstrom and degrees, in the axes of ``lines``.
    """

    reference: Setting
    scale: float
    cell: Cell
    method: str
    explained: float
    confirmed: float
    lattice: LatticeEstimate | None
    lines: KnownLines = field(compare=False)  # arrays; `lines_cell` tells them apart
    lines_cell: Cell


def place(reference: KnownLines, starts: Sequence[Start], sample: Sample) -> Placement | None:
    """Lay the lines of a type on a sample; None where the sample has no line, or none fits.

    A lattice is estimated from each start, and the best estimate gives the scale. Where there is
    none, it is the scale of the start at which the reference's lines overlap best.

    Parameters
    ----------
    reference
        What the scale is relative to.
    starts
        Known compounds and references, each with about its scale.
    sample
        The pattern.
    """
    if not len(sample.peaks) or not starts:
        return None
    overlap = Overlap.of_sample(sample)
    estimates = [estimate_lattice(start, sample, overlap=overlap) for start in starts]
    best = best_of(estimates)
    if best is None:
        return _rough(reference, starts, sample, overlap)
    own = [
        estimate
        for start, estimate in zip(starts, estimates, strict=True)
        if estimate and start.lines.setting.holds_as_much_as(reference.setting)
    ]
    return Placement(
        reference=reference.setting,
        scale=best.scale,
        cell=_reference_cell(reference, sorted(own, key=lambda e: e is not best), best.scale),
        method=best.method,
        explained=best.explained,
        confirmed=best.confirmed,
        lattice=best,
        lines=next(s.lines for s, e in zip(starts, estimates, strict=True) if e is best),
        lines_cell=best.cell,
    )


def _reference_cell(
    reference: KnownLines, estimates: Sequence[LatticeEstimate], scale: float
) -> Cell:
    """Cell of a scale in the axes of the reference: of the first estimate that has them."""
    for estimate in estimates:
        near = abs(math.log(estimate.scale / scale)) < _SAME_SCALE
        if near and in_same_axes(estimate.cell, reference.cell, space_group=reference.space_group):
            return estimate.cell.scaled(scale / estimate.scale)
    return reference.cell.scaled(scale)


def _rough(
    reference: KnownLines, starts: Sequence[Start], sample: Sample, overlap: Overlap
) -> Placement | None:
    inverse = reference.d_angstrom**-2.0
    found = []
    for start in starts:
        coarse = start.type_scale
        intensity = reference.intensity(overlap.wavelength_angstrom, scale=coarse)
        scale, value = search_scale(coarse**-2.0 * inverse, overlap, intensity)
        found.append((value, coarse * scale, intensity))
    value, scale, intensity = max(found, key=lambda each: each[0])
    if not value > 0.0:
        return None
    explained, confirmed = agreement(
        scale**-2.0 * inverse, intensity, sample=sample, overlap=overlap
    )
    cell = reference.cell.scaled(scale)
    return Placement(
        reference=reference.setting,
        scale=scale,
        cell=cell,
        method="rough",
        explained=explained,
        confirmed=confirmed,
        lattice=None,
        lines=reference,
        lines_cell=cell,
    )


def scale_range(sizes: FloatArray) -> tuple[float, float]:
    """Logarithms of the scale between which every known compound of a type lies, with a margin.

    Parameters
    ----------
    sizes
        Shape (n,): of the known compounds.
    """
    low = float(np.min(sizes, initial=0.0)) - MARGIN
    high = float(np.max(sizes, initial=0.0)) + MARGIN
    if len(sizes) < FEW_COMPOUNDS:
        return min(low, -WIDE), max(high, WIDE)
    return low, high


def unit_volume(
    lines: KnownLines, scale: float, *, reference: KnownLines, reference_scale: float
) -> float:
    """Volume that a cell in the axes of ``lines`` has where that of the reference has its own.

    It is the reference's volume where both cells hold as many atoms. Else the cells differ by a
    ratio of small numbers, which follows from the volumes at which both fit the sample.

    Parameters
    ----------
    lines, scale
        A known compound, and its scale on the sample.
    reference, reference_scale
        The reference, and its scale on the sample.
    """
    if lines.setting.holds_as_much_as(reference.setting):
        return reference.cell.volume
    ratio = (scale / reference_scale) ** 3.0 * lines.cell.volume / reference.cell.volume
    simple = np.array([p / q for p in (1, 2, 3, 4, 6, 8) for q in (1, 2, 3, 4, 6, 8)])
    nearest = float(simple[np.abs(np.log(simple / ratio)).argmin()])
    return nearest * reference.cell.volume
