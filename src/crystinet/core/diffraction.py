"""Bragg's law and the Lorentz-polarisation factor, shared by measured and simulated patterns."""

import math

import numpy as np

from crystinet.core.arrays import FloatArray

#: Lines nearer to backscattering than this sine of theta (160 degrees 2theta) are on no axis of
#: ours, and their Lorentz-polarisation factor goes to infinity.
LARGEST_SINE = 0.985
#: Degrees 2theta up to which lines are drawn at all: at 180 the factor is infinite.
LARGEST_ANGLE_DEG = 179.0


def d_from_two_theta(two_theta_deg: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Bragg's law, ``d = lambda / (2 sin theta)``: degrees 2theta to d in angstrom."""
    return wavelength_angstrom / (2.0 * np.sin(np.radians(two_theta_deg) / 2.0))


def two_theta_from_d(d_angstrom: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Bragg's law inverted: d in angstrom to degrees 2theta, NaN where d < lambda / 2."""
    sine = wavelength_angstrom / (2.0 * np.asarray(d_angstrom, dtype=np.float64))
    return _two_theta_of_sine(sine)


def two_theta_of(inverse_d_squared: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Degrees 2theta of 1/d^2; NaN beyond 180 degrees and for what is no lattice."""
    with np.errstate(invalid="ignore"):
        return _two_theta_of_sine(0.5 * wavelength_angstrom * np.sqrt(inverse_d_squared))


def two_theta_within_reach(d_angstrom: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Degrees 2theta of lines by their d; beyond `LARGEST_SINE` that of this sine, never NaN."""
    nearest = np.maximum(d_angstrom, 0.5 * wavelength_angstrom / LARGEST_SINE)
    return two_theta_from_d(nearest, wavelength_angstrom)


def wavelength_of(d_angstrom: FloatArray, two_theta_deg: FloatArray) -> FloatArray:
    """Bragg's law for the wavelength, ``lambda = 2 d sin theta``, angstrom."""
    wavelength: FloatArray = d_angstrom * 2.0 * np.sin(np.radians(two_theta_deg) / 2.0)
    return wavelength


def inverse_d_squared_slope(two_theta_deg: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Derivative of 1/d^2 by 2theta: ``2 sin(2theta) / lambda^2`` per radian; here per degree."""
    slope: FloatArray = np.radians(2.0 * np.sin(np.radians(two_theta_deg)) / wavelength_angstrom**2)
    return slope


def dispersion_deg(two_theta_deg: FloatArray, change: float) -> FloatArray:
    """Degrees 2theta by which lines move where the wavelength grows by a small part ``change``."""
    shift: FloatArray = np.degrees(2.0 * np.tan(np.radians(two_theta_deg) / 2.0) * change)
    return shift


def lorentz_polarisation(
    two_theta_deg: FloatArray, *, monochromator_deg: float = 0.0
) -> FloatArray:
    r"""Lorentz-polarisation factor of a powder.

    .. math:: \frac{1 + \cos^2 2\theta_m \cos^2 2\theta}
                   {(1 + \cos^2 2\theta_m) \sin^2\theta \cos\theta}, \quad \text{times } 2

    so that it is :math:`(1 + \cos^2 2\theta) / (\sin^2\theta \cos\theta)` without monochromator.
    Source: International Tables for Crystallography C (1992), section 6.2.

    Parameters
    ----------
    two_theta_deg
        Shape (p,), degrees, above 0 and below 180.
    monochromator_deg
        Bragg angle 2theta of the monochromator crystal (26.6 for graphite and Cu); 0 for none.
    """
    theta = np.radians(two_theta_deg) / 2.0
    monochromator = math.cos(math.radians(monochromator_deg)) ** 2
    polarisation = (1.0 + monochromator * np.cos(2.0 * theta) ** 2) / (1.0 + monochromator)
    factor: FloatArray = 2.0 * polarisation / (np.sin(theta) ** 2 * np.cos(theta))
    return factor


def lorentz_polarisation_of_d(d_angstrom: FloatArray, wavelength_angstrom: float) -> FloatArray:
    """Lorentz-polarisation factor of lines by their d; beyond `LARGEST_SINE` that of this sine."""
    return lorentz_polarisation(two_theta_within_reach(d_angstrom, wavelength_angstrom))


def _two_theta_of_sine(sine: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.degrees(2.0 * np.arcsin(np.where(sine <= 1.0, sine, np.nan)))
