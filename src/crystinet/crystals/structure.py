"""The noun `Structure`: a crystal structure with partial and mixed occupancies."""

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import NoReturn

from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError


@dataclass(frozen=True, slots=True)
class Site:
    """One site of the asymmetric unit.

    Attributes
    ----------
    species
        Pairs (element or ion, occupancy): ``(("Fe", 0.7), ("Mg", 0.3))``. An ion carries its
        charge after the element as gemmi writes it (``"Fe3+"``); occupancies add up to at most 1.
    xyz
        Fractional coordinates.
    label
        The name in the file, if any.
    b_iso
        Isotropic displacement parameter B in square angstrom; None takes the default.

    Raises
    ------
    InvalidStructureError
        Where the species are no such pairs, or the coordinates no three numbers.

    Examples
    --------
    >>> import crystinet
    >>> site = crystinet.Site((("Fe", 0.7), ("Mg", 0.3)), (0.0, 0.0, 0.5), label="M1")
    >>> site.occupancy
    1.0
    """

    species: tuple[tuple[str, float], ...]
    xyz: tuple[float, float, float]
    label: str = ""
    b_iso: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.species, tuple) or not all(map(_is_share, self.species)):
            _refuse(
                f"{self.species!r} are no species of a site.",
                'Give pairs of element and occupancy: (("Fe", 0.7), ("Mg", 0.3)).',
            )
        if not _are_numbers(self.xyz, 3):
            _refuse(f"{self.xyz!r} are no coordinates of a site.", "Give x, y, z, three numbers.")

    @property
    def occupancy(self) -> float:
        """Sum over the species."""
        return sum(occupancy for _, occupancy in self.species)


@dataclass(frozen=True, slots=True)
class Structure:
    """A crystal structure: cell, space-group operations (as a Hall symbol) and asymmetric unit.

    Attributes
    ----------
    cell
        a, b, c in angstrom, alpha, beta, gamma in degrees; six plain numbers will do.
    hall_symbol
        The operations in this setting and origin; ``"P 1"`` with all atoms of the cell is always
        possible.
    sites
        The asymmetric unit.
    name
        Formula, file name or database code, for messages.

    Raises
    ------
    InvalidStructureError
        Without any site, or with other things than numbers, text and sites. Whether cell, symbol
        and occupancies are possible is found out by what works on the structure.

    Examples
    --------
    >>> import crystinet
    >>> salt = crystinet.Structure(
    ...     cell=(5.64, 5.64, 5.64, 90.0, 90.0, 90.0),
    ...     hall_symbol="-F 4 2 3",
    ...     sites=(
    ...         crystinet.Site((("Na", 1.0),), (0.0, 0.0, 0.0)),
    ...         crystinet.Site((("Cl", 1.0),), (0.5, 0.5, 0.5)),
    ...     ),
    ... )
    >>> crystinet.assign(salt).type.name
    'NaCl'
    """

    cell: Cell
    hall_symbol: str
    sites: tuple[Site, ...]
    name: str = ""

    def __repr__(self) -> str:
        cell = " ".join(f"{value:g}" for value in self.cell)
        return f"Structure {self.name!r}: {cell}, {self.hall_symbol}, {len(self.sites)} sites"

    def __post_init__(self) -> None:
        name = self.name or "The structure"
        if not _are_numbers(self.cell, 6):
            _refuse(f"{name} has the cell {self.cell!r}.", "Give a, b, c, alpha, beta, gamma.")
        if not isinstance(self.hall_symbol, str):
            _refuse(
                f"{name} has the Hall symbol {self.hall_symbol!r}.",
                'Give text, as in the International Tables: "-F 4 2 3".',
            )
        sites = tuple(self.sites) if isinstance(self.sites, Iterable) else ()
        if not sites:
            _refuse(
                f"{name} has no atoms.",
                "The CIF needs an _atom_site loop with fractional coordinates.",
            )
        if not all(isinstance(site, Site) for site in sites):
            _refuse(f"{name} has other things than sites among its sites.", "Make each a Site.")
        object.__setattr__(self, "cell", Cell(*self.cell))
        object.__setattr__(self, "sites", sites)


def _is_share(pair: object) -> bool:
    return (
        isinstance(pair, tuple)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and _is_number(pair[1])
    )


def _are_numbers(values: object, count: int) -> bool:
    if isinstance(values, str) or not isinstance(values, Iterable):
        return False
    numbers = tuple(values)
    return len(numbers) == count and all(map(_is_number, numbers))


def _is_number(value: object) -> bool:
    # Asking the abstract class takes most of the time of making a site.
    return type(value) is float or isinstance(value, Real)


def _refuse(problem: str, hint: str) -> NoReturn:
    raise InvalidStructureError(problem, hint=hint)
