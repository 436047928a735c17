"""Spikes of one or two points: cosmic rays and glitches of detectors, which no line can be.

The step comes before everything else, on the axis as measured, because there a spike still is as
narrow as it was counted. Its settings are constants of this module and not of
`PreprocessingConfig`: it mends defects and leaves every other pattern as it is, so a network does
not have to be trained with it.
"""

from dataclasses import replace
from functools import reduce

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray, median_of
from crystinet.core.notes import Note, NoteCode
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.signal import estimate_noise

#: Points of the longest spike.
LONGEST_SPIKE = 2
#: A spike stands above both neighbours by so many standard deviations of their counting noise.
SPIKE_SIGMA = 20.0
#: ... and by this part of the strongest line; less does no harm.
SPIKE_HEIGHT = 0.01
#: The points next to a spike do not rise towards it, but by this part of its height and three
#: standard deviations. A Gaussian line of FWHM 1.5 steps rises by 0.09 of it, of 2 steps by 0.3.
FOOT = 0.05
#: Spikes are rare: more than this part of all points is the nature of the pattern.
MOST_SPIKES = 0.005

# Lines are looked at this far to both sides, in points, and the strongest of them only.
_REACH = 50
_MOST_LINES = 40
# This part of the lines is narrower than what counts as the narrow lines of a pattern.
_NARROW = 0.25
# The noise around a spike is estimated on so many points on both sides.
_AROUND = 25
_FEWEST_POINTS = 20


def remove_spikes(pattern: Pattern) -> Pattern:
    """Replace spikes by straight lines between their neighbours.

    A spike is one point, or two, that

    1. stands far above both neighbours, by the counting noise there and by the strongest line;
    2. has no foot: the neighbours do not rise towards it as they do in a line, even in one that is
       sampled with two steps in its width;
    3. is much narrower than the narrow lines of this very pattern: their FWHM is 3 steps at least
       for a spike of one point, 5 for one of two. As many lines as spikes are needed to tell, or
       nothing is removed.

    Parameters
    ----------
    pattern
        As measured, any axis. Points that were not measured (mask) neither are nor bound spikes.

    Returns
    -------
    The mended pattern with a step and a note that name the angles, or ``pattern`` itself.
    """
    measured = np.flatnonzero(pattern.mask)
    x, y = pattern.two_theta_deg[measured], pattern.intensity[measured]
    spikes = find_spikes(x, y)
    if not spikes.any():
        return pattern
    mended = pattern.intensity.copy()
    mended[measured] = _bridged(x, y, spikes)
    starts = np.flatnonzero(spikes & ~np.append(False, spikes[:-1]))
    where = ", ".join(f"{angle:.2f}" for angle in x[starts])
    count = f"{len(starts)} spike" + "s" * (len(starts) > 1)
    text = (
        f"Removed {count} at {where} degrees 2theta, too narrow for lines of this pattern "
        "(cosmic rays or faults of the detector)."
    )
    return replace(
        pattern,
        intensity=mended,
        steps=(*pattern.steps, f"{count} removed, at {where} deg"),
        notes=(*pattern.notes, Note(NoteCode.SPIKES_REMOVED, text)),
    )


def find_spikes(two_theta_deg: FloatArray, intensity: FloatArray) -> BoolArray:
    """Tell which points belong to spikes; see `remove_spikes` for what a spike is.

    Parameters
    ----------
    two_theta_deg, intensity
        Shape (n,), increasing degrees and any scale, measured points only.

    Returns
    -------
    Shape (n,).
    """
    found = np.zeros(len(intensity), dtype=np.bool_)
    if len(intensity) < _FEWEST_POINTS:
        return found
    sigma = noise_of_counts(intensity)
    runs = {
        width: _candidates(two_theta_deg, intensity, sigma, width=width)
        for width in range(1, LONGEST_SPIKE + 1)
    }
    candidates = found.copy()
    for width, (starts, _) in runs.items():
        candidates[starts[:, None] + np.arange(width)] = True
    n_candidates = sum(len(starts) for starts, _ in runs.values())
    if not n_candidates:
        return found
    rest = _bridged(two_theta_deg, intensity, candidates)
    widths, heights = find_lines(rest, sigma=sigma)
    if len(widths) < n_candidates:
        return found
    narrow, least = float(np.quantile(widths, _NARROW)), SPIKE_HEIGHT * float(heights.max())
    for width, (starts, excess) in runs.items():
        for start, height in zip(starts, excess, strict=True):
            # Some instruments count some angles longer than others.
            before = rest[max(0, start - _AROUND) : start + width]
            after = rest[start : start + width + _AROUND]
            noise = max(estimate_noise(before), estimate_noise(after))
            if narrow >= 1 + 2 * width and height >= max(least, SPIKE_SIGMA * noise):
                found[start : start + width] = True
    rare = np.count_nonzero(found) <= max(MOST_SPIKES * len(found), LONGEST_SPIKE)
    return found if rare else np.zeros_like(found)


def noise_of_counts(intensity: FloatArray) -> FloatArray:
    r"""Standard deviation of the counting noise at each point, shape (n,).

    The noise of the whole curve grows with the square root of the level. It is not below that of
    counts, :math:`\sqrt{q \max(y, q)}`, where q, the least difference of two intensities, is what
    one count is worth: where most points are 0, differences tell nothing.
    """
    typical = median_of(intensity)
    growth = np.maximum(1.0, intensity / typical) if typical > 0.0 else np.ones(len(intensity))
    distinct = np.unique(intensity)
    count = float(np.diff(distinct).min()) if len(distinct) > 1 else 0.0
    of_counts: FloatArray = np.sqrt(count * np.maximum(intensity, count))
    return np.maximum(estimate_noise(intensity) * np.sqrt(growth), of_counts)


def find_lines(intensity: FloatArray, *, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """FWHM of the strongest lines of a pattern, in steps, and their heights above their feet.

    A line is a point that is the highest of its three neighbours on both sides and stands
    `SPIKE_SIGMA` above the lowest points within 50 steps of both. The direct beam is none.

    Parameters
    ----------
    intensity, sigma
        Shape (n,), without spikes, and the noise of its points.

    Returns
    -------
    Shape (p,) each, p at most 40, the highest point first.
    """
    inner = intensity[1:-1]
    tops = 1 + np.flatnonzero((inner >= intensity[:-2]) & (inner > intensity[2:]))
    found = []
    for top in tops[np.argsort(-intensity[tops], kind="stable")][: 4 * _MOST_LINES]:
        height = intensity[top]
        left = intensity[max(0, top - _REACH) : top + 1][::-1]
        right = intensity[top : top + _REACH + 1]
        foot = max(float(left.min()), float(right.min()))
        is_top = left[:4].max() <= height and right[:4].max() <= height
        if is_top and height - foot > SPIKE_SIGMA * sigma[top]:
            half = (height + foot) / 2.0
            found.append((_steps_to(left, half) + _steps_to(right, half), height - foot))
    widths, heights = np.array(found[:_MOST_LINES]).reshape(-1, 2).T
    return widths, heights


def _steps_to(curve: FloatArray, level: float) -> float:
    """Steps from the first point, which is higher, to where the curve falls to ``level``."""
    below = int(np.argmax(curve <= level))
    return below - float((level - curve[below]) / (curve[below - 1] - curve[below]))


def _candidates(
    x: FloatArray, y: FloatArray, sigma: FloatArray, *, width: int
) -> tuple[IntArray, FloatArray]:
    """First points of what looks like a spike of ``width`` points, and its height, (s,) each."""
    n = len(y) - width - 3

    def shifted(by: int) -> FloatArray:
        return y[by : by + n]

    noise = np.maximum(sigma[1 : 1 + n], sigma[width + 2 : width + 2 + n])
    left, right = shifted(1), shifted(width + 2)
    sides = np.maximum(left, right)
    run = [shifted(by) for by in range(2, width + 2)]
    height = reduce(np.maximum, run) - sides
    slack = FOOT * height + 3.0 * noise
    (found,) = np.nonzero(
        (height > SPIKE_SIGMA * noise)
        & (reduce(np.minimum, run) - sides > slack)
        & (left - shifted(0) <= slack)
        & (right - shifted(width + 3) <= slack)
    )
    steps = np.diff(x)[found[:, None] + np.arange(width + 3)]
    even = steps.max(axis=1) < 1.5 * steps.min(axis=1)  # neighbours are neighbours
    found = found[even]
    return found + 2, height[found]


def _bridged(x: FloatArray, y: FloatArray, replaced: BoolArray) -> FloatArray:
    """Straight lines instead of the points that are ``replaced``."""
    curve = y.copy()
    curve[replaced] = np.interp(x[replaced], x[~replaced], y[~replaced])
    return curve
