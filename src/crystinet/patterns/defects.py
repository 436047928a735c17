"""Faults of detectors and files that show in the numbers, mended or said before the preparation.

Like the removal of spikes (`crystinet.patterns.despike`) this mends what is certainly wrong and
leaves every other pattern as it is, to the last bit, so a network does not have to be trained with
it. What is only likely gets a note. The limits were chosen on simulated patterns.
"""

from dataclasses import replace

import numpy as np

from crystinet.core.arrays import FloatArray, median_of
from crystinet.core.notes import Note, NoteCode
from crystinet.patterns.compressed import looks_compressed, undo_root_or_log
from crystinet.patterns.dead_points import mask_dead_points, runs_of
from crystinet.patterns.pattern import Pattern

# Plateaus: of so many equal points, with steep sides, and so many steps of the counter high.
_SHORTEST_PLATEAU, _PLATEAU_DROP, _PLATEAU_COUNTS = 3, 0.03, 30.0
_ROUNDED_TOP, _MOST_EQUAL = 12.0, 0.4
#: So many lines that are cut off leave little of the ratios of the intensities.
MANY_PLATEAUS = 6


def mend(pattern: Pattern) -> Pattern:
    """Undo roots and logarithms of counts, mask dead points, and say what remains doubtful.

    Parameters
    ----------
    pattern
        As measured, any axis.

    Returns
    -------
    The mended pattern, with a step and a note for everything that was done and a note for what was
    noticed, or ``pattern`` itself.
    """
    pattern = mask_dead_points(undo_root_or_log(pattern))
    y = pattern.intensity[pattern.mask]
    if not len(y):
        return pattern
    notes = list(pattern.notes)
    if plateaus := count_plateaus(y):
        lines = "The strongest line is" if plateaus == 1 else f"The {plateaus} strongest lines are"
        text = (
            f"{lines} cut off at {y.max():g}: the detector was saturated. Measure with less beam."
        )
        code = NoteCode.SATURATED if plateaus < MANY_PLATEAUS else NoteCode.MUCH_SATURATED
        notes.append(Note(code, text))
    if looks_compressed(y):
        text = (
            "The noise does not grow with the intensity as that of counts does: the file seems to "
            "hold square roots or logarithms. Export the counts themselves."
        )
        notes.append(Note(NoteCode.PERHAPS_COMPRESSED, text))
    return replace(pattern, notes=tuple(notes)) if len(notes) > len(pattern.notes) else pattern


def count_plateaus(intensity: FloatArray) -> int:
    """How many lines of a curve (n,) are cut off at its highest value.

    A plateau is three points or more that share the highest value, and whose sides are steep. A
    parabola of which three points are rounded to one value has lost nine steps of the rounding two
    points further out. Where points were repeated to make a finer axis, all have equal neighbours.
    """
    highest = float(intensity.max())
    runs = [run for run in runs_of(intensity == highest) if run[1] - run[0] >= _SHORTEST_PLATEAU]
    if not runs:
        return 0
    upper = (intensity > median_of(intensity)) & (intensity < highest)
    equal = np.diff(intensity) == 0.0
    if np.count_nonzero(equal & upper[1:]) > _MOST_EQUAL * np.count_nonzero(upper[1:]):
        return 0
    distinct = np.unique(intensity)
    count = float(np.diff(distinct).min()) if len(distinct) > 1 else 0.0
    height = highest - median_of(intensity)
    if height < _PLATEAU_COUNTS * count:
        return 0
    drop = max(_PLATEAU_DROP * height, _ROUNDED_TOP * count)
    # The first point beside a plateau may be anything below it; the second shows the slope.
    return sum(
        1
        for begin, end in runs
        if 1 < begin
        and end + 1 < len(intensity)
        and highest - max(float(intensity[begin - 2]), float(intensity[end + 1])) >= drop
    )
