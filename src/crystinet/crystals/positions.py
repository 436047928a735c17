"""Atomic positions under the space group: cell metric, snapping, multiplicities, overlaps."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import Operations, operations_of
from crystinet.crystals.species import species_of_symbol
from crystinet.crystals.structure import Structure

#: Images of one atom nearer than this are the same position: covers 1/3 written as 0.333 in a
#: 30 angstrom cell, and is far below any bond.
SAME_POSITION_ANGSTROM = 0.05
#: Fractions are written with few digits; an occupancy above this cannot be rounding.
FULL_OCCUPANCY = 1.001 + 1e-9
#: The refined occupancies of two halves of a split position carry errors.
FULL_SPLIT_OCCUPANCY = 1.1

#: Atoms of the list times operations of the space group: more are refused.
MOST_IMAGES = 200_000

_METRIC_TOLERANCE = 0.01
_FEW_PAIRS = 5_000
#: Pairs of a site and a close image. An atom on a special position has one for each operation; more
#: are no crystal, but atoms that lie upon each other in heaps.
_MOST_CLOSE_PAIRS = 2 * MOST_IMAGES
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
    """

    xyz: FloatArray
    multiplicity: IntArray
    metric: FloatArray


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
    labels = tuple(site.label or str(site.species) for site in structure.sites)
    metric = metric_of(structure)
    xyz = np.array([site.xyz for site in structure.sites], dtype=np.float64)
    try:
        xyz, multiplicity = snap(xyz, operations=operations, metric=metric, labels=labels)
        pairs = near_pairs(
            xyz, operations=operations, metric=metric, within_angstrom=apart_angstrom
        )
        _check_occupancies(structure, labels, pairs)
    except InvalidStructureError as error:
        raise InvalidStructureError(
            f"{structure.name or 'The structure'}: {error.message}", hint=error.hint
        ) from error
    return Positions(xyz, multiplicity, metric)


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
    average: FloatArray = images.mean(axis=0)
    return average


def plain_metric(cell: Cell) -> FloatArray:
    """Metric tensor ``G_ij = a_i . a_j`` of a possible cell, shape (3, 3), square angstrom."""
    a, b, c, *angles = cell
    low, high = _EDGE_LIMITS_ANGSTROM
    # Written so that NaN fails.
    if not all(low <= edge <= high for edge in (a, b, c)):
        raise InvalidStructureError(
            f"the cell edges {a:g}, {b:g}, {c:g} are not all from {low:g} to {high:g}.",
            hint="Give the cell edges in angstrom.",
        )
    alpha, beta, gamma = np.cos(np.radians(angles))
    volume_squared = 1 - alpha**2 - beta**2 - gamma**2 + 2 * alpha * beta * gamma
    if not (all(0.0 < angle < 180.0 for angle in angles) and volume_squared > 1e-4):
        raise InvalidStructureError(
            f"no cell has the angles {', '.join(f'{v:g}' for v in angles)}.",
            hint="Give alpha, beta, gamma in degrees; each is less than the sum of the others.",
        )
    return Cell(*cell).metric


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
    _check_coordinates(xyz, labels)
    check_count(len(xyz), operations=operations)
    for _ in range(2):
        shift = images_of(xyz, operations) - xyz[:, None, :]
        shift -= np.rint(shift)
        near = _length_squared(shift, metric) < SAME_POSITION_ANGSTROM**2  # (n, s)
        stabiliser: IntArray = np.asarray(near.sum(axis=1))
        moved = (shift * near[:, :, None]).sum(axis=1) / stabiliser[:, None]
        xyz = xyz + moved
        if not np.abs(moved).max() > 1e-12:
            break
    remainder = operations.order % stabiliser
    if remainder.any():
        raise InvalidStructureError(
            f"site {labels[int(remainder.argmax())]} lies too near to some of its own images to "
            "tell its multiplicity.",
            hint="Give the coordinates with more digits, or check the space-group setting.",
        )
    return xyz, operations.order // stabiliser


def check_count(n: int, *, operations: Operations) -> None:
    """Refuse more atoms than can be looked at: n in the list, with so many operations."""
    if n * operations.order > MOST_IMAGES:
        raise InvalidStructureError(
            f"{n} atoms under {operations.order} operations are more than {MOST_IMAGES} positions.",
            hint="Give a smaller cell: a structure type shows in the primitive one.",
        )


def _check_coordinates(xyz: FloatArray, labels: tuple[str, ...]) -> None:
    sensible = (np.abs(xyz) <= _LARGEST_FRACTION).all(axis=1)  # written so that NaN fails
    if not sensible.all():
        worst = int(sensible.argmin())
        x, y, z = (f"{float(v):g}" for v in xyz[worst])
        raise InvalidStructureError(
            f"the coordinates {x}, {y}, {z} of site {labels[worst]} are no fractions of a cell, "
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


def near_pairs(
    xyz: FloatArray, *, operations: Operations, metric: FloatArray, within_angstrom: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Sites i and images of sites j nearer than a distance: i, j and the distance, each (q,).

    Every site is near itself; an image that lies on its own position counts once for every
    operation that takes it there.

    Raises
    ------
    InvalidStructureError
        Where atoms lie upon each other in heaps.
    """
    images = images_of(xyz, operations)  # (n, s, 3)
    n, s = images.shape[:2]
    if n * n * s <= _FEW_PAIRS:  # a tree does not pay
        first, image = (index.ravel() for index in np.indices((n, n * s)))
    else:
        first, image = _pairs_of_trees(xyz, images.reshape(-1, 3), metric, within_angstrom)
    shift = images.reshape(-1, 3)[image] - xyz[first]
    shift -= np.rint(shift)
    squared = _length_squared(shift, metric)
    near = squared < within_angstrom**2
    return first[near], image[near] // s, np.sqrt(squared[near])


def _pairs_of_trees(
    xyz: FloatArray, images: FloatArray, metric: FloatArray, within_angstrom: float
) -> tuple[IntArray, IntArray]:
    """All pairs nearer than a distance, and some that are not; numbers of sites and of images.

    The trees hold fractions times edges. With y = (a x, b y, c z) and the matrix C of the cosines
    between the axes a length is (y C y)^1/2, at least |y| times the root of the lowest eigenvalue.
    """
    edges = np.sqrt(np.diag(metric))
    lowest = float(np.linalg.eigvalsh(metric / np.outer(edges, edges))[0])
    reach = within_angstrom / math.sqrt(lowest)
    inside = [_inside(points, edges) for points in (xyz, images)]
    if _pairs_in_cubes(*inside, edges=edges, diagonal=reach) > _MOST_CLOSE_PAIRS:
        raise InvalidStructureError(
            f"hundreds of thousands of pairs of atoms are nearer to each other than "
            f"{within_angstrom:g} angstrom.",
            hint="Check the cell edges and the coordinates: atoms lie upon each other.",
        )
    sites, around = (
        cKDTree(points, boxsize=edges, compact_nodes=False, balanced_tree=False)
        for points in inside
    )
    pairs = sites.sparse_distance_matrix(around, reach, output_type="ndarray")
    return pairs["i"], pairs["j"]


def _pairs_in_cubes(
    first: FloatArray, second: FloatArray, *, edges: FloatArray, diagonal: float
) -> int:
    """Pairs of points that stand in one cube of a diagonal: at least as near as that."""
    per_edge = np.floor(edges / (diagonal / math.sqrt(3.0))).astype(np.int64) + 1
    first_keys, second_keys = (
        np.ravel_multi_index(tuple((points * (per_edge / edges)).astype(np.int64).T), per_edge)
        for points in (first, second)
    )
    keys, counts = np.unique(second_keys, return_counts=True)
    place = np.searchsorted(keys, first_keys).clip(max=len(keys) - 1)
    return int(counts[place][keys[place] == first_keys].sum())


def _inside(points: FloatArray, edges: FloatArray) -> FloatArray:
    """Fractions in the cell times its edges."""
    inside = (points - np.floor(points)) * edges
    inside[inside >= edges] = 0.0  # a tiny negative number rounds up to 1
    return inside


def orbit(position: FloatArray, *, operations: Operations, metric: FloatArray) -> FloatArray:
    """All positions in the cell, shape (m, 3) in [0, 1), of a snapped position (3,)."""
    images = images_of(position[None, :], operations)[0]
    images -= np.floor(images + 1e-9)
    shift = images[:, None, :] - images[None, :, :]
    shift -= np.rint(shift)
    near = _length_squared(shift, metric) < SAME_POSITION_ANGSTROM**2  # (s, s)
    # The first image near to each is unique to its position.
    positions: FloatArray = images[np.unique(near.argmax(axis=1))]
    return positions


def images_of(xyz: FloatArray, operations: Operations) -> FloatArray:
    """Images (n, s, 3) of positions (n, 3) under all operations, anywhere in space."""
    stacked, translations = _stacked(operations)
    images: FloatArray = (xyz @ stacked).reshape(len(xyz), -1, 3) + translations
    return images


@lru_cache(maxsize=1024)
def _stacked(operations: Operations) -> tuple[FloatArray, FloatArray]:
    """All rotations side by side, (3, 3 s), so that one product gives all images; translations."""
    rotations, translations = operations.all_operations()
    return rotations.transpose(2, 0, 1).reshape(3, -1).astype(np.float64), translations


def _length_squared(vectors: FloatArray, metric: FloatArray) -> FloatArray:
    products = (vectors @ metric) * vectors
    # Faster than a sum over an axis of three.
    length: FloatArray = products[..., 0] + products[..., 1] + products[..., 2]
    return length


def _check_occupancies(
    structure: Structure, labels: tuple[str, ...], pairs: tuple[IntArray, IntArray, FloatArray]
) -> None:
    """Refuse what is no element, and occupancies outside 0 to 1: single, summed, of near atoms."""
    for site, label in zip(structure.sites, labels, strict=True):
        for species, value in site.species:
            species_of_symbol(species)
            if not (math.isfinite(value) and value >= 0.0):
                raise InvalidStructureError(
                    f"the occupancy of {species} on site {label} is {value:g}.",
                    hint="Occupancies are fractions from 0 to 1.",
                )
    first, second, distance = pairs
    n = len(labels)
    together = distance < SAME_POSITION_ANGSTROM
    # An image counts once, however many operations take it there.
    here, there = np.divmod(np.unique(first[together] * np.int64(n) + second[together]), n)
    occupancy = np.array([site.occupancy for site in structure.sites])
    total = np.bincount(here, weights=occupancy[there], minlength=n)
    worst = int(total.argmax())
    if total[worst] > FULL_OCCUPANCY:
        shared = there[here == worst]
        names = ", ".join(labels[i] for i in shared[:_MOST_NAMES])
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
            f"the sites {labels[i]} and {labels[j]} overlap: their atoms are "
            f"{distance[closest]:.2f} angstrom apart, and both are there "
            f"(occupancies {occupancy[i]:.4g} and {occupancy[j]:.4g}).",
            hint="Remove one of them, or give disordered atoms occupancies that add up to 1.",
        )
