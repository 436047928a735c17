"""Points of a scan that were not measured: blank, NaN, -9999, no counting time."""

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.core.notes import NO_NOTES, Note, NoteCode

# What programs write in place of an intensity.
_STAND_INS = (-999.0, -9999.0, -99999.0, -999.25, -9999.9, -32768.0)
# Fewer zeros in a row may be counted.
_LEAST_TAIL = 20
# Background beside a part that was not measured is no smaller part of the usual one.
_FADED = 0.3
# Noise around zero does not come near a stand-in.
_NOISE_SHARE = 0.1


def is_measured(intensity: FloatArray, seconds: FloatArray | None = None) -> np.ndarray:
    """Which points of a scan were measured; shape (n,), bool.

    Parameters
    ----------
    intensity
        Shape (n,); NaN where there is none.
    seconds
        Shape (n,), counting times; a point without counts that was counted for no time was not
        measured. None where they are not known.
    """
    measured = np.isfinite(intensity)
    for stand_in in _STAND_INS:
        here = intensity == stand_in
        others = intensity[measured & ~here]
        if here.any() and (not len(others) or others.min() > _NOISE_SHARE * stand_in):
            measured &= ~here
    measured &= ~_filled_up(intensity)
    if seconds is not None:
        measured &= ~((seconds == 0.0) & (intensity == 0.0))
    return measured


def _filled_up(intensity: FloatArray) -> np.ndarray:
    """Points at the beginning and the end that a scan was filled up with; shape (n,), bool.

    They are all zero, or all the same negative number, where every other point is positive and the
    scan does not fade into them, as a calculated pattern without background does.
    """
    head, tail = _run(intensity), _run(intensity[::-1])
    filled = np.zeros(len(intensity), dtype=np.bool_)
    filled[:head] = True
    filled[len(intensity) - tail :] = True
    others = intensity[~filled]
    beside = [others[:_LEAST_TAIL]] * bool(head) + [others[-_LEAST_TAIL:]] * bool(tail)
    if not beside or not (others > 0.0).all():  # NaN is not
        return np.zeros_like(filled)
    fades = any(np.median(some) < _FADED * np.median(others) for some in beside)
    return np.zeros_like(filled) if fades else filled


def _run(intensity: FloatArray) -> int:
    """Length of the equal numbers, none positive, that a list begins with; 0 for a short one."""
    if not len(intensity) or not intensity[0] <= 0.0:  # NaN is not
        return 0
    others = np.flatnonzero(intensity != intensity[0])
    return int(others[0]) if len(others) and others[0] >= _LEAST_TAIL else 0


def note_of_missing(measured: np.ndarray, *, what: str) -> tuple[Note, ...]:
    """Say how many points were left out.

    Raises
    ------
    InvalidPatternError
        If all were.
    """
    missing = int(np.count_nonzero(~measured))
    if not missing:
        return NO_NOTES
    if missing == len(measured):
        raise InvalidPatternError(
            f"{what} has no intensity at any of its {missing} points.",
            hint="Was the measurement stopped, or is the intensity in another column?",
        )
    text = f"{missing} of {len(measured)} points have no intensity and were left out."
    return (Note(NoteCode.POINTS_NOT_MEASURED, text),)
