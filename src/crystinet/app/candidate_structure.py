"""Use case: a structure of a candidate to look at, as it is known, at the size of the sample."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from crystinet.app.candidate_lines import LineFinder
from crystinet.app.reading import structure_in
from crystinet.core.errors import InvalidStructureError, UnknownTypeError
from crystinet.core.plain import Document, number

if TYPE_CHECKING:
    from crystinet.core.cell import Cell
    from crystinet.crystals.structure import Structure
    from crystinet.fit.nearest import Neighbour
    from crystinet.fit.placement import Placement
    from crystinet.patterns.pattern import Pattern

_BLOCK = re.compile("^(?=data_)", re.MULTILINE)
#: Coordinates are told to so many digits of an angstrom.
_DIGITS = 4


class Origin(StrEnum):
    """Where a structure is from; a member equals its word."""

    FIT = "fit"
    COMPOUND = "compound"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class CandidateStructure:
    """A structure of a type, to be looked at.

    Attributes
    ----------
    type
        Name of the type.
    structure
        With its cell at the size of the sample, where the lines tell it.
    origin
        A fit of the whole pattern, a known compound, or the reference of the type.
    source
        Database and name of the entry of a known compound; empty for the others.
    """

    type: str
    structure: "Structure"
    origin: Origin
    source: str = ""

    def to_dict(self) -> Document:
        """Plain data: the cell filled with atoms, Cartesian in angstrom, and their bonds.

        Raises
        ------
        InvalidStructureError
            As `crystinet.crystals.ball_and_stick.ball_and_stick`.
        """
        from crystinet.crystals.ball_and_stick import ball_and_stick, main_element
        from crystinet.crystals.formulas import readable_formula
        from crystinet.crystals.hall import operations_of

        drawn = ball_and_stick(self.structure)
        return {
            "type": self.type,
            "name": readable_formula(self.structure.name),
            "origin": self.origin.value,
            "source": self.source,
            "cell": [number(value) for value in self.structure.cell],
            "space_group": operations_of(self.structure.hall_symbol).space_group or None,
            "basis": [_rounded(row) for row in drawn.basis],
            "atoms": [
                {
                    "element": main_element(species),
                    "species": [[name, number(share)] for name, share in species],
                    "xyz": _rounded(xyz),
                }
                for species, xyz in zip(drawn.species, drawn.xyz, strict=True)
            ],
            "bonds": drawn.bonds.tolist(),
        }


def _rounded(vector: Sequence[float]) -> list[float]:
    return [round(float(value), _DIGITS) + 0.0 for value in vector]


def fitted_structure(cif: str, *, type: str, phase: int = 1) -> CandidateStructure:
    """The structure of a phase of a fit, from the CIF that it was written to.

    Parameters
    ----------
    cif
        A block for each phase, in their order.
    type
        Its type, which it is called by.
    phase
        Which one, from 1.

    Raises
    ------
    CrystinetError
        The phase has no atoms.
    """
    blocks = _BLOCK.split(cif)[1:]
    structure = structure_in(blocks[phase - 1].encode(), name="The fit")
    return CandidateStructure(type, replace(structure, name=type), Origin.FIT)


def known_structure(
    finder: LineFinder,
    pattern: "Pattern",
    type: str,
    *,
    two_theta_range: Sequence[float] | None = None,
) -> CandidateStructure:
    """The structure of the nearest known compound whose atoms are known, else the reference's.

    Raises
    ------
    UnknownTypeError
        The model does not know the type.
    InvalidStructureError
        Neither has atoms.
    InvalidPatternError
        The pattern cannot be prepared.
    """
    (found,) = finder.find(pattern, [type], two_theta_range=two_theta_range)
    placement = found.start.placement
    for each in found.start.nearest or ():
        structure = finder.index.structure(each.number)
        if structure is not None:
            compound = each.compound
            sized = replace(structure, cell=_cell_of(each, placement))
            source = f"{compound.source} {compound.source_id}".strip()
            return CandidateStructure(type, sized, Origin.COMPOUND, source)
    return CandidateStructure(type, _reference(type, placement), Origin.REFERENCE)


def _cell_of(neighbour: "Neighbour", placement: "Placement | None") -> "Cell":
    """That of the sample in the axes of a compound; the compound's own at its scale elsewhere."""
    from crystinet.fit.known import in_same_axes, setting_of

    compound = neighbour.compound
    if placement is not None and setting_of(compound).holds_as_much_as(placement.reference):
        group = compound.space_group
        if in_same_axes(placement.cell, compound.cell, space_group=group):
            return placement.cell
    return compound.cell.scaled(neighbour.scale)


def _reference(type: str, placement: "Placement | None") -> "Structure":
    from crystinet.crystals.catalogue import find_type

    try:
        reference = find_type(type).reference
    except (UnknownTypeError, InvalidStructureError) as error:
        raise InvalidStructureError(
            f"No structure of {type} is known.", hint="Fit it, or look at another candidate."
        ) from error
    return reference if placement is None else replace(reference, cell=placement.cell)
