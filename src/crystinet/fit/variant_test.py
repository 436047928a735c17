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
from crystinet.fit.agreement import agreement, k_beta_peaks, places, reach_deg, under_lines
from crystinet.fit.derivatives import LEAST_SIGMA
from crystinet.fit.known import KnownLines
from crystinet.fit.lattice import LatticeEstimate, estimate_lattice, lay_lines
from crystinet.fit.starting_points import StartingPoints
from crystinet.lines.overlap import Overlap
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

    lines: KnownLines
    estimate: LatticeEstimate
    explained: float
    confirmed: float


class VariantTest:
    """Looks for what a type's derivatives have and the type has not.

    Parameters
    ----------
    points
        Give the lines of known compounds and references.
    """

    def __init__(self, points: StartingPoints) -> None:
        self._points = points

    def checked(self, sample: Sample, found: Identification) -> Identification:
        """The answer with ``derivative_of`` where the lines say so; then it is not known.

        Parameters
        ----------
        sample
            Prepared for the model.
        found
            Checked for strong lines that are none of the type.
        """
        derivative = self.derivative_of(sample, found)
        if derivative is None:
            return found
        note = Note(NoteCode.DERIVATIVE, derivative.sentence)
        found = replace(found, derivative_of=derivative, notes=(*found.notes, note))
        if found.verdict is not Verdict.KNOWN:
            return found
        return replace(found, verdict=Verdict.UNCERTAIN, reason=note.text, ambiguous_with=())

    def derivative_of(self, sample: Sample, found: Identification) -> DerivativeOf | None:
        """Of what the sample is a derivative; None where nothing says that it is one."""
        best = found.candidates[0]
        known = found.verdict is Verdict.KNOWN
        if len(sample.peaks) < 2:
            return None
        if known and not _counting(sample).any():
            return None
        cosine, _ = self._points.likeness(sample, (best.type, *best.merged))
        like = float(cosine.max(initial=0.0))
        if like < LEAST_LIKE:
            return None
        overlap = Overlap.of_sample(sample)
        laid = self._laid(sample, (best.type, *best.merged), overlap, known=known)
        if laid is None:
            return None
        angles = _further(sample, laid, overlap.wavelength_angstrom)
        if len(angles):
            measured = measured_angles(
                angles, grid=sample.grid, wavelength_angstrom=sample.wavelength_angstrom
            )
            reason = DerivativeReason.FURTHER_LINES
            return DerivativeOf(best.type, reason, laid.explained, tuple(map(float, measured)))
        if (
            known
            or like < LEAST_LIKE_ALL
            or not _explains_nearly_all(sample, laid, overlap.wavelength_angstrom)
        ):
            return None
        return DerivativeOf(best.type, DerivativeReason.NEARLY_ALL_LINES, laid.explained)

    def _laid(
        self, sample: Sample, names: tuple[str, ...], overlap: Overlap, *, known: bool
    ) -> _Laid | None:
        """The lines that explain most; of a known answer, the first that leave no peak: None."""
        best: _Laid | None = None
        for start in self._points.starts(sample, names):
            quick = lay_lines(start, sample, overlap=overlap) if known else None
            if quick and not _peaks_beyond(sample, *quick, overlap).any():
                return None
            estimate = estimate_lattice(start, sample, overlap=overlap)
            if estimate is None:
                continue
            lines = start.lines
            inverse = estimate.cell.d_spacing(lines.hkl) ** -2.0
            if known and not _peaks_beyond(sample, inverse, estimate.shift_deg, overlap).any():
                return None
            explained, confirmed = agreement(
                inverse,
                lines.intensity(overlap.wavelength_angstrom, scale=start.scale),
                sample=sample,
                overlap=overlap,
                shift_deg=estimate.shift_deg,
            )
            if best is None or explained > best.explained:
                best = _Laid(lines, estimate, explained, confirmed)
        return best


def _peaks_beyond(
    sample: Sample, inverse_d_squared: FloatArray, shift_deg: float, overlap: Overlap
) -> BoolArray:
    """Peaks that count and lie under no line of a list, (n,)."""
    place = places(inverse_d_squared, overlap.wavelength_angstrom, shift_deg=shift_deg)
    return _counting(sample) & ~_at(sample, under_lines(place, sample))


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
    cell, group = laid.estimate.cell, laid.lines.space_group
    if cell.volume > _LARGEST_VOLUME or _absent(group, laid.lines.hkl).any():
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
    place = places(
        laid.estimate.cell.d_spacing(laid.lines.hkl) ** -2.0,
        wavelength_angstrom,
        shift_deg=laid.estimate.shift_deg,
    )
    measured = sample.prepared.mask
    return float(under_lines(place, sample)[measured].mean()) <= MOST_TAKEN
