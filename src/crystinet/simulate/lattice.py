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
    lengths = np.array(cell[:3])
    cos_alpha, cos_beta, cos_gamma = np.cos(np.radians(cell[3:]))
    cosines = np.array(
        [[1.0, cos_gamma, cos_beta], [cos_gamma, 1.0, cos_alpha], [cos_beta, cos_alpha, 1.0]]
    )
    tensor: FloatArray = cosines * np.outer(lengths, lengths)
    return tensor


def d_spacing(hkl: IntArray, cell: Cell) -> FloatArray:
    """D in angstrom of reflections (p, 3): 1/d^2 = h G^-1 h."""
    inverse = np.linalg.inv(metric_tensor(cell))
    h = hkl.astype(np.float64)
    d: FloatArray = 1.0 / np.sqrt(np.einsum("pi,ij,pj->p", h, inverse, h))
    return d
