"""The noun `PatternPoints`: a measured pattern as the fit sees it, with its weights."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import scipy.linalg
from scipy.interpolate import BSpline
from scipy.optimize import nnls

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.core.radiation import Radiation
from crystinet.patterns.despike import remove_spikes
from crystinet.patterns.sample import Sample

#: Profiles are trusted to this part of a line, backgrounds to this part of the highest point.
MODEL_ERROR, FLOOR = 0.03, 0.005
#: Lines are fitted from and to these angles, as Cu K-alpha1 has them: degrees.
LIMITS_DEG = (5.0, 110.0)
# Points are averaged until a line has about so many per full width, and a pattern so many in all.
POINTS_PER_WIDTH, _MOST_POINTS = 6.0, 6000
# A knot of the background every so many degrees of the range, as Cu K-alpha1 has them.
_KNOT_DEG = 8.0
_FEWEST_KNOTS = 6
# The spline is drawn this much, relative to its weight, towards the background that was estimated.
_PULL = 1e-3
_FEWEST_POINTS = 60
# Nothing is measured more precisely than to this part of the strongest line.
_LEAST_NOISE = 5e-4
# At least this part of the weighted squared intensity is taken for lines, whatever the noise.
_LEAST_SIGNAL = 0.1
# Levels of intensity at which the noise is looked at; the lowest of them count.
_LEVELS, _LOW_LEVELS = 12, 8
# Nine tenths of deviations are within so many standard deviations; those beyond the second number
# are of lines or spikes.
_SIGMAS_OF_MOST, _FARTHEST_SIGMAS = 1.644853626951473, 3.0


@dataclass(frozen=True, eq=False)
class PatternPoints:
    """Points of a pattern, n of them, with what they weigh.

    Attributes
    ----------
    two_theta_deg, observed, base
        Shape (n,): angles, intensity, and the background that was estimated beforehand.
    sigma
        Shape (n,), standard deviation that counting gives the intensity.
    weight
        Shape (n,), of the squared misfit.
    radiation
        Lines of the measurement.
    step_deg
        Median distance of two points.
    width_deg
        Usual full width at half maximum of a line.
    """

    two_theta_deg: FloatArray
    observed: FloatArray
    base: FloatArray
    sigma: FloatArray
    weight: FloatArray
    radiation: Radiation
    step_deg: float
    width_deg: float

    @classmethod
    def of(cls, sample: Sample, *, points_per_width: float = POINTS_PER_WIDTH) -> Self:
        """Take the measured points of a sample that have a background and lie in `LIMITS_DEG`.

        Parameters
        ----------
        sample
            The pattern.
        points_per_width
            Points are averaged until a line has about so many per full width.

        Raises
        ------
        InvalidPatternError
            Fewer than 60 points are left.
        """
        pattern, below = remove_spikes(sample.raw), sample.background
        x, y = pattern.two_theta_deg, pattern.intensity
        known = below.two_theta_deg[below.mask]
        low, high = (_as_measured(angle, sample) for angle in LIMITS_DEG)
        kept = pattern.mask & (x >= max(low, known[0])) & (x <= min(high, known[-1]))
        x, y = x[kept], y[kept]
        if len(x) < _FEWEST_POINTS:
            raise InvalidPatternError(
                f"{len(x)} points can be fitted; at least {_FEWEST_POINTS} are needed.",
                hint="Measure a wider range or smaller steps.",
            )
        ratio = sample.wavelength_angstrom / sample.grid.wavelength_angstrom
        width = max(sample.peaks.width_deg, 0.04) * min(ratio, 1.0)
        base = np.interp(x, known, below.intensity[below.mask])
        step = float(np.median(np.diff(x)))
        count = max(1, int(width / step / points_per_width), math.ceil(len(x) / _MOST_POINTS))
        noise = _noise(y) / count
        x, y, base, noise = _averaged(x, (y, base, noise), count, 1.5 * count * step)
        base = _smoothed(x, base, 1.0 / (noise + (y - base) ** 2))
        net = y - base
        top = float(np.percentile(net, 99.9))
        if not top > 0.0:
            raise InvalidPatternError(
                "No line stands above the background.", hint="Measure longer."
            )
        sigma = np.sqrt(np.maximum(noise, (_LEAST_NOISE * top) ** 2))
        smooth = np.convolve(np.maximum(net, 0.0), np.ones(5) / 5.0, "same")
        variance = sigma**2 + (MODEL_ERROR * smooth) ** 2 + (FLOOR * float(net.max())) ** 2
        return cls(
            two_theta_deg=x,
            observed=y,
            base=base,
            sigma=sigma,
            weight=1.0 / variance,
            radiation=pattern.radiation,
            step_deg=step * count,
            width_deg=width,
        )

    def __len__(self) -> int:
        return len(self.two_theta_deg)

    def weighted(self, weight: FloatArray) -> Self:
        """The points with other weights, shape (n,)."""
        return replace(self, weight=weight)

    def up_to(self, two_theta_deg: float) -> Self:
        """The points without what lies above an angle."""
        n = int(np.searchsorted(self.two_theta_deg, two_theta_deg))
        if n >= len(self):
            return self
        names = ("two_theta_deg", "observed", "base", "sigma", "weight")
        return replace(self, **{name: getattr(self, name)[:n] for name in names})

    @property
    def net(self) -> FloatArray:
        """Intensity above the background that was estimated, shape (n,)."""
        return self.observed - self.base

    def residual(self, misfit: float, total: float, *, free: int) -> float:
        """Weighted R factor of what counting does not account for, 0 or more.

        Counting alone leaves ``weight * sigma**2`` of every point, less what free numbers take up.
        In a pattern of weak lines on a high background that is most of the misfit, and it says
        nothing against a structure.

        Parameters
        ----------
        misfit
            Weighted squared misfit.
        total
            Weighted squared intensity above the background.
        free
            How many numbers were fitted to the points.
        """
        noise = float(self.weight @ (self.sigma * self.sigma))
        left = misfit - noise * max(1.0 - free / len(self), 0.0)
        return math.sqrt(max(left, 0.0) / max(total - noise, _LEAST_SIGNAL * total, 1e-300))

    @property
    def correlated(self) -> float:
        """Points over which misfits of profiles are alike: they count as one observation."""
        return max(1.0, 1.5 * self.width_deg / self.step_deg)

    @cached_property
    def splines(self) -> FloatArray:
        """Cubic B-splines of which the background is made, shape (n, k)."""
        return _splines(self.two_theta_deg)

    @cached_property
    def spline_normal(self) -> FloatArray:
        """Cholesky factor (lower) of the weighted normal matrix of the splines, shape (k, k)."""
        normal = self.splines.T @ (self.weight[:, None] * self.splines)
        normal += np.diag(_PULL * np.diag(normal) + 1e-30)
        factor: FloatArray = scipy.linalg.cholesky(normal, lower=True)
        return factor


def _splines(x: FloatArray) -> FloatArray:
    knots = max(_FEWEST_KNOTS, int((x[-1] - x[0]) / _KNOT_DEG) + 3)
    places = np.linspace(x[0], x[-1], knots - 2)
    padded = np.r_[[places[0]] * 3, places, [places[-1]] * 3]
    inside = np.clip(x, places[0], places[-1] - 1e-9)
    matrix: FloatArray = BSpline.design_matrix(inside, padded, 3).toarray()
    return matrix


def _smoothed(x: FloatArray, base: FloatArray, trust: FloatArray) -> FloatArray:
    """A background that has no bumps under lines: the nearest of the splines.

    ``trust`` is the weight of each point, small where lines stand.
    """
    splines = _splines(x)
    root = np.sqrt(trust)
    found = np.linalg.lstsq(root[:, None] * splines, root * base, rcond=1e-8)[0]
    smooth: FloatArray = splines @ found
    return smooth


def _as_measured(two_theta_deg: float, sample: Sample) -> float:
    """An angle of the grid's wavelength as that of the measurement."""
    sine = math.sin(math.radians(two_theta_deg) / 2.0)
    sine *= sample.wavelength_angstrom / sample.grid.wavelength_angstrom
    return 2.0 * math.degrees(math.asin(min(sine, 0.9999)))


def _averaged(
    x: FloatArray, curves: tuple[FloatArray, ...], count: int, longest: float
) -> tuple[FloatArray, ...]:
    """Means over so many points each; those that reach over a gap are left out."""
    if count == 1:
        return (x, *curves)
    n = len(x) // count * count
    grouped = x[:n].reshape(-1, count)
    whole = grouped[:, -1] - grouped[:, 0] <= longest
    return tuple(values[:n].reshape(-1, count)[whole].mean(axis=1) for values in (x, *curves))


def _noise(y: FloatArray) -> FloatArray:
    """Variance of counting, shape (n,): a line in the intensity, from second differences.

    They are sorted by the mean of the three points, whose noise does not go with that of the
    difference: sorted by the middle point, small differences would lie together.
    """
    second = (y[:-2] - 2.0 * y[1:-1] + y[2:]) / math.sqrt(6.0)
    level = np.maximum((y[:-2] + y[1:-1] + y[2:]) / 3.0, 0.0)
    parts = np.array_split(np.argsort(level, kind="stable"), _LEVELS)
    middle = np.array([np.median(level[part]) for part in parts])
    variance = np.array([_clipped_variance(second[part]) for part in parts])
    low = max(float(np.median(variance[: _LEVELS // 2])), 1e-12 * float(np.abs(y).max()) ** 2)
    middle, variance = middle[:_LOW_LEVELS], variance[:_LOW_LEVELS]
    rows = np.column_stack([middle, np.ones(len(middle))]) / (variance + low)[:, None]
    (slope, constant), _ = nnls(rows, variance / (variance + low))
    # Slope is the intensity of one count: where none was counted, one could have been.
    variances: FloatArray = np.maximum(slope * np.maximum(y, 0.0) + constant + 0.1 * low, slope**2)
    return variances


def _clipped_variance(values: FloatArray) -> float:
    """Mean square, of counts of a few as well; far values are taken for as far as noise goes."""
    absolute = np.abs(values)
    sigma = float(np.percentile(absolute, 90.0)) / _SIGMAS_OF_MOST
    return float(np.mean(np.minimum(absolute, _FARTHEST_SIGMAS * sigma) ** 2))
