"""Lines of a pattern that the average pattern of a type has, at the best lattice scale."""

import math
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray, read_only_floats
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.plain import Document, number
from crystinet.model.bundle import Bundle
from crystinet.model.similarity import best_cosine, coarse
from crystinet.patterns.sample import Sample
from crystinet.patterns.signal import scale_intensity

#: A line of the average may be off by so much in d, relative: compounds of one type differ in
#: their axial ratios and angles, which no common scale of the lattice takes up.
TOLERANCE = 0.006
#: A line is matched where the average rises above its surroundings by this share of the line's
#: height, on the networks' scale. It is small because the compounds of a type smear the average.
ENOUGH = 0.1

# The surroundings of a line of the average: so far in ln(1/d) to either side, and this percentile.
_FLOOR_WIDTH, _FLOOR_PERCENT = 0.04, 20


@dataclass(frozen=True, slots=True)
class Peak:
    """One line of a measured pattern.

    Attributes
    ----------
    two_theta_deg
        Degrees 2theta.
    d_angstrom
        Its d-spacing.
    intensity
        Height above background, 0 to 1 for the strongest line.
    matched
        Whether the average pattern has a line there.
    """

    two_theta_deg: float
    d_angstrom: float
    intensity: float
    matched: bool

    def to_dict(self) -> Document:
        """Plain data, as ``peaks`` of ``crystinet explain FILE --json``."""
        return {
            "two_theta": number(self.two_theta_deg),
            "d_angstrom": number(self.d_angstrom),
            "intensity": number(self.intensity),
            "matched": self.matched,
        }


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedPattern:
    """Average pattern of a type, moved and scaled to fit a pattern.

    Attributes
    ----------
    u
        Shape (n,): ln(1/d), d in angstrom.
    height
        Shape (n,): intensity as the networks see it, 1 at its highest measured bin; 0 everywhere
        where the type has no average.
    scale
        Edges of the compound's cell relative to the type's average.
    """

    u: FloatArray
    height: FloatArray
    scale: float

    def at(self, u: FloatArray) -> FloatArray:
        """Height at ln(1/d), any shape."""
        height: FloatArray = np.interp(u, self.u, self.height)
        return height

    def rise_at(self, u: FloatArray) -> FloatArray:
        """Height above the surroundings at ln(1/d), any shape."""
        from scipy.ndimage import percentile_filter

        size = 2 * round(_FLOOR_WIDTH / float(self.u[1] - self.u[0])) + 1
        floor = percentile_filter(self.height, _FLOOR_PERCENT, size=size)
        rise: FloatArray = np.interp(u, self.u, self.height - floor)
        return rise


def expected_pattern(bundle: Bundle, inputs: Float32Array, column: int) -> ExpectedPattern:
    """Average pattern of the type in ``column`` at the shift of the best cosine.

    ``inputs`` is that of one pattern, (1, c, n_bins).
    """
    config, axis = bundle.similarity, bundle.log_axis
    average = bundle.averages[column : column + 1]
    n = average.shape[1]
    width = config.coarsen * (axis.edges[1] - axis.edges[0])
    u = axis.edges[0] + width * (np.arange(n) + 0.5)
    if not average.any():
        return ExpectedPattern(read_only_floats(u), read_only_floats(np.zeros(n)), 1.0)
    _, shift = best_cosine(inputs, average, config=config)
    s = int(shift[0, 0])
    places = np.arange(n) + s
    inside = (places >= 0) & (places < n)
    moved = np.where(inside, average[0, np.clip(places, 0, n - 1)], 0.0).astype(np.float64)
    _, mask = coarse(inputs, factor=config.coarsen)
    highest = float((moved * mask[0]).max())
    height = moved / highest if highest > 0.0 else np.zeros(n)
    return ExpectedPattern(read_only_floats(u), read_only_floats(height), math.exp(s * width))


def matched_lines(sample: Sample, expected: ExpectedPattern) -> tuple[Peak, ...]:
    """Lines of a pattern, and whether the average pattern of a type has them.

    A line is matched where the expected pattern, within 0.6 % of its d, rises above its
    surroundings by a tenth of the line's height, on the networks' scale.

    Parameters
    ----------
    sample
        The pattern.
    expected
        From `expected_pattern`.
    """
    peaks = sample.sure_peaks
    d = d_from_two_theta(peaks.two_theta_deg, sample.grid.wavelength_angstrom)
    offsets = np.linspace(-TOLERANCE, TOLERANCE, 13)
    there = expected.rise_at(-np.log(d)[:, None] + offsets).max(axis=1, initial=0.0)
    matched = there >= ENOUGH * scale_intensity(peaks.height, knee=sample.config.intensity_knee)
    return tuple(
        Peak(float(a), float(x), float(h), bool(m))
        for a, x, h, m in zip(peaks.two_theta_deg, d, peaks.height, matched, strict=True)
    )
