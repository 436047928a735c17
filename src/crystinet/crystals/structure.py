"""The noun `Structure`: a crystal structure with partial and mixed occupancies."""

from dataclasses import dataclass

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
        Without any site. Whether cell, symbol and occupancies are possible is found out by what
        works on the structure.

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", Cell(*self.cell))
        if not self.sites:
            raise InvalidStructureError(
                f"{self.name or 'The structure'} has no atoms.",
                hint="The CIF needs an _atom_site loop with fractional coordinates.",
            )
