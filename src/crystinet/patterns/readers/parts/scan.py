"""From the numbers of one scan to a `Pattern`: order, repeated points and range."""

import numpy as np
from numpy.typing import ArrayLike

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import NO_METADATA, Metadata
from crystinet.patterns.pattern import ASSUMED_WAVELENGTH, Pattern

# An ascending run at least this long is a scan, a shorter one is points out of place.
_SCAN_POINTS = 20
# Ranges of one measurement may share some points at their ends; more than this are two scans.
_SHARED_POINTS = 10
# No intensity in any unit is larger: what is above comes from a damaged file.
_MOST_INTENSITY = 1e15
# More repeated angles than this share are no angles.
_REPEATED_SHARE = 0.5
_NOT_AN_ANGLE = "The first column must be 2theta in degrees, not a list of counts, d or channels."


def pattern_from_scan(
    two_theta_deg: ArrayLike,
    intensity: ArrayLike,
    *,
    radiation: Radiation | None,
    name: str,
    notes: tuple[Note, ...] = (),
    metadata: Metadata = NO_METADATA,
) -> Pattern:
    """Build a pattern from a scan as it stands in a file.

    Points out of order are sorted, points at the same angle are averaged, and points at or below
    0 degrees, which see the direct beam, are dropped: each with a note. Several scans over the
    same range are refused, because their points, sorted together, would make a saw-tooth.

    Parameters
    ----------
    two_theta_deg, intensity
        Shape (n,), degrees 2theta in any order and any unit of intensity, finite.
    radiation
        None where the file does not say: Cu K-alpha, assumed, with a note.
    name, notes, metadata
        Passed on.

    Raises
    ------
    InvalidPatternError
        If the angles cannot be those of one scan.
    """
    x = np.asarray(two_theta_deg, dtype=np.float64)
    y = np.asarray(intensity, dtype=np.float64)
    said = list(notes)
    if len(x) and (x.max() > 180.0 or x.max() <= 0.0):
        raise InvalidPatternError(
            f"2theta goes from {x.min():g} to {x.max():g}, outside 0 to 180 degrees.",
            hint=_NOT_AN_ANGLE,
        )
    if len(y) and np.abs(y).max() > _MOST_INTENSITY:
        largest = int(np.abs(y).argmax())
        raise InvalidPatternError(
            f"The intensity is {y[largest]:g} at 2theta {x[largest]:g}.",
            hint="The file is damaged; copy or export it again.",
        )
    if (np.diff(x) < 0.0).any():
        _check_is_one_scan(x)
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        text = "The points were not in the order of increasing 2theta; they were sorted."
        said.append(Note(NoteCode.POINTS_SORTED, text))
    x, y, repeated = _average_repeated(x, y)
    if repeated:
        text = f"{repeated} points repeated a 2theta value; their intensities were averaged."
        said.append(Note(NoteCode.POINTS_AVERAGED, text))
    if len(x) and x[0] <= 0.0:
        dropped = int(np.count_nonzero(x <= 0.0))
        text = f"{dropped} points at or below 0 degrees 2theta were left out."
        said.append(Note(NoteCode.POINTS_BELOW_ZERO, text))
        x, y = x[dropped:], y[dropped:]
    if radiation is None:
        radiation = Radiation.of_anode("Cu", assumed=True)
        said.append(ASSUMED_WAVELENGTH)
    return Pattern(x, y, radiation, name=name, notes=tuple(said), metadata=metadata)


def split_scans(two_theta_deg: FloatArray) -> list[tuple[int, int]]:
    """Find where scans over the same range, one after the other, begin and end.

    Parameters
    ----------
    two_theta_deg
        Shape (n,), as it stands in a file.

    Returns
    -------
    First point and point after the last of each scan; the whole where it is one scan, or where
    the points are in such disorder that `pattern_from_scan` must decide about them.
    """
    bounds = _ascending_runs(two_theta_deg)
    lengths = [end - begin for begin, end in bounds]
    if min(lengths, default=0) < _SCAN_POINTS or not _overlap(two_theta_deg, bounds):
        return [(0, len(two_theta_deg))]
    return bounds


def _ascending_runs(x: FloatArray) -> list[tuple[int, int]]:
    starts = [0, *(np.flatnonzero(np.diff(x) < 0.0) + 1).tolist()]
    return list(zip(starts, [*starts[1:], len(x)], strict=True))


def _overlap(x: FloatArray, bounds: list[tuple[int, int]]) -> bool:
    """Whether two of the ascending runs share more points than the ends of ranges do."""
    long = sorted((x[a], x[b - 1]) for a, b in bounds if b - a >= _SCAN_POINTS)
    if len(long) < 2:
        return False
    first, last = np.array(long).T
    shared = np.maximum.accumulate(last)[:-1] - first[1:]
    step = float(np.median(np.diff(x)))
    return bool(shared.max() > _SHARED_POINTS * step)


def _check_is_one_scan(x: FloatArray) -> None:
    """Refuse an axis that goes over the same range twice; a falling axis is one scan."""
    if (np.diff(x) <= 0.0).all():
        return
    bounds = _ascending_runs(x)
    if _overlap(x, bounds):
        back = bounds[1][0]
        raise InvalidPatternError(
            f"2theta jumps back {len(bounds) - 1} times and goes over the same range again, "
            f"first from {x[back - 1]:g} to {x[back]:g}: there are several scans.",
            hint="Give each scan a file of its own.",
        )


def _average_repeated(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Points of the sorted axis without repetitions, and how many points were one too many."""
    angles, index = np.unique(x, return_inverse=True)
    repeated = len(x) - len(angles)
    if not repeated:
        return x, y, 0
    first = np.unique(index, return_index=True)[1]
    rows_repeated = len(angles) >= _SCAN_POINTS and bool((y == y[first][index]).all())
    if repeated > _REPEATED_SHARE * len(x) and not rows_repeated:
        raise InvalidPatternError(
            f"{len(x)} points have only {len(angles)} different values of 2theta.",
            hint=_NOT_AN_ANGLE,
        )
    counts = np.bincount(index)
    return angles, np.bincount(index, weights=y) / counts, repeated
