"""Space group, standardised cell and Wyckoff positions, searched with moyopy."""

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import moyopy
import numpy as np

from crystinet.core.cell import CRYSTAL_SYSTEMS, Cell, crystal_system
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.expansion import Species, UnitCell, expand, merged
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.wyckoff import canonical_letters, sequence

# moyo logs what it does through Python's logging; without a handler it would reach stderr.
logging.getLogger("moyo").addHandler(logging.NullHandler())

#: Two mixed sites are the same pseudo-species if no occupancy differs by more than this.
OCCUPANCY_TOLERANCE = 0.02

#: Atoms of a cell whose symmetry is searched: the time and the memory it takes grow with their
#: square.
MOST_ATOMS = 4000


@lru_cache(maxsize=1024)
def hall_symbol_of(hall_number: int) -> str:
    """Hall symbol of the setting that spglib and moyo number 1 to 530.

    Raises
    ------
    InvalidStructureError
        Where there is no such number.
    """
    try:
        return str(moyopy.HallSymbolEntry(hall_number).hall_symbol).replace("=", '"')
    except (ValueError, OverflowError) as error:
        raise InvalidStructureError(
            f"There is no Hall number {hall_number}.", hint="Hall numbers run from 1 to 530."
        ) from error


@dataclass(frozen=True, slots=True)
class Orbit:
    """One crystallographic orbit: what sits on one Wyckoff position.

    Attributes
    ----------
    species
        Pairs (element, occupancy), sorted by element.
    letter, multiplicity
        Wyckoff letter and number of atoms in the conventional cell.
    xyz
        One representative position, fractional.
    """

    species: Species
    letter: str
    multiplicity: int
    xyz: tuple[float, float, float]

    @property
    def occupancy(self) -> float:
        """Sum over the species."""
        return sum(occupancy for _, occupancy in self.species)

    @property
    def main_element(self) -> str:
        """The element with the largest share."""
        return max(self.species, key=lambda pair: pair[1])[0]


@dataclass(frozen=True)
class Symmetry:
    """The symmetry of a structure in the standard setting (spglib's, Hall numbers 1-530).

    Attributes
    ----------
    space_group, hall_number
        International number and the Hall number of the setting.
    cell
        Standardised conventional cell: angstrom, degrees.
    orbits
        The occupied Wyckoff positions.
    symprec
        Tolerance that the search came down to, in angstrom; None if the symmetry was given.
    """

    space_group: int
    hall_number: int
    cell: Cell
    orbits: tuple[Orbit, ...]
    symprec: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", Cell(*self.cell))

    @cached_property
    def crystal_system(self) -> str:
        """Triclinic, monoclinic, orthorhombic, tetragonal, trigonal, hexagonal or cubic."""
        return crystal_system(self.space_group)

    @cached_property
    def hall_symbol(self) -> str:
        """The setting's operations."""
        return hall_symbol_of(self.hall_number)

    @cached_property
    def pearson_symbol(self) -> str:
        """Lattice and number of atom positions in the conventional cell, such as ``"cF8"``.

        A rhombohedral lattice counts its primitive cell (hR10 for calcite), as databases do; a
        partly occupied position counts as one.
        """
        _, lattice = CRYSTAL_SYSTEMS[self.crystal_system]
        centring = self.hall_symbol.lstrip("-")[0]
        centring = "S" if centring in "ABC" else centring
        atoms = sum(orbit.multiplicity for orbit in self.orbits)
        return f"{lattice}{centring}{atoms // 3 if centring == 'R' else atoms}"

    @cached_property
    def letters(self) -> str:
        """Wyckoff letters of the orbits, in their order."""
        return "".join(orbit.letter for orbit in self.orbits)

    @cached_property
    def wyckoff(self) -> str:
        """Canonical Wyckoff sequence, such as ``"e d a"`` for spinel; see `wyckoff`."""
        return sequence(canonical_letters(self.space_group, self.letters))

    @cached_property
    def composition(self) -> dict[str, float]:
        """Atoms of each element in the conventional cell."""
        amounts: dict[str, float] = defaultdict(float)
        for orbit in self.orbits:
            for element, occupancy in orbit.species:
                amounts[element] += occupancy * orbit.multiplicity
        return dict(amounts)

    def structure(self, name: str = "") -> Structure:
        """Give the standardised structure."""
        sites = tuple(Site(orbit.species, orbit.xyz) for orbit in self.orbits)
        return Structure(self.cell, self.hall_symbol, sites, name)


def pseudo_species(species: tuple[Species, ...]) -> list[int]:
    """Number the distinct mixed species from 1; vacancies count, small differences do not."""
    distinct: list[dict[str, float]] = []
    known: dict[Species, int] = {}
    for kind in species:
        if kind in known:
            continue
        amounts = dict(kind)
        for number, other in enumerate(distinct, start=1):
            if amounts.keys() == other.keys() and all(
                abs(amounts[element] - other[element]) <= OCCUPANCY_TOLERANCE for element in amounts
            ):
                known[kind] = number
                break
        else:
            distinct.append(amounts)
            known[kind] = len(distinct)
    return [known[kind] for kind in species]


def check_size(atoms: int) -> None:
    """Refuse a cell of more atoms than `MOST_ATOMS`; InvalidStructureError."""
    if atoms > MOST_ATOMS:
        raise InvalidStructureError(
            f"The cell holds {atoms} atoms; symmetry is searched in at most {MOST_ATOMS}.",
            hint="Give a smaller cell: a structure type shows in the primitive one.",
        )


def analyse(structure: Structure, *, symprec: float = 0.01) -> Symmetry:
    """Find the space group, the standardised cell and the Wyckoff positions of a structure.

    Parameters
    ----------
    structure
        Any setting, any cell; mixed and partial occupancies make pseudo-species.
    symprec
        Tolerance in angstrom; moyo lowers it by itself where atoms are too close for it.

    Raises
    ------
    InvalidStructureError
        The structure is impossible, or the search fails.
    """
    return analyse_cell(expand(structure), symprec=symprec)


def analyse_cell(atoms: UnitCell, *, symprec: float = 0.01) -> Symmetry:
    """Do what `analyse` does, from all atoms of a cell."""
    check_size(len(atoms.species))
    numbers = pseudo_species(atoms.species)
    cell = moyopy.Cell(atoms.basis.tolist(), atoms.positions.tolist(), numbers)
    try:
        found = moyopy.MoyoDataset(cell, symprec=symprec, setting=moyopy.Setting.spglib())
    except (ValueError, RuntimeError) as error:
        raise InvalidStructureError(
            f"No symmetry found in {len(numbers)} atoms at {symprec:g} angstrom: {error}.",
            hint="Check for atoms on top of each other, or use a smaller tolerance.",
        ) from error
    basis = np.array(found.std_cell.basis)
    primitive = np.array(found.prim_std_cell.positions) @ found.prim_std_cell.basis
    positions = primitive @ np.linalg.inv(basis)
    scale = len(found.std_cell.numbers) / len(numbers)
    sizes = Counter(found.orbits)
    orbits = []
    for first, size in sizes.items():
        xyz = positions[found.mapping_std_prim[first]] % 1.0
        orbits.append(
            Orbit(
                species=merged(atoms.species[first]),
                letter=found.wyckoffs[first],
                multiplicity=round(size * scale),
                xyz=(float(xyz[0]), float(xyz[1]), float(xyz[2])),
            )
        )
    orbits.sort(key=lambda orbit: (orbit.letter, orbit.species, orbit.xyz))
    standard = Cell.of_metric(basis @ basis.T)
    return Symmetry(found.number, found.hall_number, standard, tuple(orbits), found.symprec)
