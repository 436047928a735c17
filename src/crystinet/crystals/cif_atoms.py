"""Cell, formula and atom list of a CIF data block."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import gemmi
import numpy as np

from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.cif_symmetry import text_value
from crystinet.crystals.images import MOST_IMAGES
from crystinet.crystals.positions import plain_metric
from crystinet.crystals.species import species_of_label, species_of_symbol

_CELL_ITEMS = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_COLUMNS = (
    "fract_x",
    "fract_y",
    "fract_z",
    "?label",
    "?type_symbol",
    "?occupancy",
    "?B_iso_or_equiv",
    "?U_iso_or_equiv",
    "?calc_flag",
)
_TENSOR = ("11", "22", "33", "23", "13", "12")
_B_OF_U = 8.0 * math.pi**2
#: Square angstrom; atoms of a liquid have less.
_LARGEST_B = 1000.0


@dataclass(frozen=True, slots=True)
class Atom:
    """One row of the atom list: B in square angstrom, None where it gives no positive one."""

    label: str
    species: str
    occupancy: float
    xyz: tuple[float, float, float]
    b_iso: float | None


def read_cell(block: gemmi.cif.Block) -> Cell:
    """Cell edges and angles; an angle that is not given is 90 degrees, as CIF's dictionary says.

    Raises
    ------
    InvalidStructureError
        Where an item is missing or no number.
    """
    values = []
    for item in _CELL_ITEMS:
        text = text_value(block, (f"_cell_{item}", f"_cell.{item}"))
        if not text and item.startswith("angle"):
            text = "90"
        value = gemmi.cif.as_number(text)
        if not math.isfinite(value):
            raise InvalidStructureError(
                f"_cell_{item} is {repr(text) if text else 'missing'}.",
                hint="Give edges in angstrom and angles in degrees.",
            )
        values.append(value)
    return Cell.of(values)


def formula_amounts(block: gemmi.cif.Block) -> dict[str, float]:
    """Amounts in ``_chemical_formula_sum``; empty where there is none that can be read."""
    text = text_value(block, ("_chemical_formula_sum", "_chemical_formula.sum"))
    amounts: dict[str, float] = {}
    for element, amount in re.findall(r"([A-Z][a-z]?)\s*(\d+\.?\d*|\.\d+)?", text):
        amounts[element] = amounts.get(element, 0.0) + float(amount or 1.0)
    return amounts


def read_atoms(block: gemmi.cif.Block, cell: Cell) -> list[Atom]:
    """Atoms of the block in its order, without those of occupancy 0.

    Raises
    ------
    InvalidStructureError
        Where an atom is a dummy, lacks a coordinate or cannot be read; names atom and item.
    """
    prefix = "_atom_site." if len(block.find_values("_atom_site.fract_x")) else "_atom_site_"
    table = block.find(prefix, list(_COLUMNS))
    if not len(table):
        raise InvalidStructureError(
            f"{prefix}fract_x, {prefix}fract_y and {prefix}fract_z are not in one loop.",
            hint="Give each atom all three coordinates.",
        )
    if len(table) > MOST_IMAGES:
        raise InvalidStructureError(
            f"{len(table)} atoms are more than {MOST_IMAGES}.",
            hint="Give a smaller cell: a structure type shows in the primitive one.",
        )
    elements = formula_amounts(block).keys()
    tensors = _b_of_tensors(block, cell)
    atoms = []
    for number, row in enumerate(table, start=1):
        values = {
            name.lstrip("?"): gemmi.cif.as_string(row[i]).strip()
            for i, name in enumerate(_COLUMNS)
            if row.has(i)
        }
        atom = _read_atom(values, number=number, elements=elements, tensors=tensors)
        if atom.occupancy != 0.0:
            atoms.append(atom)
    if not atoms:
        raise InvalidStructureError(
            "every atom has occupancy 0.", hint="At least one occupancy must be above 0."
        )
    return atoms


def _read_atom(
    values: Mapping[str, str],
    *,
    number: int,
    elements: Collection[str],
    tensors: Mapping[str, float],
) -> Atom:
    label = values.get("label", "")
    symbol = values.get("type_symbol", "")
    name = next((text for text in (label, symbol) if _is_given(text)), f"number {number}")
    if values.get("calc_flag", "").lower() == "dum":
        raise InvalidStructureError(
            f"atom {name} is a dummy (_atom_site_calc_flag dum).", hint="Remove dummy atoms."
        )
    try:
        if _is_given(symbol):
            species = species_of_symbol(symbol)
        else:
            species = species_of_label(label, elements=elements)
    except InvalidStructureError as error:
        raise InvalidStructureError(f"atom {name}: {error.message}", hint=error.hint) from error
    x, y, z = (_number(values, f"fract_{axis}", name=name) for axis in "xyz")
    # "." stands for the default, which the CIF dictionary says is 1.
    full = values.get("occupancy", ".") == "."
    return Atom(
        label=name,
        species=species,
        occupancy=1.0 if full else _number(values, "occupancy", name=name),
        xyz=(x, y, z),
        b_iso=_b_iso(values, tensors.get(label), name=name),
    )


def _b_iso(values: Mapping[str, str], tensor: float | None, *, name: str) -> float | None:
    """B from B or U, else from the tensor; None where none is positive."""
    for item, factor in (("B_iso_or_equiv", 1.0), ("U_iso_or_equiv", _B_OF_U)):
        if _is_given(values.get(item, "")):
            value = factor * _number(values, item, name=name)
            if value > _LARGEST_B:
                raise InvalidStructureError(
                    f"_atom_site_{item} of atom {name} is {values[item]}: "
                    "more than any atom moves.",
                    hint=f"B is at most {_LARGEST_B:g} square angstrom; U = B / (8 pi^2).",
                )
            if value > 0.0:
                return value
    return tensor if tensor is not None and tensor > 0.0 else None


def _b_of_tensors(block: gemmi.cif.Block, cell: Cell) -> dict[str, float]:
    r"""B of each label from its displacement tensor.

    .. math:: U_{eq} = \frac{1}{3} \sum_{ij} U_{ij} a^*_i a^*_j\, a_i \cdot a_j

    Source: R. X. Fischer & E. Tillmanns, Acta Cryst. C44 (1988) 775.
    """
    rows = [
        (row, factor)
        for kind, factor in (("B", 1.0), ("U", _B_OF_U))
        for prefix in (f"_atom_site_aniso_{kind}_", f"_atom_site_aniso.{kind}_")
        for row in block.find(
            [f"{prefix[: -len(kind) - 1]}label", *(prefix + index for index in _TENSOR)]
        )
    ]
    metric = plain_metric(cell)
    if not rows:
        return {}
    reciprocal = np.sqrt(np.diag(np.linalg.inv(metric)))
    weights = metric * np.outer(reciprocal, reciprocal) / 3.0
    equivalents = {}
    for row, factor in rows:
        u11, u22, u33, u23, u13, u12 = (gemmi.cif.as_number(row[i]) for i in range(1, 7))
        tensor = np.array([[u11, u12, u13], [u12, u22, u23], [u13, u23, u33]])
        value = factor * float((weights * tensor).sum())
        if value <= _LARGEST_B:  # and no NaN
            equivalents[gemmi.cif.as_string(row[0]).strip()] = value
    return equivalents


def _number(values: Mapping[str, str], item: str, *, name: str) -> float:
    text = values[item]
    value = gemmi.cif.as_number(text)
    if not math.isfinite(value):
        raise InvalidStructureError(
            f"_atom_site_{item} of atom {name} is "
            f"{f'{text!r}, not a number' if text else 'not given'}.",
            hint="Give the value, or remove the atom if its position is not known.",
        )
    return float(value)


def _is_given(text: str) -> bool:
    return text not in ("", "?", ".")
