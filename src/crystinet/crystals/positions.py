"""Atomic positions under the space group: cell metric, snapping, multiplicities, overlaps."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import Operations, operations_of
from crystinet.crystals.images import (
    MOST_IMAGES,
    images_of,
    length_squared,
    near_images,
    near_pairs,
)
from crystinet.crystals.orbits import distinct_images
from crystinet.crystals.species import species_of_symbol
from crystinet.crystals.structure import Structure

#: Images of one atom nearer than this are the same position: covers 1/3 written as 0.333 in a
#: 30 angstrom cell, and is far below any bond.
SAME_POSITION_ANGSTROM = 0.05
#: Fractions are written with few digits; an occupancy above this cannot be rounding.
FULL_OCCUPANCY = 1.001 + 1e-9
#: The refined occupancies of two halves of a split position carry errors.
FULL_SPLIT_OCCUPANCY = 1.1

_METRIC_TOLERANCE = 0.01
# A metric this near to its average has the symmetry of the space group but for rounding.
_EXACT = 1e-9
_MOST_NAMES = 5
_EDGE_LIMITS_ANGSTROM = (0.5, 1000.0)
#: Fractions of an edge. Cartesian coordinates and slips of the pen are larger.
_LARGEST_FRACTION = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """The asymmetric unit of a structure, on its exact special positions.

    Attributes
    ----------
    xyz
        Shape (n, 3), fractional coordinates moved onto the symmetry elements they lie on.
    multiplicity
        Shape (n,), atoms of each site in the conventional cell.
    metric
        Metric tensor of the cell, see `cell_metric`.
    fixing
        Shape (n, s), which of all operations with centring leave a site where it is.
    """

    xyz: FloatArray
    multiplicity: IntArray
    metric: FloatArray
    fixing: BoolArray


def positions_of(
    structure: Structure, *, apart_angstrom: float = SAME_POSITION_ANGSTROM
) -> Positions:
    """Snap the sites onto their special positions and count their atoms in the cell.

    Parameters
    ----------
    structure
        With any sites.
    apart_angstrom
        Two atoms nearer than this must not both be there: their occupancies add up to at most
        `FULL_SPLIT_OCCUPANCY`.

    Raises
    ------
    InvalidStructureError
        Where cell or coordinates are impossible, images cannot be told apart from the position,
        or a position is filled more than once.
    """
    operations = operations_of(structure.hall_symbol)
    metric = metric_of(structure)
    xyz = np.array([site.xyz for site in structure.sites], dtype=np.float64)
    try:
        xyz, fixing = _snapped(xyz, operations, metric, partial(_label, structure))
        kept = [distinct_images(operations, row.tobytes()) for row in fixing]
        image = np.concatenate([i * operations.order + own for i, own in enumerate(kept)])
        pairs = near_images(
            xyz, image, operations=operations, metric=metric, within_angstrom=apart_angstrom
        )
        _check_occupancies(structure, pairs)
    except InvalidStructureError as error:
        raise InvalidStructureError(
            f"{structure.name or 'The structure'}: {error.message}", hint=error.hint
        ) from error
    return Positions(xyz, operations.order // fixing.sum(axis=1), metric, fixing)


def _label(structure: Structure, site: int) -> str:
    return structure.sites[site].label or str(structure.sites[site].species)


def metric_of(structure: Structure) -> FloatArray:
    """Metric tensor of a structure's cell, see `cell_metric`."""
    try:
        return cell_metric(structure.cell, operations=operations_of(structure.hall_symbol))
    except InvalidStructureError as error:
        raise InvalidStructureError(
            f"{structure.name or 'The structure'}: {error.message}", hint=error.hint
        ) from error


def cell_metric(cell: Cell, *, operations: Operations) -> FloatArray:
    """Metric tensor of the direct cell, shape (3, 3), square angstrom.

    It is averaged over the rotations of the space group, so that equivalent reflections have
    exactly one d.

    Raises
    ------
    InvalidStructureError
        Where the cell is impossible, or contradicts the space group by more than 1 %.
    """
    metric = plain_metric(cell)
    average = (_averaging(operations) @ metric.ravel()).reshape(3, 3)
    if np.abs(metric - average).max() <= _EXACT * average.ravel()[::4].min():
        return average
    rotations = operations.rotations.astype(np.float64)
    images = rotations.transpose(0, 2, 1) @ metric @ rotations
    edges = np.sqrt(np.diag(metric))
    worst = float(np.abs((images - metric) / np.outer(edges, edges)).max())
    if worst > 2.0 * _METRIC_TOLERANCE:  # the metric is quadratic in the edges
        raise InvalidStructureError(
            f"the cell {', '.join(f'{v:g}' for v in cell)} does not have the symmetry of the "
            f"space group (Hall symbol {operations.hall_symbol!r}).",
            hint="Check the setting: hexagonal or rhombohedral axes, the unique axis, the angles.",
        )
    return average


@lru_cache(maxsize=1024)
def _averaging(operations: Operations) -> FloatArray:
    """Matrix (9, 9) that averages a metric, written as a row, over the rotations."""
    rotations = operations.rotations.astype(np.float64)
    products = np.einsum("sia,sjb->abij", rotations, rotations) / len(rotations)
    matrix: FloatArray = products.reshape(9, 9)
    return matrix


def plain_metric(cell: Cell) -> FloatArray:
    """Metric tensor ``G_ij = a_i . a_j`` of a possible cell, shape (3, 3), square angstrom."""
    a, b, c, *angles = map(float, cell)
    low, high = _EDGE_LIMITS_ANGSTROM
    # Written so that NaN fails.
    if not all(low <= edge <= high for edge in (a, b, c)):
        raise InvalidStructureError(
            f"the cell edges {a:g}, {b:g}, {c:g} are not all from {low:g} to {high:g}.",
            hint="Give the cell edges in angstrom.",
        )
    possible = all(0.0 < angle < 180.0 for angle in angles)
    alpha, beta, gamma = (math.cos(math.radians(angle)) if possible else 1.0 for angle in angles)
    volume_squared = 1 - alpha**2 - beta**2 - gamma**2 + 2 * alpha * beta * gamma
    if not (possible and volume_squared > 1e-4):
        raise InvalidStructureError(
            f"no cell has the angles {', '.join(f'{v:g}' for v in angles)}.",
            hint="Give alpha, beta, gamma in degrees; each is less than the sum of the others.",
        )
    return np.array(
        [
            [a * a, a * b * gamma, a * c * beta],
            [a * b * gamma, b * b, b * c * alpha],
            [a * c * beta, b * c * alpha, c * c],
        ]
    )


def snap(
    xyz: FloatArray, *, operations: Operations, metric: FloatArray, labels: tuple[str, ...]
) -> tuple[FloatArray, IntArray]:
    """Move positions (n, 3) onto the symmetry elements they lie on; count their images, (n,).

    A position is replaced by the mean of its images within `SAME_POSITION_ANGSTROM`; twice, since
    the first mean can come within reach of a further element.

    Raises
    ------
    InvalidStructureError
        Where coordinates are no fractions of a cell, there are too many atoms, or images cannot be
        told apart from the position; names the label.
    """
    xyz, fixing = _snapped(xyz, operations, metric, labels.__getitem__)
    return xyz, operations.order // fixing.sum(axis=1)


def _snapped(
    xyz: FloatArray, operations: Operations, metric: FloatArray, label: Callable[[int], str]
) -> tuple[FloatArray, BoolArray]:
    """Snapped positions (n, 3), and which operations leave each where it is, (n, s)."""
    _check_coordinates(xyz, label)
    check_count(len(xyz), operations=operations)
    for _ in range(2):
        shift = images_of(xyz, operations) - xyz[:, None, :]
        shift -= np.rint(shift)
        fixing = length_squared(shift, metric) < SAME_POSITION_ANGSTROM**2
        stabiliser = fixing.sum(axis=1)
        moved = np.matmul(fixing[:, None, :], shift)[:, 0] / stabiliser[:, None]
        xyz = xyz + moved
        if not np.abs(moved).max() > 1e-12:
            break
    remainder = operations.order % stabiliser
    if remainder.any():
        raise InvalidStructureError(
            f"site {label(int(remainder.argmax()))} lies too near to some of its own images to "
            "tell its multiplicity.",
            hint="Give the coordinates with more digits, or check the space-group setting.",
        )
    return xyz, fixing


def check_count(n: int, *, operations: Operations) -> None:
    """Refuse more atoms than can be looked at: n in the list, with so many operations."""
    if n * operations.order > MOST_IMAGES:
        raise InvalidStructureError(
            f"{n} atoms under {operations.order} operations are more than {MOST_IMAGES} positions.",
            hint="Give a smaller cell: a structure type shows in the primitive one.",
        )


def _check_coordinates(xyz: FloatArray, label: Callable[[int], str]) -> None:
    sensible = np.abs(xyz) <= _LARGEST_FRACTION  # written so that NaN fails
    if not sensible.all():
        worst = int(sensible.all(axis=1).argmin())
        x, y, z = (f"{float(v):g}" for v in xyz[worst])
        raise InvalidStructureError(
            f"the coordinates {x}, {y}, {z} of site {label(worst)} are no fractions of a cell, "
            f"which are within {_LARGEST_FRACTION:g} cells.",
            hint="Give x, y, z as fractions of the cell edges, not in angstrom.",
        )


def first_on_position(xyz: FloatArray, *, operations: Operations, metric: FloatArray) -> IntArray:
    """For each site the first of those that share its position or an image of it, (n,)."""
    first, second, _ = near_pairs(
        xyz, operations=operations, metric=metric, within_angstrom=SAME_POSITION_ANGSTROM
    )
    leader: IntArray = np.arange(len(xyz))
    np.minimum.at(leader, first, second)
    np.minimum.at(leader, second, first)
    while not np.array_equal(leader, leader[leader]):  # the leader of a leader leads as well
        leader = leader[leader]
    return leader


def orbit(position: FloatArray, *, operations: Operations, metric: FloatArray) -> FloatArray:
    """All positions in the cell, shape (m, 3) in [0, 1), of a snapped position (3,)."""
    images = images_of(position[None, :], operations)[0]
    images -= np.floor(images + 1e-9)
    shift = images[:, None, :] - images[None, :, :]
    shift -= np.rint(shift)
    near = length_squared(shift, metric) < SAME_POSITION_ANGSTROM**2  # (s, s)
    # The first image near to each is unique to its position.
    positions: FloatArray = images[np.unique(near.argmax(axis=1))]
    return positions


def _check_occupancies(structure: Structure, pairs: tuple[IntArray, IntArray, FloatArray]) -> None:
    """Refuse what is no element, and occupancies outside 0 to 1: single, summed, of near atoms."""
    n = len(structure.sites)
    occupancy = np.zeros(n)
    for index, site in enumerate(structure.sites):
        for species, value in site.species:
            species_of_symbol(species)
            if not (math.isfinite(value) and value >= 0.0):
                raise InvalidStructureError(
                    f"the occupancy of {species} on site {_label(structure, index)} is {value:g}.",
                    hint="Occupancies are fractions from 0 to 1.",
                )
            occupancy[index] += value
    first, second, distance = pairs
    if len(first) == n and occupancy.max() <= FULL_OCCUPANCY:
        return  # every site is near itself alone
    together = distance < SAME_POSITION_ANGSTROM
    # An image counts once, however many operations take it there.
    here, there = np.divmod(np.unique(first[together] * np.int64(n) + second[together]), n)
    total = np.bincount(here, weights=occupancy[there], minlength=n)
    worst = int(total.argmax())
    if total[worst] > FULL_OCCUPANCY:
        shared = there[here == worst]
        names = ", ".join(_label(structure, int(i)) for i in shared[:_MOST_NAMES])
        if len(shared) > _MOST_NAMES:
            names += f" and {len(shared) - _MOST_NAMES} more"
        raise InvalidStructureError(
            f"the position {structure.sites[worst].xyz} of {names} is filled "
            f"{total[worst]:.4g} times.",
            hint="Occupancies on one position add up to at most 1; remove repeated atoms.",
        )
    both = (occupancy[first] + occupancy[second] > FULL_SPLIT_OCCUPANCY) & ~together
    if both.any():
        closest = int(np.flatnonzero(both)[distance[both].argmin()])
        i, j = int(first[closest]), int(second[closest])
        raise InvalidStructureError(
            f"the sites {_label(structure, i)} and {_label(structure, j)} overlap: their atoms are "
            f"{distance[closest]:.2f} angstrom apart, and both are there "
            f"(occupancies {occupancy[i]:.4g} and {occupancy[j]:.4g}).",
            hint="Remove one of them, or give disordered atoms occupancies that add up to 1.",
        )
