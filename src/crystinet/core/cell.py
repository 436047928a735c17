"""Crystal systems, metric tensors and d-spacings of cells."""

from bisect import bisect_left

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray

Cell = tuple[float, float, float, float, float, float]


#: The seven crystal systems in the order of the space-group numbers.
CRYSTAL_SYSTEMS = (
    "triclinic",
    "monoclinic",
    "orthorhombic",
    "tetragonal",
    "trigonal",
    "hexagonal",
    "cubic",
)
_LAST_SPACE_GROUPS = (2, 15, 74, 142, 167, 194, 230)


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group by its International number, 1 to 230."""
    return CRYSTAL_SYSTEMS[bisect_left(_LAST_SPACE_GROUPS, space_group)]


def metric_tensor(cell: Cell) -> FloatArray:
    """Metric tensor G with G_ij = a_i . a_j, shape (3, 3), square angstrom."""
    tensor: FloatArray = metric_tensors(np.array([cell]))[0]
    return tensor


def metric_tensors(cells: FloatArray) -> FloatArray:
    """Metric tensors of many cells (n, 6), shape (n, 3, 3), square angstrom."""
    cosines = np.tile(np.eye(3), (len(cells), 1, 1))
    for angle, (i, j) in enumerate(((1, 2), (0, 2), (0, 1))):
        cosines[:, i, j] = cosines[:, j, i] = np.cos(np.radians(cells[:, 3 + angle]))
    tensors: FloatArray = cosines * cells[:, :3, None] * cells[:, None, :3]
    return tensors


def d_spacing(hkl: IntArray, cell: Cell) -> FloatArray:
    """D in angstrom of reflections (p, 3): 1/d^2 = h G^-1 h."""
    inverse = np.linalg.inv(metric_tensor(cell))
    h = hkl.astype(np.float64)
    d: FloatArray = 1.0 / np.sqrt(np.einsum("pi,ij,pj->p", h, inverse, h))
    return d
