"""Points that no beam reached, or no counter counted: dips and blocks that no sample makes.

Such a hole is deeper than every line is high to the background that is fitted below, and a block of
zeros tells the networks that there are no lines. Masked, the points say nothing.
"""

from dataclasses import replace
from functools import reduce

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray, median_of
from crystinet.core.notes import Note, NoteCode
from crystinet.patterns.despike import noise_of_counts
from crystinet.patterns.pattern import Pattern

# Fewer points than these tell nothing about noise.
_FEWEST_POINTS = 100
# Points on either side of a place that say what is usual there.
_AROUND = 25

# Dips: of so many points at most, so many standard deviations and this part of the strongest line
# below what is usual, and further below it than that lies below the middle.
_LONGEST_DIP, _DIP_SIGMA, _DIP_HEIGHT, _DIP_SPREAD = 3, 10.0, 0.01, 2.0
# Blocks: of equal values, so many standard deviations below both sides, which must not run down
# towards it; and by this part of the highest line, since where a simulated line is cut off, below a
# ten-thousandth of it, zeros follow with a step as well.
_SHORTEST_BLOCK, _BLOCK_SIGMA, _MOST_BLOCKS = 4, 8.0, 16
_BLOCK_HEIGHT = 1e-4
_BLOCK_EDGE, _EDGE_SIGMA, _MOST_OTHERS = 0.6, 2.0, 2.0
# More dead points than this part, or more blocks, are the nature of the pattern.
_MOST_DEAD = 0.4


def mask_dead_points(pattern: Pattern) -> Pattern:
    """Mask the points of `find_dead_points`, with a step and a note; or ``pattern`` itself."""
    measured = np.flatnonzero(pattern.mask)
    dead = find_dead_points(pattern.intensity[measured])
    if not dead.any():
        return pattern
    mask = pattern.mask.copy()
    mask[measured[dead]] = False
    x = pattern.two_theta_deg[measured]
    runs = runs_of(dead)
    where = ", ".join(
        f"{x[a]:.2f}" if b - a == 1 else f"{x[a]:.2f} to {x[b - 1]:.2f}" for a, b in runs[:5]
    )
    where += " and elsewhere" if len(runs) > 5 else ""
    text = (
        f"{np.count_nonzero(dead)} points at {where} degrees 2theta read far too little and were "
        "left out (a dead part of the detector, or a fault of the file)."
    )
    return replace(
        pattern,
        mask=mask,
        steps=(*pattern.steps, f"dead points masked, at {where} deg"),
        notes=(*pattern.notes, Note(NoteCode.DEAD_POINTS_MASKED, text)),
    )


def find_dead_points(intensity: FloatArray) -> BoolArray:
    """Tell which points of a curve (n,) no beam reached, or no counter counted.

    They are dips, up to three points that lie far below all that is usual around them: lines stand
    up and backgrounds are smooth, so nothing makes a hole. And they are blocks of one value with a
    steep edge, far below both sides: the noise of a working detector never repeats itself so often.
    """
    dead = np.zeros(len(intensity), dtype=np.bool_)
    if len(intensity) < _FEWEST_POINTS:
        return dead
    sigma = noise_of_counts(intensity)
    least = _BLOCK_HEIGHT * float(intensity.max() - median_of(intensity))
    blocks = [
        run for run in _equal_runs(intensity) if _is_dead_block(intensity, sigma, *run, least=least)
    ]
    if blocks and len(blocks) <= _MOST_BLOCKS and _are_exceptional(intensity, blocks):
        for begin, end in blocks:
            dead[begin:end] = True
    for begin, end in _dips(intensity, sigma, apart=dead):
        dead[begin:end] = True
    return dead if dead.mean() <= _MOST_DEAD else np.zeros_like(dead)


def _are_exceptional(y: FloatArray, blocks: list[tuple[int, int]]) -> bool:
    """Whether their values hardly occur elsewhere, as they do all over a curve that was clipped."""
    values = np.unique(y[[begin for begin, _ in blocks]])
    return len(runs_of(np.isin(y, values))) <= _MOST_OTHERS * len(blocks)


def _equal_runs(y: FloatArray) -> list[tuple[int, int]]:
    """First point and point after the last of runs of equal values, the long ones."""
    edges = np.concatenate(([0], np.flatnonzero(np.diff(y) != 0.0) + 1, [len(y)]))
    long = np.flatnonzero(np.diff(edges) >= _SHORTEST_BLOCK)
    return [(int(edges[i]), int(edges[i + 1])) for i in long]


def _is_dead_block(y: FloatArray, sigma: FloatArray, begin: int, end: int, *, least: float) -> bool:
    value, length = y[begin], end - begin
    sides = [y[max(0, begin - _AROUND) : begin][::-1], y[end : end + _AROUND]]
    sides = [side for side in sides if len(side) >= _LONGEST_DIP]
    if not sides:
        return False
    for side in sides:
        usual = float(np.quantile(side, 0.1)) - value
        noise = 0.5 * float(sigma[max(0, begin - 1)] + sigma[min(end, len(y) - 1)])
        # The longer the block, the less can chance have made it.
        if usual * min(length, 64) ** 0.5 < _BLOCK_SIGMA * noise or usual < max(3.0 * noise, least):
            return False
        if float(side[0]) - value < max(_BLOCK_EDGE * usual, _EDGE_SIGMA * noise):
            return False
    return True


def _dips(y: FloatArray, sigma: FloatArray, *, apart: BoolArray) -> list[tuple[int, int]]:
    """Runs of up to three points far below what is usual around them."""
    kept = np.flatnonzero(~apart)
    curve, noise = y[kept], sigma[kept]
    height = float(curve.max() - median_of(curve))
    runs: list[tuple[int, int]] = []
    for width in range(1, _LONGEST_DIP + 1):
        before, after = curve[: -width - 1], curve[width + 1 :]
        inner = reduce(np.maximum, (curve[k + 1 : len(curve) - width + k] for k in range(width)))
        depth = np.minimum(before, after) - inner
        deep = depth > np.maximum(_DIP_SIGMA * noise[1 : len(depth) + 1], _DIP_HEIGHT * height)
        runs += [
            (int(kept[start]), int(kept[start + width - 1]) + 1)
            for start in (np.flatnonzero(deep) + 1).tolist()
            if _is_dip(curve, noise, start, start + width)
        ]
    return runs


def _is_dip(y: FloatArray, sigma: FloatArray, begin: int, end: int) -> bool:
    around = np.concatenate([y[max(0, begin - _AROUND) : begin], y[end : end + _AROUND]])
    usual, middle = np.quantile(around, [0.1, 0.5])
    least = max(_DIP_SIGMA * median_of(sigma), _DIP_SPREAD * float(middle - usual))
    return float(usual - y[begin:end].max()) > least


def runs_of(flags: BoolArray) -> list[tuple[int, int]]:
    """First point and point after the last of each run of flags that are set."""
    edges: IntArray = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
