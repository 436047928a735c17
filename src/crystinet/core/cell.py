"""The unit cell: metric tensor, volume, d-spacings; and the seven crystal systems."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray

#: The seven crystal systems, each with its last space group and the first letter of its Pearson
#: symbols. Source: International Tables for Crystallography A (2016), section 2.1.1.
CRYSTAL_SYSTEMS = {
    "triclinic": (2, "a"),
    "monoclinic": (15, "m"),
    "orthorhombic": (74, "o"),
    "tetragonal": (142, "t"),
    "trigonal": (167, "h"),
    "hexagonal": (194, "h"),
    "cubic": (230, "c"),
}
_NAMES = tuple(CRYSTAL_SYSTEMS)
_LAST_SPACE_GROUPS = tuple(last for last, _ in CRYSTAL_SYSTEMS.values())

#: Pairs of axes that enclose alpha, beta and gamma.
AXIS_PAIRS = ((1, 2), (0, 2), (0, 1))


class Cell(NamedTuple):
    """Edges a, b, c in angstrom and angles alpha, beta, gamma in degrees.

    It equals the tuple of its six numbers. What they describe need not be possible: see
    `crystinet.crystals.positions.plain_metric`, which refuses what is not.
    """

    a: float
    b: float
    c: float
    alpha: float
    beta: float
    gamma: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Cell":
        """Make a cell of six numbers."""
        a, b, c, alpha, beta, gamma = (float(number) for number in numbers)
        return cls(a, b, c, alpha, beta, gamma)

    @classmethod
    def of_metric(cls, metric: FloatArray) -> "Cell":
        """Cell with the metric tensor G, shape (3, 3), square angstrom."""
        a, b, c = edges = np.sqrt(np.diag(metric))
        cosines = [metric[i, j] / (edges[i] * edges[j]) for i, j in AXIS_PAIRS]
        return cls.of((a, b, c, *np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))))

    @property
    def metric(self) -> FloatArray:
        """Metric tensor G with G_ij = a_i . a_j, shape (3, 3), square angstrom."""
        tensor: FloatArray = metric_tensors(np.array([self]))[0]
        return tensor

    @property
    def reciprocal_metric(self) -> FloatArray:
        """Inverse of the metric tensor: 1/d^2 = h G* h; shape (3, 3), 1 / square angstrom."""
        inverse: FloatArray = np.linalg.inv(self.metric).astype(np.float64)
        return inverse

    @property
    def volume(self) -> float:
        """Cubic angstrom."""
        return math.sqrt(float(np.linalg.det(self.metric)))

    @property
    def hexagonal(self) -> bool:
        """Whether the angles are those of hexagonal axes, to a thousandth of a degree."""
        wanted = np.array((90.0, 90.0, 120.0))
        return bool(np.abs(np.array(self[3:]) - wanted).max() < 1e-3)

    def free_names(self, system: str) -> tuple[str, ...]:
        """Names of the edges and angles that a crystal system leaves free, in these axes.

        Parameters
        ----------
        system
            One of `CRYSTAL_SYSTEMS`; "trigonal" stands for hexagonal or rhombohedral axes.
        """
        if system == "cubic":
            return ("a",)
        if system in ("tetragonal", "hexagonal") or (system == "trigonal" and self.hexagonal):
            return ("a", "c")
        if system == "trigonal":
            return ("a", "alpha")
        if system == "orthorhombic":
            return ("a", "b", "c")
        if system == "monoclinic":  # beta, in any axes but unusual ones
            unique = max((4, 3, 5), key=lambda i: abs(self[i] - 90.0))
            return ("a", "b", "c", self._fields[unique])
        return self._fields

    def d_spacing(self, hkl: IntArray) -> FloatArray:
        """Distance d of lattice planes hkl (p, 3): 1/d^2 = h G* h; angstrom, shape (p,)."""
        h = hkl.astype(np.float64)
        d: FloatArray = 1.0 / np.sqrt(np.einsum("pi,ij,pj->p", h, self.reciprocal_metric, h))
        return d

    def scaled(self, factor: float) -> "Cell":
        """The cell with its edges multiplied by a factor."""
        return self._replace(a=factor * self.a, b=factor * self.b, c=factor * self.c)


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group by its International number, 1 to 230."""
    return _NAMES[bisect_left(_LAST_SPACE_GROUPS, space_group)]


def system_number(space_group: int) -> int:
    """Place of the crystal system of a space group in `CRYSTAL_SYSTEMS`."""
    return bisect_left(_LAST_SPACE_GROUPS, space_group)


def metric_tensors(cells: FloatArray) -> FloatArray:
    """Metric tensors of many cells (n, 6), shape (n, 3, 3), square angstrom."""
    cosines = np.tile(np.eye(3), (len(cells), 1, 1))
    for angle, (i, j) in enumerate(AXIS_PAIRS):
        cosines[:, i, j] = cosines[:, j, i] = np.cos(np.radians(cells[:, 3 + angle]))
    tensors: FloatArray = cosines * (cells[:, :3, None] * cells[:, None, :3])
    return tensors
