"""The fixed 2theta axis that the networks see."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats


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
