"""Samples that are derivatives of the type that is named, not of the type itself.

A superstructure, a distortion or a colouring keeps the lattice of its parent, or a multiple of it,
and has less symmetry. So its further lines lie at the places of indices that the space group of the
parent forbids, or of half indices. How often lines at any places would do so by chance follows from
how dense these places are; where they are dense, nothing is said.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.notes import Note, NoteCode
from crystinet.fit.agreement import k_beta_peaks, places, reach_deg, under_lines
from crystinet.fit.derivatives import LEAST_SIGMA
from crystinet.fit.lattice import LaidLines, LatticeEstimate
from crystinet.fit.sample_lines import SampleLines
from crystinet.model.derivative_of import DerivativeOf, DerivativeReason
from crystinet.model.identification import Identification, Verdict
from crystinet.model.sensitivity import measured_angles
from crystinet.patterns.sample import Sample

#: A further line has this height at least, relative to the highest, or `LEAST_SIGMA` of the noise.
LEAST_HEIGHT = 0.0225
#: The chance that lines at any places fit as well, and the least share of further lines that fit.
LARGEST_CHANCE, LEAST_FIT = 0.05, 0.5
#: One further line alone is this high at least: a weak one may be an impurity's.
LEAST_ALONE = 0.05
#: A known compound of the type is as like the sample as this, as a cosine: where there are further
#: lines, and where there are none.
LEAST_LIKE, LEAST_LIKE_ALL = 0.75, 0.85
#: A type explains nearly all lines from these shares on, of the pattern and of its own lines, if
#: there are so many lines and its own places take no more than this share of the range.
NEARLY_ALL, ALL_CONFIRMED, FEWEST_LINES, MOST_TAKEN = 0.95, 0.95, 6, 0.3
# Further places are looked for over so many edges of the cell at most: more are dense.
_LARGEST_VOLUME = 1500.0
# How far around a line the density of places is counted, degrees.
_AROUND_DEG = 8.0


@dataclass(frozen=True, slots=True)
class _Laid:
    """Lines of a known compound, laid on a sample with a lattice."""

    laid: LaidLines
    estimate: LatticeEstimate
    inverse_d_squared: FloatArray
    explained: float
    confirmed: float


def with_derivative(lines: SampleLines, found: Identification) -> Identification:
    """The answer with ``derivative_of`` where the lines say so; then it is not known.

    Parameters
    ----------
    lines
        On the sample, which was prepared for the model.
    found
        Checked for strong lines that are none of the type.
    """
    derivative = derivative_of(lines, found)
    if derivative is None:
        return found
    note = Note(NoteCode.DERIVATIVE, derivative.sentence)
    found = replace(found, derivative_of=derivative, notes=(*found.notes, note))
    if found.verdict is not Verdict.KNOWN:
        return found
    return replace(found, verdict=Verdict.UNCERTAIN, reason=note.text)


def derivative_of(lines: SampleLines, found: Identification) -> DerivativeOf | None:
    """Of what the sample is a derivative; None where nothing says that it is one.

    Parameters
    ----------
    lines, found
        As those of `with_derivative`.
    """
    best, sample = found.candidates[0], lines.sample
    known = found.verdict is Verdict.KNOWN
    names = (best.type, *best.merged)
    if len(sample.peaks) < 2:
        return None
    if known and not _counting(sample).any():
        return None
    like = float(lines.likeness(names)[0].max(initial=0.0))
    if like < LEAST_LIKE:
        return None
    laid = _left_over(lines.nearest(names)) if known else _best(lines.nearest(names))
    if laid is None:
        return None
    wavelength = lines.overlap.wavelength_angstrom
    angles = _further(sample, laid, wavelength)
    if len(angles):
        measured = measured_angles(
            angles, grid=sample.grid, wavelength_angstrom=sample.wavelength_angstrom
        )
        reason = DerivativeReason.FURTHER_LINES
        return DerivativeOf(best.type, reason, laid.explained, tuple(map(float, measured)))
    if known or like < LEAST_LIKE_ALL or not _explains_nearly_all(sample, laid, wavelength):
        return None
    return DerivativeOf(best.type, DerivativeReason.NEARLY_ALL_LINES, laid.explained)


def _best(starts: Iterable[LaidLines]) -> _Laid | None:
    """The lattice whose lines explain most: of the lines that do so where they are laid quickly."""

    def explained(each: LaidLines) -> float:
        return each.agreement(*each.quick)[0] if each.quick else -1.0

    found = (_estimated(each) for each in sorted(starts, key=explained, reverse=True))
    return next((each for each in found if each is not None), None)


def _left_over(starts: Iterable[LaidLines]) -> _Laid | None:
    """As `_best`; None where these lines, or those of any start laid quickly, leave no peak."""
    starts = tuple(starts)
    for each in starts:
        if each.quick and not _peaks_beyond(each, *each.quick).any():
            return None
    best = _best(starts)
    if best is None:
        return None
    left = _peaks_beyond(best.laid, best.inverse_d_squared, best.estimate.shift_deg)
    return best if left.any() else None


def _estimated(laid: LaidLines) -> _Laid | None:
    estimate, lines = laid.estimate, laid.start.lines
    if estimate is None:
        return None
    inverse = estimate.cell.d_spacing(lines.hkl) ** -2.0
    return _Laid(laid, estimate, inverse, *laid.agreement(inverse, estimate.shift_deg))


def _peaks_beyond(laid: LaidLines, inverse_d_squared: FloatArray, shift_deg: float) -> BoolArray:
    """Peaks that count and lie under no line of a list, (n,)."""
    place = places(inverse_d_squared, laid.overlap.wavelength_angstrom, shift_deg=shift_deg)
    return _counting(laid.sample) & ~_at(laid.sample, under_lines(place, laid.sample))


def _counting(sample: Sample) -> BoolArray:
    """Peaks that stand out enough to be lines of their own, (n,)."""
    least = max(LEAST_HEIGHT, LEAST_SIGMA * sample.relative_noise)
    return np.asarray((sample.peaks.height >= least) & ~k_beta_peaks(sample))


def _at(sample: Sample, flags: BoolArray) -> BoolArray:
    """What holds at the points of the axis, at each peak."""
    axis = sample.prepared.two_theta_deg
    at = np.clip(np.searchsorted(axis, sample.peaks.two_theta_deg), 0, len(axis) - 1)
    return np.asarray(flags[at])


def _further(sample: Sample, laid: _Laid, wavelength_angstrom: float) -> FloatArray:
    """Peaks that only a derivative has, degrees on the axis of the prepared pattern; or none."""
    none = np.zeros(0)
    lines = laid.laid.start.lines
    cell, group = laid.estimate.cell, lines.space_group
    if cell.volume > _LARGEST_VOLUME or _absent(group, lines.hkl).any():
        return none  # too dense; or axes that are not the group's standard ones
    hkl = _half_indices(cell, sample, wavelength_angstrom)
    whole = (hkl % 2 == 0).all(axis=1)
    forbidden = whole.copy()
    forbidden[whole] = _absent(group, hkl[whole] // 2)
    place = places(
        (2.0 * cell.d_spacing(hkl)) ** -2.0, wavelength_angstrom, shift_deg=laid.estimate.shift_deg
    )
    own = under_lines(place[whole & ~forbidden], sample)
    beyond = _counting(sample) & ~_at(sample, own)
    peaks = sample.peaks.two_theta_deg[beyond]
    if not len(peaks):
        return none
    for chosen in (forbidden, forbidden | ~whole):
        fits, density = _fitting(sample, peaks, place[chosen], ~own & sample.prepared.mask)
        chance = _tail(int(fits.sum()), len(peaks), density)
        if chance > LARGEST_CHANCE or fits.mean() < LEAST_FIT:
            continue
        height = sample.peaks.height[beyond][fits]
        if len(height) > 1 or height[0] >= LEAST_ALONE:
            return np.asarray(peaks[fits][np.argsort(-height, kind="stable")])
    return none


def _fitting(
    sample: Sample, peaks: FloatArray, place: FloatArray, free: BoolArray
) -> tuple[BoolArray, float]:
    """Which peaks lie at one of the places, and which share of the free range around them does."""
    axis, reach = sample.prepared.two_theta_deg, 0.5 * reach_deg(sample)
    place = np.sort(place[np.isfinite(place)])
    if not len(place):
        return np.zeros(len(peaks), dtype=np.bool_), 1.0
    distance = np.abs(peaks[:, None] - place).min(axis=1)
    near = np.minimum.reduce(
        [np.abs(axis - place[np.clip(i, 0, len(place) - 1)]) for i in _neighbours(place, axis)]
    )
    around = (np.abs(axis[:, None] - peaks) < _AROUND_DEG).any(axis=1) & free
    density = float((near[around] < reach).mean()) if around.any() else 1.0
    return np.asarray(distance < reach), density


def _neighbours(place: FloatArray, axis: FloatArray) -> Iterable[IntArray]:
    after = np.searchsorted(place, axis)
    return after - 1, after


def _tail(fit: int, of: int, density: float) -> float:
    """Chance that at least so many of so many lines fit, each with this chance."""
    if fit == 0:
        return 1.0
    return sum(
        math.comb(of, k) * density**k * (1.0 - density) ** (of - k) for k in range(fit, of + 1)
    )


def _half_indices(cell: Cell, sample: Sample, wavelength_angstrom: float) -> IntArray:
    """Twice the indices of all lines up to the last peak, of a cell with doubled edges, (p, 3)."""
    last = float(sample.peaks.two_theta_deg.max()) + 1.0
    longest = 2.0 * math.sin(math.radians(0.5 * last)) / wavelength_angstrom  # 1/d
    a, b, c = (math.ceil(2.0 * edge * longest) for edge in cell[:3])
    grid = np.mgrid[-a : a + 1, -b : b + 1, 0 : c + 1].reshape(3, -1).T
    grid = grid[grid.any(axis=1)]
    return np.asarray(grid[2.0 * cell.d_spacing(grid) > 1.0 / longest], dtype=np.int64)


@lru_cache(maxsize=256)
def _operations(group: int) -> object:
    import gemmi

    return gemmi.find_spacegroup_by_number(group).operations()


def _absent(group: int, hkl: IntArray) -> BoolArray:
    """Whether the space group, in its standard setting, forbids lines (p, 3)."""
    found = _operations(group).systematic_absences(  # type: ignore[attr-defined]
        np.ascontiguousarray(hkl, dtype=np.int32)
    )
    return np.asarray(found, dtype=np.bool_)


def _explains_nearly_all(sample: Sample, laid: _Laid, wavelength_angstrom: float) -> bool:
    """Whether the lines of a type are those of the pattern, and no net of lines that is dense."""
    if len(sample.peaks) < FEWEST_LINES:
        return False
    if laid.explained < NEARLY_ALL or laid.confirmed < ALL_CONFIRMED:
        return False
    place = places(laid.inverse_d_squared, wavelength_angstrom, shift_deg=laid.estimate.shift_deg)
    measured = sample.prepared.mask
    return float(under_lines(place, sample)[measured].mean()) <= MOST_TAKEN
