"""How the score of a type changes when a window of 2theta counts as not measured."""

from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, read_only_floats
from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.plain import Document, number
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern

#: Width of the masked window and its steps, degrees 2theta on the networks' grid.
WINDOW_DEG, STEP_DEG = 5.0, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """What happens to the answer when a window of 2theta counts as not measured.

    Attributes
    ----------
    two_theta_deg
        Shape (w, 2): the windows, degrees for the wavelength of the measurement.
    change
        Shape (w,): change of ln(C p) of the explained type. Below 0 the window speaks for it.
    reliability_change
        Shape (w,): change of its reliability.
    answers
        The first candidate without the window, w names.
    """

    two_theta_deg: FloatArray
    change: FloatArray
    reliability_change: FloatArray
    answers: tuple[str, ...]

    def to_dicts(self) -> list[Document]:
        """Plain data, one entry a window."""
        rows = zip(
            self.two_theta_deg, self.change, self.reliability_change, self.answers, strict=True
        )
        return [
            {
                "two_theta": [number(end) for end in window],
                "change": number(change),
                "reliability_change": number(reliability),
                "answer": name,
            }
            for window, change, reliability, name in rows
        ]


def sensitivity(
    model: Model, prepared: Pattern, column: int, *, wavelength_angstrom: float
) -> Sensitivity:
    """Score a prepared pattern with one window after the other masked.

    Parameters
    ----------
    model
        What is asked.
    prepared
        On the networks' grid.
    column
        Of the explained type.
    wavelength_angstrom
        Of the measurement, for the angles of the result.
    """
    axis, calibration = prepared.two_theta_deg, model.calibration
    low, high = prepared.measured_range_deg
    starts = np.arange(low, max(high - WINDOW_DEG, low) + STEP_DEG, STEP_DEG)
    windows = np.stack([starts, np.minimum(starts + WINDOW_DEG, high)], axis=1)
    hidden = [(axis >= a) & (axis <= b) & prepared.mask for a, b in windows]
    kept = [
        (window, mask)
        for window, mask in zip(windows, hidden, strict=True)
        if mask.any() and (prepared.mask & ~mask).any()
    ]
    patterns = [prepared, *(_without(prepared, mask) for _, mask in kept)]
    scores = model.score(model.network_input(patterns))
    reliability = scores.reliability(calibration)
    first = reliability.argmax(axis=1)
    share, own = scores.log_share[:, column], reliability[:, column]
    edges = np.array([window for window, _ in kept]).reshape(-1, 2)
    return Sensitivity(
        two_theta_deg=read_only_floats(
            measured_angles(
                edges, grid=model.bundle.axis.grid, wavelength_angstrom=wavelength_angstrom
            )
        ),
        change=read_only_floats(share[1:] - share[0]),
        reliability_change=read_only_floats(own[1:] - own[0]),
        answers=tuple(model.bundle.types[i].name for i in first[1:]),
    )


def _without(prepared: Pattern, hidden: BoolArray) -> Pattern:
    """Prepared pattern with some points not measured, its maximum 1 again as in every input."""
    mask = prepared.mask & ~hidden
    intensity = np.where(mask, prepared.intensity, 0.0)
    highest = float(intensity.max(initial=0.0))
    return replace(prepared, intensity=intensity / (highest if highest > 0.0 else 1.0), mask=mask)


def measured_angles(
    two_theta_deg: FloatArray, *, grid: TwoThetaGrid, wavelength_angstrom: float
) -> FloatArray:
    """Angles on the networks' grid at the wavelength of the measurement, degrees."""
    own = grid.wavelength_angstrom
    if abs(wavelength_angstrom - own) <= 1e-5 * own:  # the conversion takes them for the same
        return two_theta_deg
    return two_theta_from_d(d_from_two_theta(two_theta_deg, own), wavelength_angstrom)
