"""Powder reflections of a crystal structure: d, multiplicity and squared structure factors."""

from dataclasses import dataclass

from crystinet.core.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Reflections:
    """The symmetry-independent reflections of one structure, without any wavelength.

    Attributes
    ----------
    hkl
        Shape (p, 3), one representative of each symmetry-equivalent set (Friedel mates merged).
    d_angstrom
        Shape (p,), decreasing.
    multiplicity
        Shape (p,), number of equivalent reflections including Friedel mates.
    f_squared
        Shape (p,), ``|F|^2`` per conventional cell, electrons squared, with displacement factors.
    cell
        The cell that gave ``d_angstrom``; strain changes d and leaves the rest.
    space_group
        International number.
    """

    hkl: IntArray
    d_angstrom: FloatArray
    multiplicity: IntArray
    f_squared: FloatArray
    cell: tuple[float, float, float, float, float, float]
    space_group: int
