"""How the atoms surround each other: a fingerprint that knows no setting, scale or element.

Two structures with the same space group and Wyckoff sequence may still be different types (FeB and
MnP, anatase and ThSi2). Their sites differ in the distances to their neighbours, so the sorted
distances to the nearest atoms, in units of the cube root of the volume per atom, tell them apart.
"""

from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.crystals.expansion import basis_vectors, images_around, orbits_of
from crystinet.crystals.hall import operations_of
from crystinet.crystals.positions import plain_metric, snap
from crystinet.crystals.symmetry import Orbit, Symmetry

#: Number of neighbours compared: enough for a first coordination shell and part of the second.
N_NEIGHBOURS = 12


@lru_cache(maxsize=1024)
def fingerprint(symmetry: Symmetry, orbits: tuple[Orbit, ...]) -> FloatArray:
    """Reduced distances from one atom of each orbit to its nearest neighbours.

    Parameters
    ----------
    symmetry
        Gives the cell and the operations.
    orbits
        The orbits to look at; atoms of other orbits are left out as if they were not there.

    Returns
    -------
    Sorted distances divided by ``(V / n)**(1/3)``, shape (len(orbits), N_NEIGHBOURS), where n is
    the number of atoms of these orbits in the cell of volume V.
    """
    operations = operations_of(symmetry.hall_symbol)
    xyz, multiplicities = snap(
        np.array([orbit.xyz for orbit in orbits]),
        operations=operations,
        metric=plain_metric(symmetry.cell),
        labels=tuple(orbit.letter for orbit in orbits),
    )
    basis = basis_vectors(symmetry.cell)
    points = orbits_of(xyz, multiplicities=multiplicities, operations=operations)
    atoms = np.concatenate(points)
    unit = (abs(np.linalg.det(basis)) / len(atoms)) ** (1.0 / 3.0)
    centres = np.array([p[0] for p in points]) @ basis
    radius = 2.0 * unit
    while True:
        cloud, _ = images_around(atoms, basis=basis, margin_angstrom=radius)
        distances, _ = cKDTree(cloud).query(centres, k=N_NEIGHBOURS + 1)
        if distances.max() <= radius:
            return read_only_floats(distances[:, 1:] / unit)
        radius = min(1.01 * float(distances.max()), 2.0 * radius)


def difference(first: FloatArray, second: FloatArray) -> FloatArray:
    """Mean absolute difference of every pair of rows, shapes (n, k) and (m, k) give (n, m)."""
    return np.asarray(np.abs(first[:, None, :] - second[None, :, :]).mean(axis=-1))
