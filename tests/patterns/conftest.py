from collections.abc import Callable

import numpy as np
import pytest

from crystinet.core.arrays import FloatArray
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern

Peaks = Callable[..., FloatArray]
Measured = Callable[..., Pattern]


def gaussians(
    axis: FloatArray, *, centres: tuple[float, ...], fwhm: float, height: float = 1000.0
) -> FloatArray:
    z = (axis - np.array(centres)[:, None]) / fwhm
    total: FloatArray = height * np.exp(-4.0 * np.log(2.0) * z**2).sum(axis=0)
    return total


def measured_pattern(
    *, start: float = 10.0, stop: float = 80.0, step: float = 0.02, anode: str = "Cu"
) -> Pattern:
    axis = np.arange(start, stop + step / 2.0, step)
    curve = gaussians(axis, centres=(20.0, 31.3, 42.0, 55.5, 70.0), fwhm=0.15, height=3000.0)
    curve += 200.0 + 2.0 * (80.0 - axis)
    counts = np.random.default_rng(1).poisson(curve).astype(np.float64)
    return Pattern(axis, counts, Radiation.of_anode(anode), name="made.xy")


@pytest.fixture(scope="session")
def peaks() -> Peaks:
    """Sum of Gaussian peaks of one height and width on an axis."""
    return gaussians


@pytest.fixture(scope="session")
def measured() -> Measured:
    """A pattern as a diffractometer records it: peaks, sloping background, counting noise."""
    return measured_pattern
