"""What is done to a measured pattern before it is identified again."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.radiation import ANODE_LINES, Radiation
from crystinet.model.sensitivity import measured_angles
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample

#: What a disturbance makes of a sample; None where nothing would be left to identify.
Disturb = Callable[[Sample, np.random.Generator], Pattern | None]

#: Step of sums of two patterns, degrees 2theta.
STEP_DEG = 0.02
# Fewer points than this are no pattern.
_FEWEST = 50


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A change of patterns, and the table that it stands in.

    Attributes
    ----------
    table
        Tubes, texture, clipping, range or points.
    name
        Of the row.
    disturb
        Makes a changed pattern of a sample.
    """

    table: str
    name: str
    disturb: Disturb


def unchanged(sample: Sample, rng: np.random.Generator) -> Pattern:
    """The pattern as measured, with its wavelength given."""
    return sample.raw


def of_tube(anode: str) -> Disturb:
    """The angles that the sample would have had with another tube, in a file that says none.

    Such a file is read with Cu K-alpha, which is right for "Cu" alone.
    """
    wavelength = ANODE_LINES[anode][0]

    def disturb(sample: Sample, rng: np.random.Generator) -> Pattern | None:
        raw = sample.raw
        sine = np.sin(0.5 * np.radians(raw.two_theta_deg)) * wavelength / sample.wavelength_angstrom
        kept = raw.mask & (sine < 0.995)
        if kept.sum() < _FEWEST:
            return None
        angle = 2.0 * np.degrees(np.arcsin(sine[kept]))
        return Pattern(angle, raw.intensity[kept], Radiation.of_anode("Cu", assumed=True))

    return disturb


def with_factors(sigma: float) -> Disturb:
    """Each line times a random factor, its logarithm of this standard deviation: texture."""

    def disturb(sample: Sample, rng: np.random.Generator) -> Pattern:
        return _lines_times(sample, np.exp(rng.normal(0.0, sigma, len(sample.peaks))))

    return disturb


def strongest_times(factor: float) -> Disturb:
    """The strongest line too high, as of one large grain or a strong texture."""

    def disturb(sample: Sample, rng: np.random.Generator) -> Pattern | None:
        if not len(sample.peaks):
            return None
        factors = np.ones(len(sample.peaks))
        factors[int(np.argmax(sample.peaks.height))] = factor
        return _lines_times(sample, factors)

    return disturb


def clipped(part: float) -> Disturb:
    """Nothing is higher than a part of the strongest line: a detector that cannot count more."""

    def disturb(sample: Sample, rng: np.random.Generator) -> Pattern:
        raw = sample.raw
        highest = float(raw.intensity[raw.mask].max())
        return replace(raw, intensity=np.minimum(raw.intensity, part * highest))

    return disturb


def within(low: float, high: float) -> Disturb:
    """Only these degrees 2theta, as with Cu K-alpha."""

    def disturb(sample: Sample, rng: np.random.Generator) -> Pattern | None:
        ratio = sample.wavelength_angstrom / ANODE_LINES["Cu"][0]
        sine = np.minimum(np.sin(np.radians([low / 2.0, high / 2.0])) * ratio, 1.0)
        first, last = 2.0 * np.degrees(np.arcsin(sine))
        raw = sample.raw
        kept = raw.mask & (raw.two_theta_deg >= first) & (raw.two_theta_deg <= last)
        return replace(raw, mask=kept) if kept.sum() >= _FEWEST else None

    return disturb


def every_nth(every: int) -> Disturb:
    """Every second point, or third, ..."""

    def disturb(sample: Sample, rng: np.random.Generator) -> Pattern:
        raw, kept = sample.raw, slice(None, None, every)
        return replace(
            raw,
            two_theta_deg=raw.two_theta_deg[kept],
            intensity=raw.intensity[kept],
            mask=raw.mask[kept],
        )

    return disturb


#: The rows of all tables but that of mixtures. The first is what the others are compared with.
DISTURBANCES = (
    Disturbance("none", "as measured", unchanged),
    *(
        Disturbance("tubes", f"{anode}, read as Cu", of_tube(anode))
        for anode in ("Cu", "Co", "Fe", "Cr", "Mo")
    ),
    Disturbance("texture", "lines times factors, sigma 0.5", with_factors(0.5)),
    Disturbance("texture", "lines times factors, sigma 1", with_factors(1.0)),
    Disturbance("texture", "strongest line times 10", strongest_times(10.0)),
    Disturbance("clipping", "cut off at a half", clipped(0.5)),
    Disturbance("clipping", "cut off at a fifth", clipped(0.2)),
    Disturbance("range", "5 to 50 degrees", within(5.0, 50.0)),
    Disturbance("range", "20 to 110 degrees", within(20.0, 110.0)),
    Disturbance("range", "30 to 60 degrees", within(30.0, 60.0)),
    Disturbance("points", "every second point", every_nth(2)),
)


def added(first: Sample, second: Sample, ratio: float) -> Pattern | None:
    """The sum of two patterns on the range that both have, their highest lines 1 : ratio.

    Parameters
    ----------
    first, second
        Of one wavelength.
    ratio
        Height of the highest line of the second, relative to that of the first.

    Returns
    -------
    A pattern without the backgrounds; None where both have no range in common.
    """
    (x1, y1), (x2, y2) = _net(first), _net(second)
    axis = np.arange(max(x1[0], x2[0]), min(x1[-1], x2[-1]), STEP_DEG)
    if len(axis) < _FEWEST:
        return None
    total = np.interp(axis, x1, y1) + ratio * np.interp(axis, x2, y2)
    return Pattern(axis, 1000.0 * total, first.raw.radiation)


def _background(sample: Sample) -> FloatArray:
    """At the measured points, (n,)."""
    below, x = sample.background, sample.raw.two_theta_deg[sample.raw.mask]
    found: FloatArray = np.interp(x, below.two_theta_deg[below.mask], below.intensity[below.mask])
    return found


def _net(sample: Sample) -> tuple[FloatArray, FloatArray]:
    """Measured angles and intensity with its background, 1 at the highest line above it."""
    raw = sample.raw
    x, y = raw.two_theta_deg[raw.mask], raw.intensity[raw.mask]
    return x, y / float(np.percentile(y - _background(sample), 99.95))


def _lines_times(sample: Sample, factors: FloatArray) -> Pattern:
    """The pattern with each line, above the background, times its factor.

    The factor changes half-way between neighbouring lines.
    """
    raw, below = sample.raw, _background(sample)
    if not len(factors):
        return raw
    place = measured_angles(
        sample.peaks.two_theta_deg,
        grid=sample.grid,
        wavelength_angstrom=sample.wavelength_angstrom,
    )
    x = raw.two_theta_deg[raw.mask]
    owner = np.searchsorted(0.5 * (place[1:] + place[:-1]), x)
    intensity = raw.intensity.copy()
    intensity[raw.mask] = below + (intensity[raw.mask] - below) * factors[owner]
    return replace(raw, intensity=intensity)
