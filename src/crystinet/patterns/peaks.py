"""Peaks of a prepared pattern: where they are, how high and how wide.

The only peak finder of the house. It tells how many lines a pattern has at all, which lines an
explanation looks for, and which ones a lattice is fitted to.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.patterns.pattern import Pattern

#: Peaks below this part of the strongest point are left to the residue of the background.
LEAST_HEIGHT = 0.015
#: A peak stands out of its surroundings by so many standard deviations of the noise.
LEAST_SIGMAS = 4.0
#: And by so many of its own counts, which the smoothing has averaged.
LEAST_SIGMAS_OF_COUNTS = 2.0
#: At most so many peaks, the highest.
MOST_PEAKS = 150
# What is left of background and noise is about the median of a pattern, and a peak has so many of
# it more; but not more than the second number: the median of crowded lines is high.
_RESIDUES, _MOST_RESIDUE = 3.0, 0.06
# A peak stands out of its surroundings by this part of its height, within so many degrees on both
# sides: lines of crystals do, humps of glasses do not.
_RISE, _REACH_DEG = 0.25, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Peaks in the order of their angle, n of them.

    Attributes
    ----------
    two_theta_deg
        Place of the maximum, shape (n,), degrees.
    height
        Shape (n,), 0 to 1.
    width_deg
        Usual full width at half height; 0 where there is no peak.
    """

    two_theta_deg: FloatArray
    height: FloatArray
    width_deg: float

    def __post_init__(self) -> None:
        for name in ("two_theta_deg", "height"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.height)


def find_peaks(prepared: Pattern, *, noise: float, count: float = 0.0) -> Peaks:
    """Find the peaks of a pattern that `crystinet.patterns.preprocess` has prepared.

    A peak is a local maximum that has 1.5 % of the strongest point, and three times the median of
    the pattern more (6 % at most), and that stands out of what is within two degrees on both sides
    by a quarter of its height and by four standard deviations of the noise. Its place is that of
    the parabola through its highest points (five where it is wide enough). Shoulders are no peaks.

    Parameters
    ----------
    prepared
        On a uniform axis, maximum 1.
    noise
        Standard deviation from point to point before smoothing, as a share of the maximum, see
        `crystinet.patterns.sample.Sample.relative_noise`.
    count
        What one count is, as a share of the maximum: a peak of n counts has a noise of sqrt(n)
        besides. 0 where it is not known.
    """
    y, step = np.where(prepared.mask, prepared.intensity, 0.0), _step(prepared)
    tops = list(_tops(prepared, noise=noise, count=count, most=MOST_PEAKS))
    widths = [step * sum(_below_half(flank) for flank in _flanks(y, top, step)) for top in tops]
    places = [
        top + _vertex(y, top, half=max(1, min(4, round(0.15 * width / step))))
        for top, width in zip(tops, widths, strict=True)
    ]
    order = np.argsort(places)
    return Peaks(
        prepared.two_theta_deg[0] + step * np.array(places, dtype=np.float64)[order],
        y[np.array(tops, dtype=np.int64)[order]],
        float(np.median(widths[: max(5, len(widths) // 3)])) if widths else 0.0,
    )


def count_peaks(prepared: Pattern, *, noise: float, enough: int) -> int:
    """Count the peaks that `find_peaks` finds, up to ``enough``; quicker."""
    return sum(1 for _ in _tops(prepared, noise=noise, count=0.0, most=enough))


def _tops(prepared: Pattern, *, noise: float, count: float, most: int) -> Iterator[int]:
    """Points at which peaks have their maximum, the highest peak first."""
    mask = prepared.mask
    y = np.where(mask, prepared.intensity, 0.0)
    residue = float(np.median(y[mask])) if mask.any() else 0.0
    least = LEAST_HEIGHT + min(_RESIDUES * residue, _MOST_RESIDUE)
    inner = y[1:-1]
    tops = 1 + np.flatnonzero((inner >= y[:-2]) & (inner > y[2:]) & (inner > least))
    step = _step(prepared)
    for top in tops[np.argsort(-y[tops], kind="stable")].tolist():
        rise = min(_rise(flank) for flank in _flanks(y, top, step))
        own = LEAST_SIGMAS_OF_COUNTS * math.sqrt(count * y[top])
        if rise > max(_RISE * y[top], math.hypot(LEAST_SIGMAS * noise, own)):
            yield top
            most -= 1
            if not most:
                return


def _step(prepared: Pattern) -> float:
    return float(prepared.two_theta_deg[1] - prepared.two_theta_deg[0])


def _flanks(y: FloatArray, top: int, step_deg: float) -> tuple[FloatArray, FloatArray]:
    """Both flanks of a peak, from the top outwards."""
    reach = max(2, round(_REACH_DEG / step_deg))
    return y[max(0, top - reach) : top + 1][::-1], y[top : top + reach + 1]


def _rise(flank: FloatArray) -> float:
    """How far a flank, from the top outwards, goes down before it goes up above the top."""
    above = np.flatnonzero(flank > flank[0])
    before = flank[: above[0]] if len(above) else flank
    return float(flank[0] - before.min())


def _below_half(flank: FloatArray) -> float:
    """Steps from the top to half of its height, or to the end of the flank."""
    low = np.flatnonzero(flank < 0.5 * flank[0])
    if not len(low):
        return float(len(flank))
    i = int(low[0])
    return float(i - (0.5 * flank[0] - flank[i]) / (flank[i - 1] - flank[i]))


def _vertex(y: FloatArray, top: int, *, half: int) -> float:
    """Vertex of the parabola through the points around a maximum, relative to it, in steps."""
    first, last = max(0, top - half), min(len(y), top + half + 1)
    curvature, slope = _parabola(first - top, last - top) @ y[first:last]
    return float(np.clip(-slope / (2.0 * curvature), -half, half)) if curvature < 0.0 else 0.0


@lru_cache(maxsize=64)
def _parabola(first: int, last: int) -> FloatArray:
    """What gives curvature and slope of the parabola through points, (2, n); n at least three."""
    x = np.arange(first, last, dtype=np.float64)
    return read_only_floats(np.linalg.pinv(np.vander(x, 3))[:2])
