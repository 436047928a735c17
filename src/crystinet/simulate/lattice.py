"""Cells under strain: d-spacings, and strain that keeps the crystal system."""

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray

Cell = tuple[float, float, float, float, float, float]


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group by its International number, 1 to 230."""
    bounds = (
        (2, "triclinic"),
        (15, "monoclinic"),
        (74, "orthorhombic"),
        (142, "tetragonal"),
        (167, "trigonal"),
        (194, "hexagonal"),
        (230, "cubic"),
    )
    return next(name for last, name in bounds if space_group <= last)


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


def strained_cell(
    cell: Cell, *, system: str, axis_strain: FloatArray, angle_change_deg: FloatArray
) -> Cell:
    """Cell after stretching the axes, obeying the crystal system.

    Axes that symmetry makes equal take the strain of the first of them, angles that symmetry
    fixes stay. Rhombohedral axes (a = b = c, equal angles not 90 degrees) are recognised.
    """
    strain = np.array(axis_strain, dtype=np.float64)
    change = np.zeros(3)
    a, b, c, alpha, beta, gamma = cell
    if system == "cubic":
        strain[:] = strain[0]
    elif system == "trigonal" and abs(gamma - 120.0) > 1e-3:
        strain[:] = strain[0]
        change[:] = angle_change_deg[0]
    elif system in ("tetragonal", "trigonal", "hexagonal"):
        strain[1] = strain[0]
    elif system == "monoclinic":
        oblique = np.abs(np.array(cell[3:]) - 90.0)
        unique = int(np.argmax(oblique)) if oblique.max() > 1e-3 else 1  # b unique by convention
        change[unique] = angle_change_deg[unique]
    elif system == "triclinic":
        change[:] = angle_change_deg
    lengths = np.array([a, b, c]) * (1.0 + strain)
    angles = np.array([alpha, beta, gamma]) + change
    a, b, c = (float(v) for v in lengths)
    alpha, beta, gamma = (float(v) for v in angles)
    return (a, b, c, alpha, beta, gamma)
