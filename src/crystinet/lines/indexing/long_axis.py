"""Hexagonal and rhombohedral cells with one long axis, as those of polytypes.

Their short axis a is that of a layer: a cell of a few layers has it too, and the line 110, which
all stackings have, is among the first. c may be any multiple of the thickness of a layer, up to a
hundred angstrom and more, so it is gone through step by step.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.lines.indexing.families import CrystalFamily, family, with_indices
from crystinet.lines.indexing.refining import Refined
from crystinet.lines.indexing.trials import (
    LARGEST_VOLUME,
    TOLERANCE_DEG,
    FirstLines,
    Trials,
    screen_given,
)

#: Shortest and longest c that is looked for, angstrom. From the first on lines with a larger l than
#: the usual cells are given are among the first.
SHORTEST_AXIS, LONGEST_AXIS = 25.0, 170.0
# Largest h, k and l, and largest (h + 1)(k + 1)(l + 1), of the lines of such cells.
_LARGEST = (4, 4, 100), 600
#: Largest volume of the conventional cell, cubic angstrom: three times that of a rhombohedral one.
LARGEST_CONVENTIONAL = 1.5 * LARGEST_VOLUME
# Short axes that are tried: of so many cells that come first, and of lines. They are one where they
# agree to the second number, and longer than the third, angstrom.
_AXES, _SAME_AXIS, _SHORTEST = 6, 0.003, 2.3
# Parts of the range of c; the cells of one have about the same number of lines.
_BLOCKS = 4


@lru_cache(maxsize=1)
def long_family() -> CrystalFamily:
    """Hexagonal lattices with lines up to large l."""
    return with_indices(family("hexagonal"), *_LARGEST)


def long_trials(
    first: FirstLines, lines: FirstLines, found: Sequence[Refined], *, keep: int
) -> Trials | None:
    """Trial cells with a long c and an a that shorter cells have; None where there is none.

    Parameters
    ----------
    first
        The first lines of a pattern, which trials are screened by.
    lines
        All that are indexed: each may be the 110.
    found
        Hexagonal cells with usual axes.
    keep
        Trial cells at most.
    """
    best = sorted(found, key=lambda each: -each.rank)
    short = _different([each.cell.a for each in best], _AXES)
    short = _different([*short, *(2.0 / np.sqrt(lines.q)).tolist()])
    parts = [
        screen_given(first, long_family(), block, keep=keep)
        for a in short
        for block in np.array_split(_stretched(a, first), _BLOCKS)
        if len(block)
    ]
    return Trials.joined(parts).best(keep) if parts else None


def _different(axes: Sequence[float], most: int | None = None) -> list[float]:
    """The first axes that differ, angstrom."""
    kept: list[float] = []
    for a in axes:
        if a > _SHORTEST and all(abs(a / other - 1.0) > _SAME_AXIS for other in kept):
            kept.append(a)
    return kept[:most]


def _stretched(a: float, lines: FirstLines) -> FloatArray:
    """Elements of the cells with this a and all long c, (t, 2)."""
    longest = min(LONGEST_AXIS, LARGEST_CONVENTIONAL / (math.sqrt(0.75) * a * a))
    if longest <= SHORTEST_AXIS:
        return np.empty((0, 2))
    # In one step a line 00l leaves its tolerance; it is the one that moves most.
    step = float((TOLERANCE_DEG * lines.slope / (2.0 * lines.q)).min())
    c = np.exp(np.arange(math.log(SHORTEST_AXIS), math.log(longest), step))
    return np.column_stack((np.full(len(c), 4.0 / (3.0 * a * a)), c**-2.0))
