"""Preferred orientation of the crystallites in a powder."""

import math
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import ConfigError
from crystinet.crystals.hall import operations_of
from crystinet.simulation.reflections import Reflections

_R_LIMITS = (0.01, 100.0)


@dataclass(frozen=True, slots=True)
class Texture:
    """March-Dollase preferred orientation about one axis, in reflection geometry.

    Attributes
    ----------
    r
        March's compression, without unit: 1 is a random powder; below 1 the planes ``hkl`` of
        plates lie flat on the holder and their lines grow; above 1 it is for needles.
    hkl
        Indices of the planes whose normal is the axis.
    """

    r: float
    hkl: tuple[int, int, int]

    def __post_init__(self) -> None:
        numbers = isinstance(self.r, int | float) and all(isinstance(i, int) for i in self.hkl)
        if not (numbers and _R_LIMITS[0] <= self.r <= _R_LIMITS[1]):
            raise ConfigError(
                f"r = {self.r!r} is no March-Dollase parameter.",
                hint=f"Give a number from {_R_LIMITS[0]:g} to {_R_LIMITS[1]:g}; 1 is no texture.",
            )
        if len(self.hkl) != 3 or not any(self.hkl):
            raise ConfigError(
                f"{self.hkl!r} are no indices of planes.", hint="Give h, k, l, such as 0, 0, 1."
            )


def march_dollase(
    hkl: IntArray, *, texture: Texture, rotations: IntArray, metric: FloatArray
) -> FloatArray:
    r"""Factors of the intensities of reflections, shape (p,).

    .. math:: O_h = \frac{1}{|G|} \sum_{R \in G} \left( r^2 \cos^2 \alpha_{hR}
              + \frac{\sin^2 \alpha_{hR}}{r} \right)^{-3/2}

    where :math:`\alpha` is the angle between the axis and a reflection equivalent to h. The mean
    over all directions is 1 for every r. Source: W. A. Dollase, J. Appl. Cryst. 19 (1986) 267.

    Parameters
    ----------
    hkl
        Shape (p, 3).
    rotations
        Of the space group, shape (s, 3, 3). Friedel mates have one alpha.
    metric
        Metric tensor of the cell, shape (3, 3).
    """
    inverse = np.linalg.inv(metric)
    axis = np.array(texture.hkl, dtype=np.float64)
    axis_length = math.sqrt(float(axis @ inverse @ axis))
    h = hkl.astype(np.float64)
    length = np.sqrt(((h @ inverse) * h).sum(axis=1))
    products = h @ (rotations @ (inverse @ axis)).T  # (p, s): h R . axis
    cosine_squared = (products / (length * axis_length)[:, None]) ** 2
    r = texture.r
    weights = (r**2 * cosine_squared + (1.0 - cosine_squared) / r) ** -1.5
    factors: FloatArray = weights.mean(axis=1)
    return factors


def textured(reflections: Reflections, *, hall_symbol: str, texture: Texture) -> Reflections:
    """The reflections with ``f_squared`` times their March-Dollase factors."""
    factors = march_dollase(
        reflections.hkl,
        texture=texture,
        rotations=operations_of(hall_symbol).rotations,
        metric=reflections.cell.metric,
    )
    return replace(reflections, f_squared=reflections.f_squared * factors)
