"""Atomic positions under the space group: cell metric, snapping, multiplicities, overlaps."""

import math
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import Operations, operations_of
from crystinet.crystals.structure import Structure

#: Images of one atom nearer than this are the same position: covers 1/3 written as 0.333 in a
#: 30 angstrom cell, and is far below any bond.
SAME_POSITION_ANGSTROM = 0.05
#: Fractions are written with few digits; an occupancy above this cannot be rounding.
FULL_OCCUPANCY = 1.001 + 1e-9

_METRIC_TOLERANCE = 0.01
_EDGE_LIMITS_ANGSTROM = (0.5, 1000.0)
_LARGEST_BATCH = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """The asymmetric unit of a structure, on its exact special positions.

    Attributes
    ----------
    xyz
        Shape (n, 3), fractional coordinates moved onto the symmetry elements they lie on.
    multiplicity
        Shape (n,), atoms of each site in the conventional cell.
    """

    xyz: FloatArray
    multiplicity: IntArray


def metric_of(structure: Structure) -> FloatArray:
    """Metric tensor of the direct cell, shape (3, 3), square angstrom.

    It is averaged over the rotations of the space group, so that equivalent reflections have
    exactly one d.

    Raises
    ------
    InvalidStructureError
        Where the cell is impossible, or contradicts the space group by more than 1 %.
    """
    a, b, c, *angles = structure.cell
    low, high = _EDGE_LIMITS_ANGSTROM
    if not all(math.isfinite(v) for v in structure.cell) or not all(
        low <= edge <= high for edge in (a, b, c)
    ):
        raise InvalidStructureError(
            f"{_name(structure)}: cell edges {a:g}, {b:g}, {c:g} are not {low:g} to {high:g}.",
            hint="Give the cell edges in angstrom.",
        )
    cosines = np.cos(np.radians(angles))
    volume_squared = 1.0 - float(cosines @ cosines) + 2.0 * float(cosines.prod())
    if not all(0.0 < angle < 180.0 for angle in angles) or volume_squared < 1e-4:
        raise InvalidStructureError(
            f"{_name(structure)}: no cell has the angles {', '.join(f'{v:g}' for v in angles)}.",
            hint="Give alpha, beta, gamma in degrees; each is less than the sum of the others.",
        )
    alpha, beta, gamma = cosines
    metric = np.array(
        [
            [a * a, a * b * gamma, a * c * beta],
            [a * b * gamma, b * b, b * c * alpha],
            [a * c * beta, b * c * alpha, c * c],
        ]
    )
    return _symmetrised(metric, structure)


def _symmetrised(metric: FloatArray, structure: Structure) -> FloatArray:
    rotations = operations_of(structure.hall_symbol).rotations.astype(np.float64)
    images = rotations.transpose(0, 2, 1) @ metric @ rotations
    edges = np.sqrt(np.diag(metric))
    worst = float(np.abs((images - metric) / np.outer(edges, edges)).max())
    if worst > 2.0 * _METRIC_TOLERANCE:  # the metric is quadratic in the edges
        raise InvalidStructureError(
            f"{_name(structure)}: the cell {', '.join(f'{v:g}' for v in structure.cell)} does not "
            f"have the symmetry of the space group (Hall symbol {structure.hall_symbol!r}).",
            hint="Check the setting: hexagonal or rhombohedral axes, the unique axis, the angles.",
        )
    average: FloatArray = images.mean(axis=0)
    return average


def positions_of(structure: Structure) -> Positions:
    """Snap the sites onto their special positions and count their atoms in the cell.

    A coordinate near a symmetry element is replaced by the mean of its images within
    `SAME_POSITION_ANGSTROM`; twice, since the first mean can reach a further element.

    Raises
    ------
    InvalidStructureError
        Where coordinates are not finite, images cannot be told apart from the position, or a
        position is filled more than once.
    """
    metric = metric_of(structure)
    operations = operations_of(structure.hall_symbol)
    xyz = np.array([site.xyz for site in structure.sites], dtype=np.float64)
    if not np.isfinite(xyz).all():
        bad = structure.sites[int(np.flatnonzero(~np.isfinite(xyz).all(axis=1))[0])]
        raise InvalidStructureError(
            f"{_name(structure)}: site {bad.label or bad.species} has no finite coordinates.",
            hint="Give x, y, z as fractions of the cell edges.",
        )
    rotations, translations = operations.all_operations()
    for _ in range(2):
        xyz, stabiliser = _snap(xyz, rotations, translations, metric)
    if (operations.order % stabiliser).any():
        bad = structure.sites[int(np.flatnonzero(operations.order % stabiliser)[0])]
        raise InvalidStructureError(
            f"{_name(structure)}: site {bad.label or bad.species} at {bad.xyz} lies too near to "
            "some of its own images to tell its multiplicity.",
            hint="Give the coordinates with more digits, or check the space-group setting.",
        )
    _check_occupancies(structure, xyz, operations, metric)
    return Positions(xyz, operations.order // stabiliser)


def _snap(
    xyz: FloatArray, rotations: IntArray, translations: FloatArray, metric: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Move each of (n, 3) positions to the mean of its near images; count these, shape (n,)."""
    images = np.einsum("sij,nj->nsi", rotations, xyz) + translations
    shift = images - xyz[:, None, :]
    shift -= np.rint(shift)
    near = _length_squared(shift, metric) < SAME_POSITION_ANGSTROM**2  # (n, s)
    count = near.sum(axis=1)
    mean: FloatArray = (shift * near[:, :, None]).sum(axis=1) / count[:, None]
    return xyz + mean, count


def _check_occupancies(
    structure: Structure, xyz: FloatArray, operations: Operations, metric: FloatArray
) -> None:
    """Refuse occupancies that are not in 0 to 1, alone or summed over sites that coincide."""
    occupancy = np.array([site.occupancy for site in structure.sites])
    parts = [value for site in structure.sites for _, value in site.species]
    if not all(math.isfinite(v) and v >= 0.0 for v in parts):
        raise InvalidStructureError(
            f"{_name(structure)}: an occupancy is {min(parts):g}.",
            hint="Occupancies are fractions from 0 to 1.",
        )
    total = occupancy + _coinciding_occupancy(xyz, occupancy, operations, metric)
    if (total > FULL_OCCUPANCY).any():
        index = int(total.argmax())
        site = structure.sites[index]
        raise InvalidStructureError(
            f"{_name(structure)}: the position of site {site.label or site.species} at "
            f"{tuple(round(float(v), 4) for v in xyz[index])} is filled {total[index]:.4g} times.",
            hint="Occupancies on one position add up to at most 1; remove repeated atoms.",
        )


def _coinciding_occupancy(
    xyz: FloatArray, occupancy: FloatArray, operations: Operations, metric: FloatArray
) -> FloatArray:
    """Occupancy of the other sites that share each of the (n, 3) positions, shape (n,)."""
    rotations, translations = operations.all_operations()
    n, s = len(xyz), len(rotations)
    images = np.einsum("sij,nj->nsi", rotations, xyz) + translations  # (n, s, 3)
    others = np.zeros(n)
    step = max(1, _LARGEST_BATCH // (n * s))
    for start in range(0, n, step):
        shift = images[None] - xyz[start : start + step, None, None, :]
        shift -= np.rint(shift)
        near = _length_squared(shift, metric) < SAME_POSITION_ANGSTROM**2
        same: BoolArray = np.asarray(near.any(axis=2))
        rows = np.arange(start, min(start + step, n))
        same[rows - start, rows] = False
        others[rows] = same @ occupancy
    return others


def _length_squared(vectors: FloatArray, metric: FloatArray) -> FloatArray:
    length: FloatArray = ((vectors @ metric) * vectors).sum(axis=-1)
    return length


def _name(structure: Structure) -> str:
    return structure.name or "The structure"
