"""The scans of an instrument file: which of them are powder patterns, and how they are called."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import NO_METADATA, Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.missing import is_measured, note_of_missing
from crystinet.patterns.readers.parts.scan import pattern_from_scan

#: No powder pattern has more points, and no file more scans: a damaged or malicious file.
MOST_POINTS = 1_000_000
MOST_SCANS = 4096
# No detector counts more in one point: what is above comes from a damaged file.
_MOST_COUNTS = 1e12
# No point is counted for a shorter or longer time, and no attenuator is stronger.
_SHORTEST_S, _LONGEST_S = 1e-9, 1e9
_STRONGEST = 1e9

# As many starts of omega are ranges of one measurement or repeated ones; more are a map.
_MOST_OMEGAS = 4

# Matched in this order against the name that a file gives to a scan or to its axis, without
# blanks and signs. None: the detector moves through 2theta.
_KINDS: tuple[tuple[str, str | None], ...] = (
    (r"pole|texture|^(alpha|beta)$", "a pole figure"),
    (r"reciprocal|recspace|hkl|mesh|area|map|^rsm", "a map of reciprocal space"),
    (r"stress", "a measurement of stress"),
    (r"(2|two)(theta|θ|th)|gonio|coupled|detectorscan|^tth|psd(fast|fixed|scan)", None),
    (r"rocking|^(theta|θ|omega|ω|th)(scan|rel)?$", "a rocking curve (omega scan)"),
    (r"^(chi|khi|psi|χ)(scan|rel)?$", "a chi scan (the sample tilts)"),
    (r"^(phi|φ)(scan|rel)?$", "a phi scan (the sample rotates)"),
    (r"^[xyz](scan|drive|rel)?$|translation|height", "a scan of the sample's position"),
    (r"still|time|fixed", "a measurement at one angle"),
)


def unlike_powder(scan_name: str) -> str | None:
    """Say what a scan is if it is no powder scan; None if the detector moves through 2theta.

    Parameters
    ----------
    scan_name
        The kind or the axis of the scan, as the file names it: "Locked Coupled", "Gonio",
        "TwoThetaTheta", "Rocking Curve", "Phi".
    """
    plain = re.sub(r"[^\wθωχφ]|_", "", scan_name.lower())
    for form, kind in _KINDS:
        if re.search(form, plain):
            return kind
    return f"a scan of the kind {scan_name.strip()[:40]!r}"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan as it stands in an instrument file.

    Attributes
    ----------
    two_theta_deg, intensity
        Shape (n,); empty where ``unlike_powder``.
    radiation
        What the file says; None where it does not.
    unlike_powder
        What the scan is, if it is no powder scan.
    omega_deg
        Where omega stood at the start, degrees, if the file says so.
    notes
        What the user should know about this scan.
    metadata
        What the file says about the measurement.
    """

    two_theta_deg: ArrayLike = ()
    intensity: ArrayLike = ()
    radiation: Radiation | None = None
    unlike_powder: str | None = None
    omega_deg: float | None = None
    notes: tuple[Note, ...] = ()
    metadata: Metadata = NO_METADATA


def patterns_of_scans(
    scans: Iterable[Scan], *, name: str, radiation: Radiation | None
) -> list[Pattern]:
    """Make patterns of the powder scans in a file.

    One is called like the file, several are numbered: "a.brml [2]". Where a file mixes powder
    scans and others, the others are left out with a note, and not counted.

    Raises
    ------
    UnreadableFileError
        If there is no scan at all.
    InvalidPatternError
        If none is a powder scan, naming what the first is, or the numbers are no pattern.
    """
    scans = list(islice(scans, MOST_SCANS + 1))
    if len(scans) > MOST_SCANS:
        raise UnreadableFileError(
            f"{name} holds more than {MOST_SCANS} scans.", hint="Export the ones that you need."
        )
    if not scans:
        raise UnreadableFileError(
            f"{name} holds no scan.", hint="Is it a settings file, or was the measurement stopped?"
        )
    others = [scan.unlike_powder for scan in scans if scan.unlike_powder]
    if len(others) == len(scans):
        raise InvalidPatternError(
            f"{name} holds {others[0]}, not a powder pattern.",
            hint="Measure intensity against 2theta, in a coupled scan or a detector scan.",
        )
    _check_is_no_map(scans, name=name)
    left_out: tuple[Note, ...] = ()
    if others:
        text = f"{len(others)} of {len(scans)} scans were left out: {_listed(others)}."
        left_out = (Note(NoteCode.SCANS_LEFT_OUT, text),)
    powder = [
        replace(scan, notes=(*scan.notes, *left_out)) for scan in scans if not scan.unlike_powder
    ]
    return [
        _pattern(scan, name=name if len(powder) == 1 else f"{name} [{n}]", radiation=radiation)
        for n, scan in enumerate(powder, start=1)
    ]


def to_common_time(
    intensity: FloatArray, seconds: FloatArray
) -> tuple[FloatArray, tuple[Note, ...]]:
    """Scale counts to the median counting time where the points were counted for unequal times.

    Parameters
    ----------
    intensity, seconds
        Shape (n,), counts and the time of each point.

    Returns
    -------
    The counts, and a note that says so unless the times are equal.

    Raises
    ------
    UnreadableFileError
        If a time is not positive, or one that nobody waits for.
    """
    if not ((seconds >= _SHORTEST_S) & (seconds <= _LONGEST_S)).all():  # NaN is not
        raise UnreadableFileError(
            f"The counting times go from {seconds.min():g} to {seconds.max():g} s.",
            hint="Each point must have been counted for some time; export the file again.",
        )
    common = float(np.median(seconds))
    if np.ptp(seconds) <= 1e-6 * common:
        return intensity, ()
    text = (
        f"Counting times from {seconds.min():g} to {seconds.max():g} s were scaled to {common:g} s."
    )
    return intensity * (common / seconds), (Note(NoteCode.COUNTING_TIMES_SCALED, text),)


def measured_points(
    x: FloatArray, intensity: FloatArray, seconds: FloatArray | None, *, what: str
) -> tuple[FloatArray, FloatArray, tuple[Note, ...]]:
    """The points that were measured, as if all were counted equally long.

    Parameters
    ----------
    x, intensity, seconds
        Shape (n,); NaN where there is no intensity; counting times where there are any.
    what
        For the message where nothing was measured.

    Returns
    -------
    Axis and intensity, shape (m,), and notes of what was left out and scaled.
    """
    measured = is_measured(intensity, seconds)
    notes = note_of_missing(measured, what=what)
    if notes:
        x, intensity = x[measured], intensity[measured]
    if seconds is None:
        return x, intensity, notes
    intensity, scaled = to_common_time(intensity, seconds[measured])
    return x, intensity, (*notes, *scaled)


def undo_attenuation(
    intensity: FloatArray, factors: FloatArray
) -> tuple[FloatArray, tuple[Note, ...]]:
    """Multiply counts by the factors of the beam attenuator.

    Parameters
    ----------
    intensity, factors
        Shape (n,), counts as recorded, and how much weaker the beam was.

    Returns
    -------
    The counts, and a note that says so unless the attenuator did not move.

    Raises
    ------
    UnreadableFileError
        If a factor is not positive, or that of no attenuator.
    """
    if not ((factors > 0.0) & (factors <= _STRONGEST)).all():  # NaN is not
        raise UnreadableFileError(
            f"The factors of the beam attenuator go from {factors.min():g} to {factors.max():g}.",
            hint="They must be positive; export the file again.",
        )
    if np.ptp(factors) == 0.0:
        return intensity, ()
    text = (
        f"The beam attenuator was in use; the counts were multiplied by {factors.min():g} to "
        f"{factors.max():g}."
    )
    return intensity * factors, (Note(NoteCode.ATTENUATION_UNDONE, text),)


def _check_is_no_map(scans: Sequence[Scan], *, name: str) -> None:
    """Refuse scans over the same 2theta at one omega after the other."""
    omegas = {round(scan.omega_deg, 5) for scan in scans if scan.omega_deg is not None}
    if len(omegas) > _MOST_OMEGAS:
        raise InvalidPatternError(
            f"{name} holds a map of reciprocal space ({len(scans)} scans at omega from "
            f"{min(omegas):g} to {max(omegas):g} degrees), not a powder pattern.",
            hint="Measure intensity against 2theta in one scan.",
        )


def _pattern(scan: Scan, *, name: str, radiation: Radiation | None) -> Pattern:
    x = np.asarray(scan.two_theta_deg, dtype=np.float64)
    y = np.asarray(scan.intensity, dtype=np.float64)
    if x.shape != y.shape or not len(x):
        raise UnreadableFileError(
            f"{name} has {len(x)} angles and {len(y)} intensities.",
            hint="The file was cut off or is damaged; copy or export it again.",
        )
    for values, what, most in ((x, "2theta", 360.0), (y, "intensity", _MOST_COUNTS)):
        if not (np.abs(values) <= most).all():  # NaN is not
            bad = int(np.flatnonzero(~(np.abs(values) <= most))[0])
            raise InvalidPatternError(
                f"{name} has the {what} {values[bad]:g} at point {bad + 1}.",
                hint="The file is damaged; copy or export it again.",
            )
    x, y, notes = measured_points(x, y, None, what=name)
    return pattern_from_scan(
        x,
        y,
        radiation=radiation or scan.radiation,
        name=name,
        notes=(*scan.notes, *notes),
        metadata=scan.metadata,
    )


def _listed(kinds: Sequence[str | None]) -> str:
    return ", ".join(sorted({kind for kind in kinds if kind}))
