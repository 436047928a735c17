"""Are the lines of a given structure those of a pattern? By their places alone, in a moment.

A fit of the whole pattern says more (`crystinet.app.refine`), and takes seconds to minutes.
"""

from dataclasses import dataclass

import numpy as np

from crystinet.core.plain import Document, number
from crystinet.crystals.structure import Structure
from crystinet.fit.agreement import places, strongest_beyond, under_lines
from crystinet.fit.line_check import NEARLY_ALL, STRONG
from crystinet.fit.placement import Placement
from crystinet.fit.variant_test import ALL_CONFIRMED, FEWEST_LINES, MOST_TAKEN
from crystinet.fit.whole_pattern.atom_starts import placement_of_structure
from crystinet.fit.whole_pattern.proof import Proof
from crystinet.model.sensitivity import measured_angles
from crystinet.patterns.sample import Sample


@dataclass(frozen=True, slots=True)
class StructureCheck:
    """What the lines of a structure are to a pattern.

    Attributes
    ----------
    verified
        Whether they are its lines. It is left open where a strong line of the pattern is none of
        the structure, where lines of the structure are missing, and where its lines lie so dense,
        or those of the pattern are so few, that nearly any pattern would be explained.
    reasons
        Sentences for people.
    explained, confirmed
        Share of the pattern's intensity under lines, and of the lines' intensity that is in the
        pattern, 0 to 1; 0 where the lines cannot be laid.
    cell
        Of the sample, angstrom and degrees; None where the lines cannot be laid.
    """

    verified: Proof
    reasons: tuple[str, ...]
    explained: float = 0.0
    confirmed: float = 0.0
    cell: tuple[float, ...] | None = None

    def to_dict(self) -> Document:
        """Plain data."""
        return {
            "verified": self.verified.value,
            "reasons": list(self.reasons),
            "explained": number(self.explained),
            "confirmed": number(self.confirmed),
            "cell": None if self.cell is None else [number(value) for value in self.cell],
        }


def check_structure(structure: Structure, sample: Sample) -> StructureCheck:
    """Lay the lines of a structure on a sample, its cell being right to a few percent.

    The limits are those by which `crystinet.fit.line_check` doubts an answer, and by which
    `crystinet.fit.variant_test` believes that lines explain a pattern.
    """
    if not len(sample.peaks):
        return StructureCheck(Proof.NO, ("The pattern has no line.",))
    placed = placement_of_structure(structure, sample)
    if placed is None or placed.lattice is None:
        return StructureCheck(
            Proof.NO,
            ("Its lines cannot be laid on those of the pattern, with no cell near its own.",),
        )
    shares = (
        f"Its lines explain {_percent(placed.explained)} of the pattern, and "
        f"{_percent(placed.confirmed)} of their own intensity is found in it."
    )
    doubts = tuple(_doubts(placed, sample, placed.lattice.shift_deg))
    return StructureCheck(
        Proof.DOUBTFUL if doubts else Proof.YES,
        (shares, *doubts),
        placed.explained,
        placed.confirmed,
        tuple(placed.lines_cell),
    )


def _doubts(placed: Placement, sample: Sample, shift_deg: float) -> list[str]:
    """Why lines that can be laid may still be others."""
    wavelength = sample.prepared.radiation.wavelengths_angstrom[0]
    inverse = placed.lines_cell.d_spacing(placed.lines.hkl) ** -2.0
    height, two_theta = strongest_beyond(
        inverse, sample=sample, wavelength_angstrom=wavelength, shift_deg=shift_deg
    )
    doubts = []
    if height > STRONG and placed.explained < NEARLY_ALL:
        (angle,) = measured_angles(
            np.array([two_theta]),
            grid=sample.grid,
            wavelength_angstrom=sample.wavelength_angstrom,
        )
        doubts.append(
            f"The line at {angle:.1f} degrees, {_percent(height)} of the highest, is none of it: "
            "the sample holds something else too, or has another structure."
        )
    if placed.confirmed < ALL_CONFIRMED:
        doubts.append("Lines that it should have are missing.")
    place = places(inverse, wavelength, shift_deg=shift_deg)
    taken = float(under_lines(place, sample)[sample.prepared.mask].mean())
    if taken > MOST_TAKEN or len(sample.peaks) < FEWEST_LINES:
        doubts.append(
            "That says little: its lines lie so dense, or those of the pattern are so few, that "
            "many structures would explain it as well."
        )
    return doubts


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"
