"""The fixed 2theta axis that the networks see."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.core.errors import ConfigError
from crystinet.core.radiation import Radiation

_MOST_POINTS = 1_000_000
_SMALLEST_DEG = 0.001


@dataclass(frozen=True)
class TwoThetaGrid:
    """A uniform 2theta axis for one wavelength.

    The defaults are the published method's: 5250 points from 5 degrees in steps of 0.02 degrees,
    Cu K-alpha. The wavelength is that of K-alpha1; the K-alpha2 line is part of the patterns.

    Raises
    ------
    ConfigError
        If it has fewer than two points or more than a million, does not rise, or leaves 0 to 180
        degrees.
    """

    start_deg: float = 5.0
    step_deg: float = 0.02
    n_points: int = 5250
    wavelength_angstrom: float = 1.5405929

    def __post_init__(self) -> None:
        rising = 2 <= self.n_points <= _MOST_POINTS and self.step_deg > 0.0
        if not rising or not _SMALLEST_DEG <= self.start_deg < self.stop_deg < 180.0:
            raise ConfigError(
                f"A grid of {self.n_points} points from {self.start_deg:g} degrees in steps of "
                f"{self.step_deg:g} is no axis between 0 and 180 degrees 2theta.",
                hint="Give two to a million points, a positive step, and an end below 180 degrees.",
            )
        Radiation((self.wavelength_angstrom,))  # refuses what is no wavelength

    @property
    def stop_deg(self) -> float:
        """The last point, in degrees 2theta."""
        return self.start_deg + self.step_deg * (self.n_points - 1)

    @cached_property
    def two_theta_deg(self) -> FloatArray:
        """The axis, shape (n_points,), degrees."""
        return read_only_floats(self.start_deg + self.step_deg * np.arange(self.n_points))


DEFAULT_GRID = TwoThetaGrid()
