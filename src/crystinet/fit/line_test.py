"""A quick test of lines over all known compounds: which of them may be in a pattern.

Networks know single phases and mislead on mixtures. This test asks of every known compound only
whether its strong lines are there, beside others or not: high enough for one amount of it, at some
size of its lattice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.diffraction import lorentz_polarisation_of_d
from crystinet.corpus.index.index import CompoundIndex, decode_strength

# The axis is ln(1/d), in steps of this; lines are looked for within so many steps.
_STEP, _REACH = 0.0005, 7
_D_RANGE = (0.8, 25.0)
# Lattices up to this much larger or smaller than those of known compounds, in the logarithm, in
# steps of the second number.
_LARGEST_SCALE, _SCALE_STEP = 0.08, 0.003
# So many strongest lines of a compound are looked at, first the very strongest of them alone.
_LINES, _FIRST = 10, 3
_MOST_PAIRS = 6000
# A line that should be there and is not takes so much from the evidence.
_MISSED = 4.0
# Fewer lines than this prove nothing.
_FEWEST = 3
_LEAST_HEIGHT = 0.004


@dataclass(frozen=True, slots=True)
class LineEvidence:
    """How much the lines of a pattern speak for a structure type.

    Attributes
    ----------
    type
        Its name.
    number
        The compound of the index whose lines are there.
    scale
        Edges of the sample's cell relative to those of the compound.
    evidence
        Minus the logarithm of the chance that lines at random places would be there as well.
    amount
        Height of the compound's strongest line, as a share of the pattern's.
    """

    type: str
    number: int
    scale: float
    evidence: float
    amount: float


class LineTest:
    """An index, ready to be tested against patterns.

    Parameters
    ----------
    index
        The known compounds.
    """

    def __init__(self, index: CompoundIndex) -> None:
        self.index = index

    @cached_property
    def _lines(self) -> tuple[FloatArray, FloatArray]:
        """ln(1/d) and intensity of the strongest lines, (compounds, lines); 0 where none is."""
        index = self.index
        row = np.repeat(np.arange(len(index)), np.diff(index.offsets))
        d = index.d_angstrom
        intensity = decode_strength(index.strength) * lorentz_polarisation_of_d(d, 1.5406)
        row, place, intensity = _merged(row, -np.log(d), intensity)
        order = np.lexsort((-intensity, row))
        row, place, intensity = row[order], place[order], intensity[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        kept = rank < 2 * _LINES
        places = np.zeros((len(index), 2 * _LINES))
        heights = np.zeros_like(places)
        places[row[kept], rank[kept]] = place[kept]
        heights[row[kept], rank[kept]] = intensity[kept]
        return places, heights

    def find(
        self,
        d_angstrom: FloatArray,
        intensity: FloatArray,
        *,
        without: IntArray | None = None,
        largest_scale: float = _LARGEST_SCALE,
    ) -> tuple[LineEvidence, ...]:
        """Test all compounds; the best of each type, the most evident first.

        Parameters
        ----------
        d_angstrom, intensity
            Of the points of a pattern without background, shape (n,), in any order.
        without
            Numbers of compounds that are passed over.
        largest_scale
            Logarithm of the largest scale that is tried.
        """
        curve, first, span = _curve(d_angstrom, intensity)
        if not curve.max(initial=0.0) > 0.0:
            return ()
        place, height = self._visible(first, span, largest_scale)
        rarity = _rarity(curve)
        scales = np.arange(-largest_scale, largest_scale + 1e-9, _SCALE_STEP)
        rows, shifts = _promising(place, height, curve, first, scales)
        if without is not None:
            kept = ~np.isin(rows, without)
            rows, shifts = rows[kept], shifts[kept]
        evidence, amount = _evidence(place[rows], height[rows], shifts, curve, first, rarity)
        found: dict[str, LineEvidence] = {}
        for k in np.argsort(-evidence, kind="stable"):
            compound = self.index.compounds[rows[k]]
            if evidence[k] <= 0.0:
                break
            if compound.type_name not in found:
                found[compound.type_name] = LineEvidence(
                    compound.type_name,
                    int(rows[k]),
                    float(np.exp(-shifts[k])),
                    float(evidence[k]),
                    float(amount[k]),
                )
        return tuple(found.values())

    def _visible(self, first: float, span: float, largest: float) -> tuple[FloatArray, FloatArray]:
        """The strongest lines that lie in the range at every scale, relative to the strongest."""
        place, height = self._lines
        inside = (place > first + largest) & (place < first + span - largest)
        height = np.where(inside, height, 0.0)
        order = np.argsort(-height, axis=1, kind="stable")[:, :_LINES]
        place, height = (np.take_along_axis(a, order, axis=1) for a in (place, height))
        return place, height / np.maximum(height[:, :1], 1e-300)


def _merged(
    row: IntArray, place: FloatArray, intensity: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Lines of a compound that a pattern shows as one are one line."""
    order = np.lexsort((place, row))
    row, place, intensity = row[order], place[order], intensity[order]
    apart = (np.diff(place) > _REACH * _STEP) | (np.diff(row) != 0)
    starts = np.flatnonzero(np.append(True, apart))
    total = np.add.reduceat(intensity, starts)
    centre = np.add.reduceat(place * intensity, starts) / total
    return row[starts], centre, total


def _curve(d: FloatArray, intensity: FloatArray) -> tuple[FloatArray, float, float]:
    """Highest intensity near each ln(1/d), relative to the highest of all; first and width."""
    inside = (d > _D_RANGE[0]) & (d < _D_RANGE[1])
    x, y = -np.log(d[inside]), np.maximum(intensity[inside], 0.0)
    if not len(x):
        return np.zeros(1), 0.0, 0.0
    first, last = float(x.min()), float(x.max())
    axis = np.arange(first, last, _STEP)
    order = np.argsort(x)
    fine = np.interp(axis, x[order], y[order]) if len(axis) else np.zeros(1)
    padded = np.pad(fine, _REACH)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _REACH + 1).max(axis=1)
    return highest / max(float(highest.max(initial=0.0)), 1e-300), first, last - first


def _rarity(curve: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Heights, rising, and minus the logarithm of the share of the axis that is as high."""
    heights = np.sort(curve)
    share = 1.0 - np.arange(len(heights)) / len(heights)
    return heights, -np.log(share)


def _look_up(place: FloatArray, shift: FloatArray, curve: FloatArray, first: float) -> FloatArray:
    index = np.rint((place + shift - first) / _STEP).astype(np.int64)
    found: FloatArray = curve[np.clip(index, 0, len(curve) - 1)]
    return found


def _promising(
    place: FloatArray, height: FloatArray, curve: FloatArray, first: float, scales: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Compounds and shifts at which the very strongest lines are highest."""
    enough = np.flatnonzero(height[:, _FEWEST - 1] > 0.0)
    lowest = np.empty((len(scales), len(enough)))
    top, weight = place[enough, :_FIRST], np.maximum(height[enough, :_FIRST], 0.05)
    for step, shift in enumerate(scales):
        ratio = _look_up(top, np.array(shift), curve, first) / weight
        lowest[step] = np.where(height[enough, :_FIRST] > 0.0, ratio, np.inf).min(axis=1)
    flat = np.argsort(-lowest, axis=None, kind="stable")[:_MOST_PAIRS]
    number, column = np.unravel_index(flat, lowest.shape)
    good = lowest[number, column] > _LEAST_HEIGHT
    return enough[column[good]], scales[number[good]]


def _evidence(
    place: FloatArray,
    height: FloatArray,
    shifts: FloatArray,
    curve: FloatArray,
    first: float,
    rarity: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Evidence of each pair of compound and shift, and the amount that goes with it."""
    there = height > 0.0
    seen = _look_up(place, shifts[:, None], curve, first)
    ratio = np.where(there, seen / np.maximum(height, 1e-9), np.inf)
    ordered = np.sort(ratio, axis=1)
    best = np.full(len(place), -np.inf)
    amount = np.zeros(len(place))
    for missed in range(3):  # so many lines may be too low for the amount
        level = np.minimum(ordered[:, missed], 1.0)
        expected = level[:, None] * height
        visible = there & (expected > _LEAST_HEIGHT)
        present = visible & (ratio >= level[:, None] * 0.999)
        # What stands higher than expected is as likely to be another line's.
        chance = np.interp(expected, *rarity)
        value = np.where(present, chance, 0.0).sum(axis=1) - _MISSED * missed
        value = np.where(present.sum(axis=1) >= _FEWEST, value, -np.inf)
        better = value > best
        best, amount = np.where(better, value, best), np.where(better, level, amount)
    return best, amount


def evidence_by_class(
    found: tuple[LineEvidence, ...], classes: Mapping[str, str]
) -> dict[str, LineEvidence]:
    """The best evidence of each class.

    Parameters
    ----------
    found
        Of each type, the most evident first.
    classes
        Class of each type that is merged into one.
    """
    best: dict[str, LineEvidence] = {}
    for each in found:
        best.setdefault(classes.get(each.type, each.type), each)
    return best
