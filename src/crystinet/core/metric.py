"""The free parameters of a cell: what a crystal system leaves of the reciprocal metric."""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.cell import AXIS_PAIRS, Cell, crystal_system

_AXES = 1e-3  # degrees by which an angle may miss the value that symmetry gives it


@dataclass(frozen=True, slots=True, eq=False)
class MetricForm:
    """Which elements of the reciprocal metric tensor G* are free and equal.

    1/d^2 = h G* h is linear in the free elements, so that they follow from line places by linear
    least squares.

    Attributes
    ----------
    system
        Crystal system; ``rhombohedral`` for a trigonal cell in rhombohedral axes.
    parts
        Shape (m, 3, 3): G* is the sum of free element times part.
    diagonal
        Shape (m,): True for elements on the diagonal, the squares of reciprocal edges.
    """

    system: str
    parts: FloatArray
    diagonal: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.parts)

    def design(self, hkl: IntArray) -> FloatArray:
        """Shape (p, m): ``design @ elements`` is 1/d^2 of each line."""
        h = hkl.astype(np.float64)
        matrix: FloatArray = np.einsum("pi,mij,pj->pm", h, self.parts, h)
        return matrix

    def elements(self, cell: Cell) -> FloatArray:
        """Free elements of the reciprocal metric of a cell, shape (m,)."""
        inverse = cell.reciprocal_metric
        places = [np.argwhere(np.triu(part) > 0.0)[0] for part in self.parts]
        # The hexagonal part has 1/2 beside the diagonal, but 1 on it, where argwhere looks first.
        return np.array([inverse[i, j] for i, j in places])

    def cell(self, elements: FloatArray) -> Cell | None:
        """Cell with these elements; None where no cell has them."""
        reciprocal = np.einsum("m,mij->ij", elements, self.parts)
        if not np.isfinite(reciprocal).all() or np.linalg.eigvalsh(reciprocal)[0] <= 0.0:
            return None
        return Cell.of(np.round(Cell.of_metric(np.linalg.inv(reciprocal)), 9).tolist())


def metric_form(space_group: int, cell: Cell) -> MetricForm:
    """What is free in the metric of a cell in axes that fit its space group.

    A monoclinic cell has the unique axis of its oblique angle, or b.
    """
    system = crystal_system(space_group)
    one = np.eye(3)
    squares = [np.outer(one[i], one[i]) for i in range(3)]
    crosses = [np.outer(one[i], one[j]) + np.outer(one[j], one[i]) for i, j in AXIS_PAIRS]
    if system in ("trigonal", "hexagonal") and not cell.hexagonal:
        return _form("rhombohedral", [np.eye(3)], [np.ones((3, 3)) - np.eye(3)])
    if system == "cubic":
        return _form(system, [np.eye(3)], [])
    if system == "tetragonal":
        return _form(system, [squares[0] + squares[1], squares[2]], [])
    if system in ("trigonal", "hexagonal"):
        return _form(system, [squares[0] + squares[1] + 0.5 * crosses[2], squares[2]], [])
    if system == "orthorhombic":
        return _form(system, squares, [])
    if system == "monoclinic":
        oblique = np.abs(np.array(cell[3:]) - 90.0)
        unique = int(oblique.argmax()) if oblique.max() > _AXES else 1
        return _form(system, squares, [crosses[unique]])
    return _form(system, squares, crosses)


def _form(system: str, squares: list[FloatArray], crosses: list[FloatArray]) -> MetricForm:
    diagonal = (True,) * len(squares) + (False,) * len(crosses)
    return MetricForm(system, np.array([*squares, *crosses]), diagonal)
