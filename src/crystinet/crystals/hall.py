"""Space-group operations from a Hall symbol, and Hall symbols from spglib's Hall numbers."""

from dataclasses import dataclass
from functools import lru_cache

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray, IntArray, read_only_ints
from crystinet.core.errors import InvalidStructureError

#: Translations are stored as integers in units of 1/24 of a cell edge, so that they are exact.
TRANSLATION_UNIT = 24


@dataclass(frozen=True, slots=True, eq=False)
class Operations:
    """The operations ``x -> R x + t`` of one space group in one setting and origin.

    Attributes
    ----------
    rotations
        Shape (s, 3, 3), without the lattice centring.
    translations
        Shape (s, 3), in units of 1/24.
    centring
        Shape (c, 3), lattice translations inside the cell in units of 1/24, zero included.
    space_group
        International number; 0 where the operations are in no table of settings.
    hall_symbol
        The symbol that gives these operations; empty where they are in no table.
    """

    rotations: IntArray
    translations: IntArray
    centring: IntArray
    space_group: int
    hall_symbol: str

    def __post_init__(self) -> None:
        for name in ("rotations", "translations", "centring"):
            object.__setattr__(self, name, read_only_ints(getattr(self, name)))

    @property
    def order(self) -> int:
        """Multiplicity of the general position, centring included."""
        return len(self.rotations) * len(self.centring)

    @property
    def fractional_translations(self) -> FloatArray:
        """Translations as fractions of the cell edges, shape (s, 3)."""
        return self.translations / TRANSLATION_UNIT

    def all_operations(self) -> tuple[IntArray, FloatArray]:
        """All with centring: rotations (s c, 3, 3) and fractional translations (s c, 3)."""
        shifted = self.translations[:, None, :] + self.centring[None, :, :]
        rotations = np.repeat(self.rotations, len(self.centring), axis=0)
        return rotations, shifted.reshape(-1, 3) % TRANSLATION_UNIT / TRANSLATION_UNIT


@lru_cache(maxsize=1024)
def operations_of(hall_symbol: str) -> Operations:
    """Operations of a Hall symbol (S. R. Hall, Acta Cryst. A37 (1981) 517).

    Raises
    ------
    InvalidStructureError
        Where gemmi cannot read the symbol.
    """
    try:
        # spglib and moyo write '=' for the '"' of Hall's own notation.
        group = gemmi.symops_from_hall(hall_symbol.replace("=", '"'))
    except (RuntimeError, ValueError) as error:
        raise InvalidStructureError(
            f"Hall symbol {hall_symbol!r} cannot be read: {error}.",
            hint='Write it as in the International Tables, for instance "-F 4 2 3".',
        ) from error
    return operations_of_group(group, hall_symbol=hall_symbol)


def operations_of_group(group: gemmi.GroupOps, *, hall_symbol: str = "") -> Operations:
    """Operations that gemmi holds; the Hall symbol is looked up unless given."""
    entry = gemmi.find_spacegroup_by_ops(group)
    operations = group.sym_ops
    return Operations(
        rotations=np.array([op.rot for op in operations]) // gemmi.Op.DEN,
        translations=np.array([op.tran for op in operations]) % gemmi.Op.DEN,
        centring=np.array(group.cen_ops) % gemmi.Op.DEN,
        space_group=0 if entry is None else entry.number,
        hall_symbol=hall_symbol or ("" if entry is None else entry.hall),
    )
