"""The fixed 2theta axis that the networks see, and Bragg's law."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats


def d_from_two_theta(two_theta_deg: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Bragg's law, ``d = lambda / (2 sin theta)``: degrees 2theta to d in angstrom."""
    return wavelength_angstrom / (2.0 * np.sin(np.radians(two_theta_deg) / 2.0))


def two_theta_from_d(d_angstrom: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Bragg's law inverted: d in angstrom to degrees 2theta, NaN where d < lambda / 2."""
    sine = wavelength_angstrom / (2.0 * np.asarray(d_angstrom, dtype=np.float64))
    with np.errstate(invalid="ignore"):
        return np.degrees(2.0 * np.arcsin(np.where(sine <= 1.0, sine, np.nan)))


@dataclass(frozen=True)
class TwoThetaGrid:
    """A uniform 2theta axis for one wavelength.

    The defaults are the published method's: 5250 points from 5 degrees in steps of 0.02 degrees,
    Cu K-alpha. The wavelength is that of K-alpha1; the K-alpha2 line is part of the patterns.
    """

    start_deg: float = 5.0
    step_deg: float = 0.02
    n_points: int = 5250
    wavelength_angstrom: float = 1.5405929

    @property
    def stop_deg(self) -> float:
        """The last point, in degrees 2theta."""
        return self.start_deg + self.step_deg * (self.n_points - 1)

    @cached_property
    def two_theta_deg(self) -> FloatArray:
        """The axis, shape (n_points,), degrees."""
        return read_only_floats(self.start_deg + self.step_deg * np.arange(self.n_points))


DEFAULT_GRID = TwoThetaGrid()
