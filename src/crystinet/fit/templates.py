"""Patterns of known compounds, drawn on the logarithmic axis and beyond its ends."""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray, IntArray
from crystinet.core.diffraction import (
    dispersion_deg,
    lorentz_polarisation,
    two_theta_within_reach,
)
from crystinet.lines.shifts import Shifts
from crystinet.model.representation import LogAxis
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.signal import scale_intensity

# Standard deviations per full width at half height of a Gaussian.
_SIGMA_PER_FWHM = 0.42466


@dataclass(frozen=True)
class Drawing:
    """How patterns and known compounds come onto the logarithmic axis.

    Attributes
    ----------
    axis
        The logarithmic axis.
    fwhm_deg
        Width of the lines of the known compounds, degrees 2theta.
    knee
        Intensities below this share of the strongest are compared linearly, see `scale_intensity`.
    """

    axis: LogAxis
    fwhm_deg: float
    knee: float

    @property
    def bin_width(self) -> float:
        """Of the axis, in ln(1/d)."""
        return float(self.axis.edges[1] - self.axis.edges[0])

    def shifts(self, first: float, last: float) -> Shifts:
        """Shifts for logarithms of the scale in a range, and for templates drawn for it."""
        low, high = round(first / self.bin_width), round(last / self.bin_width)
        return Shifts(low, high, before=max(0, -low))

    def pattern(self, prepared: Pattern) -> tuple[Float32Array, Float32Array]:
        """Scaled intensity and mask of a prepared pattern, (1, bins) each."""
        mask = self.axis.resample_mask(prepared.mask)
        mean = np.where(mask, np.maximum(self.axis.resample(prepared.intensity), 0.0), 0.0)
        scaled = scale_intensity(mean / max(float(mean.max()), 1e-30), knee=self.knee)
        return scaled.astype(np.float32)[None], mask.astype(np.float32)[None]

    def templates(
        self,
        d_angstrom: FloatArray,
        strength: FloatArray,
        row: IntArray,
        *,
        n: int,
        shifts: Shifts,
    ) -> Float32Array:
        """Draw n compounds, so long that every shift meets lines: (n, length).

        Parameters
        ----------
        d_angstrom, strength, row
            Shape (p,): d, multiplicity times ``|F|^2``, and number of the compound of each line.
        n
            Number of compounds.
        shifts
            What they are drawn for.
        """
        wavelength, width = self.axis.grid.wavelength_angstrom, self.bin_width
        two_theta = two_theta_within_reach(d_angstrom, wavelength)
        area = strength * lorentz_polarisation(two_theta)
        # Width in bins, and that of the bin itself; the height of a line in 2theta is its area.
        own = self.fwhm_deg / dispersion_deg(two_theta, 1.0) * _SIGMA_PER_FWHM
        sigma = np.hypot(own / width, 0.5)
        height = area * own / width / sigma
        place = (-np.log(d_angstrom) - float(self.axis.edges[0])) / width + shifts.before - 0.5
        reach = int(np.ceil(3.0 * sigma.max(initial=1.0)))
        bins = np.rint(place).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
        value = height[:, None] * np.exp(-0.5 * ((bins - place[:, None]) / sigma[:, None]) ** 2)
        length = shifts.before + self.axis.n_bins + max(0, shifts.last)
        inside = (bins >= 0) & (bins < length)
        flat = (row[:, None] * length + bins)[inside]
        drawn = np.bincount(flat, weights=value[inside], minlength=n * length).reshape(n, length)
        middle = drawn[:, shifts.before : shifts.before + self.axis.n_bins]
        drawn = drawn / np.maximum(middle.max(axis=1, keepdims=True), 1e-30)
        return scale_intensity(drawn, knee=self.knee).astype(np.float32)
