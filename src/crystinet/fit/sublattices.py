"""How one lattice follows from another: as a part of its points, strained a little."""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.crystals.reduction import lattice_invariants

#: Points of the parent's lattice for one of a derivative's, at most.
LARGEST_INDEX = 8
#: Largest strain of the parent's lattice, and by how much, in the logarithm, its edges differ from
#: where its lines lie best on the pattern.
LARGEST_STRAIN, LARGEST_SCALE = 0.03, 0.04
# A sublattice that is strained less by this is the better one; else the one with fewer points.
_LESS_STRAIN = 1e-4
# Reduced axes of a strained lattice differ from the others' by so much, of the longest squared.
_SAME_AXES = 4.0 * LARGEST_STRAIN
_ROUNDS = 100

# Shortest axes of centred cells, rows; R is obverse, in hexagonal axes.
_PRIMITIVE = {
    "P": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "I": ((-1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (1 / 2, 1 / 2, -1 / 2)),
    "F": ((0, 1 / 2, 1 / 2), (1 / 2, 0, 1 / 2), (1 / 2, 1 / 2, 0)),
    "A": ((1, 0, 0), (0, 1 / 2, 1 / 2), (0, -1 / 2, 1 / 2)),
    "B": ((1 / 2, 0, 1 / 2), (0, 1, 0), (-1 / 2, 0, 1 / 2)),
    "C": ((1 / 2, 1 / 2, 0), (-1 / 2, 1 / 2, 0), (0, 0, 1)),
    "R": ((2 / 3, 1 / 3, 1 / 3), (-1 / 3, 1 / 3, 1 / 3), (-1 / 3, -2 / 3, 1 / 3)),
}


@dataclass(frozen=True, slots=True, eq=False)
class LatticeDescent:
    """How a lattice follows from that of a parent.

    Attributes
    ----------
    index
        Points of the parent's lattice for one of its own.
    strain
        Largest relative change of the length of a Voronoi vector, beside a common scale.
    matrix
        Shape (3, 3): indices in the parent's axes (rows), times it, are those in the own axes.
    """

    index: int
    strain: float
    matrix: FloatArray


def descent_of(
    lattice: tuple[Cell, str], parent: tuple[Cell, str], *, scale: float
) -> LatticeDescent | None:
    """How a lattice follows from that of a parent; None where it does not.

    Parameters
    ----------
    lattice, parent
        Conventional cells with the letters of their centrings.
    scale
        What the parent's edges are multiplied by, about.
    """
    own, first = (_primitive_axes(*each) for each in (lattice, parent))
    ratio = abs(float(np.linalg.det(own) / np.linalg.det(first)))
    wanted = np.sqrt(lattice_invariants(*lattice))
    best: tuple[float, int, FloatArray] | None = None
    for index in range(1, LARGEST_INDEX + 1):
        size = (ratio / index) ** (1.0 / 3.0)
        if abs(math.log(size / scale)) > LARGEST_SCALE:
            continue
        for part in _sublattices(index):
            cell = Cell.of_metric(part @ first @ (part @ first).T)
            edges = np.sqrt(lattice_invariants(cell)) * size
            strain = float(np.abs(np.log(edges / wanted)).max())
            if strain < LARGEST_STRAIN and (best is None or strain < best[0] - _LESS_STRAIN):
                best = strain, index, part
    if best is None:
        return None
    strain, index, part = best
    turn = _turn(part @ first, own)
    if turn is None:
        return None
    letters = (np.array(_PRIMITIVE[centring]) for _, centring in (lattice, parent))
    of_own, of_parent = letters
    change = np.linalg.inv(of_own) @ turn @ part @ of_parent
    return LatticeDescent(index, strain, change.T)


def _primitive_axes(cell: Cell, centring: str) -> FloatArray:
    """Axes of the primitive lattice in cartesian axes, angstrom, rows."""
    axes = np.array(gemmi.UnitCell(*cell).orth.mat.tolist()).T
    primitive: FloatArray = np.array(_PRIMITIVE[centring]) @ axes
    return primitive


@lru_cache
def _sublattices(index: int) -> tuple[FloatArray, ...]:
    """All with one of so many points: Hermite's normal form, rows in units of the axes."""
    return tuple(
        np.array([[a, 0.0, 0.0], [i, b, 0.0], [j, k, index // (a * b)]])
        for a, b in product(range(1, index + 1), repeat=2)
        if index % (a * b) == 0
        for i, j, k in product(range(a), range(a), range(b))
    )


@lru_cache(maxsize=1)
def _turns() -> IntArray:
    """Whole numbers -1, 0 and 1 that turn axes into others of the same lattice, (t, 3, 3)."""
    some = np.array(list(product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
    kept: IntArray = some[np.abs(np.rint(np.linalg.det(some))) == 1]
    return kept


def _turn(axes: FloatArray, wanted: FloatArray) -> FloatArray | None:
    """Whole numbers (3, 3) that turn axes into those of a lattice that is strained a little.

    Between two reduced bases of nearly equal lattices they are small.
    """
    (one, first), (other, second) = _reduced(axes), _reduced(wanted)
    goal = other @ other.T
    metric = one @ one.T
    metric *= (np.linalg.det(goal) / np.linalg.det(metric)) ** (1.0 / 3.0)
    turns = _turns()
    miss = np.abs(turns @ metric @ turns.transpose(0, 2, 1) - goal).max(axis=(1, 2))
    best = int(miss.argmin())
    if miss[best] > _SAME_AXES * goal.diagonal().max():
        return None
    turn: FloatArray = np.linalg.inv(second) @ turns[best] @ first
    return turn


def _reduced(axes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Short axes of a lattice, after Minkowski, and the whole numbers that give them."""
    turn = np.eye(3)
    tried = np.array([(i, j, 1.0) for i, j in product((-1, 0, 1), repeat=2)])
    for _ in range(_ROUNDS):
        turn = turn[np.argsort(((turn @ axes) ** 2).sum(axis=1), kind="stable")]
        a, b, c = turn @ axes
        along = float(np.rint(a @ b / (a @ a)))
        if along and float(((b - along * a) ** 2).sum()) < (1.0 - 1e-9) * float(b @ b):
            turn[1] -= along * turn[0]
            continue
        shorter = ((tried @ (turn @ axes)) ** 2).sum(axis=1)
        if shorter.min() >= (1.0 - 1e-9) * float(c @ c):
            break
        turn[2] = tried[shorter.argmin()] @ turn
    return turn @ axes, turn
