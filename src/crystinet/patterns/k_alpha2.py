"""K-alpha2 lines, taken out of patterns of tubes whose doublet is wider than copper's.

The wavelength conversion keeps the distance of a doublet, which is 0.25 % of the wavelength for
Cu, 0.17 to 0.21 % for Cr, Fe and Co, but 0.60 % for Mo and 0.78 % for Ag. The networks know
patterns with a doublet like copper's and patterns without one; the wide ones would look like twice
the lines. Like the removal of spikes this step changes no other pattern, so its settings are
constants.
"""

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.radiation import Radiation

#: Doublets farther apart than this part of the wavelength are not like copper's.
WIDEST_DOUBLET = 0.004
#: A pattern has no K-alpha2 if more than this part of its intensity turns negative without it.
#: In simulated patterns of all classes 0 to 0.05 does with K-alpha2, and 0.1 to 0.4 without one
#: where lines are narrow enough to be split.
LARGEST_DEFICIT = 0.06

# Terms of the series: what is left out is (1/2)^10.
_TERMS = 9


def strip_wide_doublet(
    residue: FloatArray, *, mask: BoolArray, grid: TwoThetaGrid, radiation: Radiation
) -> FloatArray | None:
    """Take K-alpha2 out of a curve on the grid, if it is there and unlike copper's.

    A monochromator may have removed it already; then subtracting it leaves holes beside the lines,
    by which this is recognised.

    Parameters
    ----------
    residue
        Shape (grid.n_points,), without background, smoothed, 0 where not measured.
    mask
        Shape (grid.n_points,), True where measured.
    grid
        The axis.
    radiation
        As converted to the grid: the lines keep their relative distance.

    Returns
    -------
    Shape (grid.n_points,), or None where nothing is to be done: one line, a doublet like copper's,
    or no K-alpha2 in the pattern.
    """
    if len(radiation.wavelengths_angstrom) != 2:
        return None
    alpha1, alpha2 = radiation.wavelengths_angstrom
    if abs(alpha2 / alpha1 - 1.0) <= WIDEST_DOUBLET:
        return None
    stripped = subtract_k_alpha2(
        grid.two_theta_deg,
        residue,
        wavelengths_angstrom=(alpha1, alpha2),
        ratio=radiation.weights[1],
    )
    stripped = np.where(mask, stripped, 0.0)
    # Between lines the residue is noise around 0, a tenth of which lies below -1.28 sigma.
    noise = max(0.0, -float(np.quantile(residue[mask], 0.1)) / 1.28)
    deficit = _negative_part(stripped, noise=noise) - _negative_part(residue, noise=noise)
    return stripped if deficit <= LARGEST_DEFICIT else None


def subtract_k_alpha2(
    two_theta_deg: FloatArray,
    intensity: FloatArray,
    *,
    wavelengths_angstrom: tuple[float, float],
    ratio: float,
) -> FloatArray:
    r"""K-alpha1 part of a pattern of a doublet.

    Every plane reflects K-alpha2 farther out, :math:`\sin\theta_2 = \sin\theta_1 \lambda_2 /
    \lambda_1`, with the same profile. With :math:`S` for the shift by this factor,
    :math:`I = I_1 + r S I_1`, and so :math:`I_1 = I - r S I + r^2 S^2 I - \ldots` Source:
    Rachinger, J. Sci. Instrum. 25 (1948) 254. The series replaces his recursion from point to
    point, which interpolates what it has interpolated before.

    Parameters
    ----------
    two_theta_deg, intensity
        Shape (n,), increasing, above 0 and below 180 degrees; without background, because what lies
        before the first point counts as 0.
    wavelengths_angstrom
        K-alpha1 and K-alpha2.
    ratio
        r, the weight of K-alpha2.

    Returns
    -------
    Shape (n,).
    """
    alpha1, alpha2 = wavelengths_angstrom
    d = d_from_two_theta(two_theta_deg, alpha1)
    result = intensity.copy()
    for term in range(1, _TERMS + 1):
        places = two_theta_from_d(d * (alpha2 / alpha1) ** term, alpha1)
        result += (-ratio) ** term * np.interp(places, two_theta_deg, intensity, left=0.0)
    return result


def _negative_part(curve: FloatArray, *, noise: float) -> float:
    """Intensity below zero in relation to that above, both beyond three times the noise."""
    above = float(np.maximum(curve - 3.0 * noise, 0.0).sum())
    below = float(np.maximum(-curve - 3.0 * noise, 0.0).sum())
    return below / above if above > 0.0 else 0.0
