"""Images of positions under a space group, and which positions are near to each other."""

import math
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import Operations

#: Atoms of the list times operations of the space group: more are refused.
MOST_IMAGES = 200_000

_FEW_PAIRS = 20_000
#: Pairs of a site and a close image. An atom on a special position has one for each operation; more
#: are no crystal, but atoms that lie upon each other in heaps.
_MOST_CLOSE_PAIRS = 2 * MOST_IMAGES
_MOST_CUBES_PER_EDGE = 2**20


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


def length_squared(vectors: FloatArray, metric: FloatArray) -> FloatArray:
    """Squared lengths of fractional vectors (..., 3), square angstrom."""
    # One product of two matrices is faster than many of small ones.
    products = (vectors.reshape(-1, 3) @ metric).reshape(vectors.shape) * vectors
    # Faster than a sum over an axis of three.
    length: FloatArray = products[..., 0] + products[..., 1] + products[..., 2]
    return length


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
    every = np.arange(len(xyz) * operations.order)
    return near_images(
        xyz, every, operations=operations, metric=metric, within_angstrom=within_angstrom
    )


def near_images(
    xyz: FloatArray,
    image: IntArray,
    *,
    operations: Operations,
    metric: FloatArray,
    within_angstrom: float,
) -> tuple[IntArray, IntArray, FloatArray]:
    """`near_pairs` of some images: ``i s + o`` is that of site i under operation o, shape (m,)."""
    points = images_of(xyz, operations).reshape(-1, 3)[image]
    if len(xyz) * len(image) <= _FEW_PAIRS:  # a tree does not pay
        shift = points - xyz[:, None]
        shift -= np.rint(shift)
        squared = length_squared(shift, metric)
        first, second = (squared < within_angstrom**2).nonzero()
        squared = squared[first, second]
    else:
        first, second = _pairs_of_trees(xyz, points, metric, within_angstrom)
        shift = points[second] - xyz[first]
        shift -= np.rint(shift)
        squared = length_squared(shift, metric)
        near = squared < within_angstrom**2
        first, second, squared = first[near], second[near], squared[near]
    return first, image[second] // operations.order, np.sqrt(squared)


def _pairs_of_trees(
    xyz: FloatArray, images: FloatArray, metric: FloatArray, within_angstrom: float
) -> tuple[IntArray, IntArray]:
    """All pairs nearer than a distance, and some that are not; numbers of sites and of images.

    The trees hold fractions times edges. With y = (a x, b y, c z) and the matrix C of the cosines
    between the axes a length is (y C y)^1/2, at least |y| times the root of the lowest eigenvalue.
    """
    from scipy.spatial import cKDTree  # here: it takes longer to import than an answer takes

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
    """Pairs of points that stand in one cube of a diagonal: at least as near as that.

    Of a tiny diagonal, or none, the cubes are a little larger: their numbers have to fit 64 bits.
    """
    cube = max(diagonal / math.sqrt(3.0), float(edges.max()) / _MOST_CUBES_PER_EDGE)
    per_edge = np.floor(edges / cube).astype(np.int64) + 1
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
