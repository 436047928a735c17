"""Reduced cells of lattices."""

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell

_PLACES = 6  # decimals of reduced edges and angles; the rest is rounding


def niggli_cell(cell: Cell, centring: str = "P") -> Cell:
    """Niggli-reduced cell of the primitive lattice; angstrom and degrees.

    Source: Gruber, Acta Cryst. A 29 (1973) 433; as gemmi does it.

    Parameters
    ----------
    cell
        Conventional cell.
    centring
        Its letter; R is obverse, in hexagonal axes.
    """
    vector = gemmi.GruberVector(gemmi.UnitCell(*cell), centring)
    vector.niggli_reduce()
    return Cell.of(np.round(vector.cell_parameters(), _PLACES).tolist())


def lattice_invariants(cell: Cell, centring: str = "P") -> FloatArray:
    """Squared lengths of the seven Voronoi vectors of a lattice, sorted; square angstrom.

    Equal lattices have equal ones, whatever their axes, and those of a lattice that is strained a
    little differ a little, which edges and angles of reduced cells do not. Source: Conway &
    Sloane, Proc. R. Soc. London A 436 (1992) 55.

    Parameters
    ----------
    cell, centring
        As `niggli_cell`.

    Returns
    -------
    Shape (7,).
    """
    vector = gemmi.GruberVector(gemmi.UnitCell(*cell), centring).selling()
    vector.reduce()
    # Scalar products of the four vectors a, b, c and d = -a - b - c of a Selling-reduced basis.
    bc, ac, ab, ad, bd, cd = vector.parameters
    edges = -np.array([ab + ac + ad, ab + bc + bd, ac + bc + cd, ad + bd + cd])
    sums = -np.array([ac + bc + ad + bd, ab + bc + ad + cd, ab + ac + bd + cd])
    return np.sort(np.concatenate((edges, sums)))


def same_lattice(
    one: tuple[Cell, str], other: tuple[Cell, str], *, tolerance: float = 0.01
) -> bool:
    """Whether two cells, each with the letter of its centring, are of one lattice.

    Their `lattice_invariants` agree within the share ``tolerance``.
    """
    ratio = lattice_invariants(*one) / lattice_invariants(*other)
    return bool(np.abs(ratio - 1.0).max() < tolerance)
