"""Peaks of a prepared pattern: where they are, how high and how wide.

The only peak finder of the house. It tells how many lines a pattern has at all, which lines an
explanation looks for, and which ones a lattice is fitted to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray, median_of, read_only_floats
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
# So many points that may be tops are looked at together.
_AT_ONCE = 64


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
    at = np.array(tops, dtype=np.int64)
    left, right = _flanks(y, at, step)
    widths = step * (_below_half(left) + _below_half(right))
    places = [
        top + _vertex(y, top, half=max(1, min(4, round(0.15 * width / step))))
        for top, width in zip(tops, widths.tolist(), strict=True)
    ]
    order = np.argsort(places)
    return Peaks(
        prepared.two_theta_deg[0] + step * np.array(places, dtype=np.float64)[order],
        y[at[order]],
        median_of(widths[: max(5, len(widths) // 3)]) if tops else 0.0,
    )


def count_peaks(prepared: Pattern, *, noise: float, enough: int) -> int:
    """Count the peaks that `find_peaks` finds, up to ``enough``; quicker."""
    return sum(1 for _ in _tops(prepared, noise=noise, count=0.0, most=enough))


def _tops(prepared: Pattern, *, noise: float, count: float, most: int) -> Iterator[int]:
    """Points at which peaks have their maximum, the highest peak first."""
    mask = prepared.mask
    y = np.where(mask, prepared.intensity, 0.0)
    residue = median_of(y[mask]) if mask.any() else 0.0
    least = LEAST_HEIGHT + min(_RESIDUES * residue, _MOST_RESIDUE)
    inner = y[1:-1]
    tops = 1 + np.flatnonzero((inner >= y[:-2]) & (inner > y[2:]) & (inner > least))
    tops = tops[np.argsort(-y[tops], kind="stable")]
    step = _step(prepared)
    at_once = min(_AT_ONCE, 4 * most)
    for chunk in (tops[first : first + at_once] for first in range(0, len(tops), at_once)):
        rise = np.minimum(*(_rise(flank) for flank in _flanks(y, chunk, step)))
        own = LEAST_SIGMAS_OF_COUNTS * np.sqrt(count * y[chunk])
        needed = np.maximum(_RISE * y[chunk], np.hypot(LEAST_SIGMAS * noise, own))
        for top in chunk[rise > needed].tolist():
            yield top
            most -= 1
            if not most:
                return


def _step(prepared: Pattern) -> float:
    return float(prepared.two_theta_deg[1] - prepared.two_theta_deg[0])


def _flanks(y: FloatArray, tops: IntArray, step_deg: float) -> tuple[FloatArray, FloatArray]:
    """Both flanks of peaks, from the top outwards, (n, reach + 1); infinite beyond the ends."""
    reach = max(2, round(_REACH_DEG / step_deg))
    padded = np.full(len(y) + 2 * reach, np.inf)
    padded[reach : reach + len(y)] = y
    middle, away = tops[:, None] + reach, np.arange(reach + 1)
    return padded[middle - away], padded[middle + away]


def _rise(flank: FloatArray) -> FloatArray:
    """How far flanks, from the top outwards, go down before they go up above the top, (n,)."""
    top, above = flank[:, 0], flank > flank[:, :1]
    first = np.where(above.any(axis=1), above.argmax(axis=1), flank.shape[1])
    before = np.arange(flank.shape[1]) < first[:, None]
    lowest = np.where(before, flank, np.inf).min(axis=1)
    return np.asarray(top - lowest)


def _below_half(flank: FloatArray) -> FloatArray:
    """Steps from tops to half of their heights, or to the ends of the flanks, (n,)."""
    half = 0.5 * flank[:, 0]
    low = flank < half[:, None]
    i = low.argmax(axis=1)
    rows = np.arange(len(flank))
    at, before = flank[rows, i], flank[rows, np.maximum(i, 1) - 1]
    with np.errstate(divide="ignore", invalid="ignore"):  # where nothing is low
        crossed = i - (half - at) / (before - at)
    whole = np.isfinite(flank).sum(axis=1)
    return np.asarray(np.where(low.any(axis=1), crossed, whole))


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
