"""The noun `KnownLines`: what lines are laid on a pattern, of a compound or of a reference."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray, read_only_floats, read_only_ints
from crystinet.core.cell import Cell, crystal_system
from crystinet.core.diffraction import lorentz_polarisation_of_d
from crystinet.core.errors import InvalidStructureError, UnknownTypeError
from crystinet.corpus.index.index import CompoundIndex
from crystinet.corpus.index.table import KnownCompound
from crystinet.crystals.formulas import readable_formula
from crystinet.crystals.structure import Structure

# Lines of the reference of a type: as many as those of an index, and at least as far.
_REFERENCE_LINES = 64
REFERENCE_D_MIN = 0.8


@dataclass(frozen=True, eq=False)
class KnownLines:
    """What lines are laid on a pattern.

    Attributes
    ----------
    name
        For people: formula and origin.
    cell
        In axes that fit the space group.
    space_group
        International number.
    hkl
        Shape (p, 3), the strongest lines.
    strength
        Shape (p,): multiplicity times ``|F|^2``, on any scale.
    """

    name: str
    cell: Cell
    space_group: int
    hkl: IntArray
    strength: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "hkl", read_only_ints(self.hkl))
        object.__setattr__(self, "strength", read_only_floats(self.strength))

    @cached_property
    def d_angstrom(self) -> FloatArray:
        """Shape (p,)."""
        return self.cell.d_spacing(self.hkl)

    def intensity(self, wavelength_angstrom: float, *, scale: float = 1.0) -> FloatArray:
        """Intensities of a cell with edges ``scale`` times as long, shape (p,), the largest 1."""
        factor = lorentz_polarisation_of_d(scale * self.d_angstrom, wavelength_angstrom)
        intensity = self.strength * factor
        relative: FloatArray = intensity / intensity.max()
        return relative

    @property
    def setting(self) -> "Setting":
        """Cell and space group alone."""
        return Setting(self.name, self.cell, self.space_group)


@dataclass(frozen=True, slots=True)
class Setting:
    """In which axes a compound is described.

    Attributes
    ----------
    name
        Of the compound, for people.
    cell
        In axes that fit the space group.
    space_group
        International number.
    """

    name: str
    cell: Cell
    space_group: int

    def holds_as_much_as(self, other: "Setting") -> bool:
        """Whether the cells of two compounds of one type hold the same number of atoms.

        They do where space group and kind of axes are the same: both cells are conventional.
        """
        return self.space_group == other.space_group and self.cell.hexagonal == other.cell.hexagonal


def known_compound(index: CompoundIndex, number: int) -> KnownLines:
    """Lines of a compound of an index."""
    compound, lines = index.compounds[number], index.lines_of(number)
    setting = setting_of(compound)
    return KnownLines(
        name=setting.name,
        cell=setting.cell,
        space_group=setting.space_group,
        hkl=lines.hkl,
        strength=lines.strength,
    )


def setting_of(compound: KnownCompound) -> Setting:
    """Axes of a compound of an index."""
    name = f"{readable_formula(compound.formula)} ({compound.source_id or compound.source})"
    return Setting(name, compound.cell, compound.space_group)


@lru_cache(maxsize=256)
def reference_of(
    type_name: str,
    *,
    d_min_angstrom: float = REFERENCE_D_MIN,
    given: Structure | None = None,
) -> KnownLines | None:
    """Lines of the reference structure of a type; None where there is none.

    Parameters
    ----------
    type_name
        A name of the catalogue.
    d_min_angstrom
        Lines are computed down to this d.
    given
        What stands for it where the catalogue has none: the structure that taught the type.
    """
    # Here: most answers need the compounds of the index alone, and these take long to import.
    from crystinet.corpus.datasets.lines import lines_of
    from crystinet.crystals.catalogue import find_type
    from crystinet.crystals.hall import operations_of

    try:
        structure = find_type(type_name).reference
    except (UnknownTypeError, InvalidStructureError):
        if given is None:
            return None
        structure = given
    lines = lines_of(
        structure,
        space_group=operations_of(structure.hall_symbol).space_group,
        d_min_angstrom=d_min_angstrom,
        max_lines=_REFERENCE_LINES,
        variants=0,
        seed=0,
    )
    if lines is None:
        return None
    found = lines.reflections
    own = f": {structure.name}" if structure.name not in ("", type_name) else ""
    return KnownLines(
        name=f"reference of {type_name}{own}",
        cell=found.cell,
        space_group=found.space_group,
        hkl=found.hkl,
        strength=found.multiplicity * found.f_squared,
    )


def in_same_axes(cell: Cell, other: Cell, *, space_group: int) -> bool:
    """Whether the axes of two cells of one space group can be the same ones.

    Of an orthorhombic or less symmetric compound, axes may be named in another order, and a
    monoclinic cell may be chosen in several ways. They are the same where no other order of the
    edges is closer, and where the angles differ by less than 8 degrees.
    """
    if crystal_system(space_group) in ("cubic", "tetragonal", "trigonal", "hexagonal"):
        return True
    if np.abs(np.array(cell[3:]) - np.array(other[3:])).max() > 8.0:
        return False
    ratios = np.log(np.array(cell[:3])[:, None] / np.array(other[:3]))
    orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    misfits = [float(np.ptp(ratios[range(3), order])) for order in orders]
    return misfits[0] <= min(misfits) + 1e-9
