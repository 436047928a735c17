"""Square roots and logarithms of counts in place of the counts: undone where that is certain.

Programs export what they draw, and they draw roots and logarithms to show weak lines. Whole counts
give themselves away; of others only the noise tells that they are none.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from crystinet.core.arrays import FloatArray, median_of
from crystinet.core.notes import Note, NoteCode
from crystinet.patterns.pattern import Pattern

# Fewer points than these tell nothing about noise.
_FEWEST_POINTS = 100
# A root or a logarithm of whole counts is known by the counts: so many points, each of them written
# with enough digits to be off by this much at most, and all but a few are whole.
_FEWEST_WHOLE, _WHOLE, _SHARE_WHOLE = 200, 0.1, 0.995
# Counts have more noise where there are more of them. Here they have not: in units of what counts
# would have, and by itself.
_FLAT_NOISE, _LESS_NOISE, _FEWEST_HIGH, _CONTRAST = 0.75, 1.2, 25, 3.0
# Standard deviation of the fourth difference of noise, sqrt(70), in median absolute values.
_SIGMA_OF_FOURTH = 1.482602218505602 / 70.0**0.5


def undo_root_or_log(pattern: Pattern) -> Pattern:
    """Take the counts whose square roots, natural or decimal logarithms a pattern holds.

    The pattern itself where that is not certain: where the numbers, squared or raised, are not
    whole, as far as their digits can tell.
    """
    y = pattern.intensity[pattern.mask]
    for what, undo, slope, most in _WRITTEN_AS:
        if len(y) and 0.0 <= y.min() and y.max() <= most and _are_whole(y, undo, slope):
            counts = pattern.intensity.copy()
            counts[pattern.mask] = np.rint(undo(y))
            text = f"The file holds {what} of whole counts; the counts were taken."
            return replace(
                pattern,
                intensity=counts,
                steps=(*pattern.steps, f"counts from their {what}"),
                notes=(*pattern.notes, Note(NoteCode.COUNTS_RESTORED, text)),
            )
    return pattern


def _square(y: FloatArray) -> FloatArray:
    return np.square(y)


def _exponential(y: FloatArray) -> FloatArray:
    raised: FloatArray = np.exp(y)
    return raised


def _power_of_ten(y: FloatArray) -> FloatArray:
    raised: FloatArray = 10.0**y
    return raised


Undo = Callable[[FloatArray], FloatArray]

#: What counts may be written as, how it is undone, how fast that grows, and the most there is.
_WRITTEN_AS: tuple[tuple[str, Undo, Undo, float], ...] = (
    ("square roots", _square, lambda y: 2.0 * y, 1e7),
    ("natural logarithms", _exponential, _exponential, 32.0),
    ("decimal logarithms", _power_of_ten, lambda y: 2.302585092994046 * 10.0**y, 14.0),
)


def _are_whole(y: FloatArray, undo: Undo, slope: Undo) -> bool:
    """Whether numbers (n,) that are not whole become whole, as far as their digits can tell."""
    decimals = next((d for d in range(9) if (np.round(y, d) == y).all()), 9)
    if decimals == 0 or _are_multiples(y):
        return False
    counts = undo(y)
    sure = slope(y) * 0.5 * 10.0**-decimals < _WHOLE
    # Zero and one are whole before and after, and what is near them comes out as near: they say
    # nothing.
    sure &= (np.abs(y - np.rint(y)) > 10.0**-decimals) & (counts > 1.5)
    off = np.abs(counts - np.rint(counts))[sure]
    distinct = len(np.unique(np.rint(counts[sure])))
    return (
        len(off) >= _FEWEST_WHOLE and distinct >= 10 and bool(np.mean(off < _WHOLE) >= _SHARE_WHOLE)
    )


def _are_multiples(y: FloatArray) -> bool:
    """Whether numbers (n,) are whole multiples of one of them: counts times a scale."""
    distinct = np.unique(y)
    steps = np.diff(distinct[distinct > 0.0])
    if not len(steps):
        return True
    parts = distinct / steps.min()
    return bool((np.abs(parts - np.rint(parts)) < _WHOLE).all())


def looks_compressed(intensity: FloatArray) -> bool:
    r"""Whether the noise of a curve (n,) says that it is no curve of counts.

    The noise of counts grows with their square root, whatever they were multiplied by; a background
    that was subtracted only makes it grow faster. That of their square roots is everywhere the
    same, that of their logarithms is least at the highest lines. It is taken from fourth
    differences, which lines of six steps and more hardly show in.
    """
    if len(intensity) < _FEWEST_POINTS:
        return False
    y = intensity
    fourth = np.abs(y[4:] - 4.0 * y[3:-1] + 6.0 * y[2:-2] - 4.0 * y[1:-3] + y[:-4])
    level = np.convolve(y, np.full(5, 0.2), mode="valid")
    middle = median_of(level)
    high, low = level > middle + 0.25 * (level.max() - middle), level < middle
    high &= np.convolve(y == y.max(), np.ones(5), mode="valid") < 2  # what is cut off has no noise
    if np.count_nonzero(high) < _FEWEST_HIGH or not low.any():
        return False
    noise = [_SIGMA_OF_FOURTH * median_of(fourth[part]) for part in (high, low)]
    levels = [median_of(level[part]) for part in (high, low)]
    if min(levels) <= 0.0 or min(noise) <= 1e-6 * levels[0]:
        return False
    if levels[0] - levels[1] < _CONTRAST * max(noise):
        return False
    growth = noise[0] / noise[1]
    return growth < _LESS_NOISE and growth < _FLAT_NOISE * (levels[0] / levels[1]) ** 0.5
