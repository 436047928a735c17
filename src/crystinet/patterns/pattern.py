"""The noun `Pattern`: one powder diffraction pattern."""

from dataclasses import dataclass, field

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, read_only_bools, read_only_floats
from crystinet.core.errors import InvalidPatternError
from crystinet.core.radiation import Radiation

#: The warning that goes with ``Radiation.assumed``.
ASSUMED_RADIATION = (
    "The file does not name its wavelength; Cu K-alpha was assumed. Give the wavelength if it "
    "was another."
)


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """One powder pattern.

    Attributes
    ----------
    two_theta_deg
        Shape (n,), degrees, strictly increasing.
    intensity
        Shape (n,), any scale, finite.
    radiation
        The X-ray lines; ``radiation.assumed`` where the file did not name them.
    mask
        Shape (n,), True where the point was measured; all True if not given.
    name
        Where the pattern comes from (a file name), for messages and reports.
    steps
        Preprocessing applied so far, in order, with their settings.
    warnings
        What the user should know about how the pattern was read.
    """

    two_theta_deg: FloatArray
    intensity: FloatArray
    radiation: Radiation
    mask: BoolArray = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    name: str = ""
    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "two_theta_deg", read_only_floats(self.two_theta_deg))
        object.__setattr__(self, "intensity", read_only_floats(self.intensity))
        mask = self.mask if len(self.mask) else np.ones(len(self.two_theta_deg), dtype=np.bool_)
        object.__setattr__(self, "mask", read_only_bools(mask))
        self._check()

    def _check(self) -> None:
        x, y = self.two_theta_deg, self.intensity
        if x.ndim != 1 or x.shape != y.shape or self.mask.shape != x.shape:
            raise InvalidPatternError(
                f"Shapes differ: 2theta {x.shape}, intensity {y.shape}, mask {self.mask.shape}.",
                hint="Give one intensity and one mask value for each 2theta.",
            )
        if not np.isfinite(x).all() or not np.isfinite(y).all():
            bad = int(np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))[0])
            raise InvalidPatternError(
                f"Point {bad + 1} is not a finite number (2theta {x[bad]}, intensity {y[bad]}).",
                hint="Remove or repair the points that are NaN or infinite.",
            )
        if len(x) and (np.diff(x) <= 0.0).any():
            bad = int(np.flatnonzero(np.diff(x) <= 0.0)[0])
            raise InvalidPatternError(
                f"2theta does not increase at point {bad + 2}: {x[bad]:g}, then {x[bad + 1]:g}.",
                hint="Sort the points by 2theta and drop repeated ones.",
            )

    @property
    def measured_range_deg(self) -> tuple[float, float]:
        """First and last measured 2theta, degrees; (nan, nan) where nothing was measured."""
        measured = self.two_theta_deg[self.mask]
        if not len(measured):
            return (float("nan"), float("nan"))
        return (float(measured[0]), float(measured[-1]))
