"""The answer: what a fit of the whole pattern says about the sample, and lines it has not."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, read_only_bools, read_only_floats
from crystinet.core.plain import Document, number
from crystinet.core.radiation import Radiation
from crystinet.core.shown import draw
from crystinet.fit.whole_pattern.fitted_phase import FittedPhase


@dataclass(frozen=True, slots=True)
class UnexplainedLine:
    """A line of the pattern that no phase of the fit has.

    Attributes
    ----------
    two_theta_deg, d_angstrom
        Its place.
    height
        Above the calculated pattern, as a share of the strongest line.
    """

    two_theta_deg: float
    d_angstrom: float
    height: float

    def to_dict(self) -> Document:
        """Plain data."""
        return {
            "two_theta": number(self.two_theta_deg),
            "d": number(self.d_angstrom),
            "height": number(self.height),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What a fit of the whole pattern says about the sample.

    Attributes
    ----------
    phases
        The largest share first.
    radiation
        Wavelengths, and their weights as fitted.
    two_theta_deg, observed, calculated, background, uncertainty
        Shape (n,): the points that were fitted, on the scale of the measurement; ``calculated``
        holds the background. ``uncertainty`` is the standard uncertainty that counting gives the
        observed intensity, estimated from its scatter.
    mask
        Shape (n,), True for points that counted.
    shift_deg, shift_uncertainty_deg
        Displacement of the specimen: 2theta is too high by this times cos(theta). Without
        displacement, where the zero of 2theta is free instead, it is 0.
    zero_deg, zero_uncertainty_deg
        Zero of 2theta: it is too high by this.
    axial
        Asymmetry of the lines by axial divergence: half heights of specimen and slit, added, over
        the radius of the goniometer.
    monochromator_deg
        2theta of the monochromator crystal; 0 for none.
    rwp, rexp, gof
        Weighted R factor of all points, background included, that of counting alone, and their
        ratio; 0 to 1, 0 to 1, about 1 or more.
    parameters
        Free numbers of the fit, background included.
    unexplained
        Lines that no phase has, the highest first.
    name
        Of the pattern.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> fit = crystinet.refine(pattern, type="Rutile-TiO2")
    >>> [round(edge, 2) for edge in fit.phases[0].cell[:3]]
    [4.59, 4.59, 2.96]
    """

    phases: tuple[FittedPhase, ...]
    radiation: Radiation
    two_theta_deg: FloatArray
    observed: FloatArray
    calculated: FloatArray
    background: FloatArray
    uncertainty: FloatArray
    mask: BoolArray
    shift_deg: float
    shift_uncertainty_deg: float
    zero_deg: float
    zero_uncertainty_deg: float
    axial: float
    monochromator_deg: float
    rwp: float
    rexp: float
    parameters: int
    unexplained: tuple[UnexplainedLine, ...]
    name: str = ""

    def __post_init__(self) -> None:
        for name in ("two_theta_deg", "observed", "calculated", "background", "uncertainty"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))
        object.__setattr__(self, "mask", read_only_bools(self.mask))

    @property
    def gof(self) -> float:
        """Goodness of fit, Rwp / Rexp."""
        return self.rwp / self.rexp if self.rexp > 0.0 else math.inf

    @property
    def difference(self) -> FloatArray:
        """Observed minus calculated, shape (n,)."""
        return np.subtract(self.observed, self.calculated)

    def plot(self, figure: Any = None) -> Any:
        """Draw observed and calculated pattern, lines and difference.

        Needs ``pip install "crystinet[report]"``.

        Parameters
        ----------
        figure
            matplotlib's, to draw on; None makes a new one.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        return draw("fit", self, figure)

    def to_dict(self) -> Document:
        """Plain data, as ``fit`` of ``crystinet refine --json``; curves are left out."""
        return {
            "phases": [phase.to_dict() for phase in self.phases],
            "wavelengths_angstrom": [number(w) for w in self.radiation.wavelengths_angstrom],
            "wavelength_weights": [number(w) for w in self.radiation.weights],
            "two_theta_range": [number(self.two_theta_deg[0]), number(self.two_theta_deg[-1])],
            "points": int(self.mask.sum()),
            "shift_deg": number(self.shift_deg),
            "shift_uncertainty_deg": number(self.shift_uncertainty_deg),
            "zero_deg": number(self.zero_deg),
            "zero_uncertainty_deg": number(self.zero_uncertainty_deg),
            "axial": number(self.axial),
            "monochromator_deg": number(self.monochromator_deg),
            "rwp": number(self.rwp),
            "rexp": number(self.rexp),
            "gof": number(self.gof),
            "parameters": self.parameters,
            "unexplained": [line.to_dict() for line in self.unexplained],
        }
