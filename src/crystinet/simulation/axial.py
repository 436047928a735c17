"""Asymmetry of lines at low angles by the axial divergence of the beam."""

from collections.abc import Iterator

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray

# Nodes of the quadrature for a tail of up to so many FWHM; more of them for longer tails.
_NODES = ((0.05, 1), (0.5, 4), (4.0, 12), (np.inf, 48))


def axial_parts(
    two_theta_deg: FloatArray, *, fwhm_deg: FloatArray, axial: float
) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
    r"""Split lines into symmetric ones that together have the shape axial divergence gives.

    A ray that leaves the specimen at height z and enters the slit at height h in a goniometer of
    radius L appears at

    .. math:: \cos 2\varphi = \cos 2\theta \sqrt{1 + t^2}, \quad t = |z - h| / L

    with the density :math:`\propto (1 - t / a)\, \sin 2\theta / ((1 + t^2) \sin 2\varphi)` for z
    and h uniform between equal bounds, :math:`a = (S + H) / L`. The integral over t is a Gauss
    quadrature, so that the area is kept and the mean shift is exact to high order. Source: L. W.
    Finger, D. E. Cox & A. P. Jephcoat, J. Appl. Cryst. 27 (1994) 892, after B. van Laar & W. B.
    Yelon, J. Appl. Cryst. 17 (1984) 47.

    Parameters
    ----------
    two_theta_deg, fwhm_deg
        Shape (p,), degrees.
    axial
        a, the half heights of specimen and slit, added, over the radius; 0 for none.

    Yields
    ------
    For every part the lines that it belongs to (q,), their positions (q,) in degrees and the
    shares (q,) of their areas; the shares of a line add up to 1.
    """
    cosine = np.cos(np.radians(two_theta_deg))
    farthest = two_theta_deg - _apparent(cosine, axial)
    tail = np.abs(farthest) / fwhm_deg
    shorter = -1.0
    for longest, count in _NODES:
        lines = np.flatnonzero((tail > shorter) & (tail <= longest))
        shorter = longest
        if len(lines):
            yield from _quadrature(two_theta_deg[lines], lines, axial, count)


def _quadrature(
    two_theta_deg: FloatArray, lines: IntArray, axial: float, count: int
) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
    from scipy.special import roots_jacobi  # slow to import

    nodes, weights = roots_jacobi(count, 1.0, 0.0)  # density 1 - x from -1 to 1
    t = axial * (nodes[:, None] + 1.0) / 2.0  # (count, 1)
    cosine = np.cos(np.radians(two_theta_deg))
    places = _apparent(cosine, t)  # (count, q)
    # Rays that would pass the primary beam do not exist: no density at 0 degrees.
    sine = np.sin(np.radians(places))
    density = np.where(sine > 0.0, weights[:, None] / (1.0 + t**2), 0.0)
    shares = density / np.where(sine > 0.0, sine, 1.0)
    total = shares.sum(axis=0)
    lost = total == 0.0
    shares = np.where(lost, weights[:, None] / weights.sum(), shares / np.where(lost, 1.0, total))
    for place, share in zip(places, shares, strict=True):
        yield lines, place, share


def _apparent(cosine: FloatArray, t: FloatArray | float) -> FloatArray:
    """2phi in degrees of rays with cos 2theta and t."""
    product = np.clip(cosine * np.sqrt(1.0 + np.square(t)), -1.0, 1.0)
    apparent: FloatArray = np.degrees(np.arccos(product))
    return apparent
