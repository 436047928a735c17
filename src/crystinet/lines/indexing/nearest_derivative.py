"""The noun `NearestDerivative`: of which known type a compound of no known type is a relative."""

from dataclasses import dataclass
from enum import StrEnum

from crystinet.core.plain import Document, number


class Kinship(StrEnum):
    """What a compound is to a type: codes for programs."""

    #: Its lattice has a part of the points of the parent's.
    SUPERSTRUCTURE = "superstructure"
    #: Its lattice is the parent's, strained into another crystal family.
    DISTORTED = "distorted"
    #: Its lattice is the parent's; atoms, their order or small shifts are not.
    VARIANT = "variant"


@dataclass(frozen=True, slots=True)
class NearestDerivative:
    """The relative of a known type that a pattern and its indexed cell are closest to.

    Attributes
    ----------
    type
        Name of the parent.
    kinship
        What the compound is to it.
    compound
        The known compound whose lines were laid on the pattern, or the reference of the type.
    index
        Points of the parent's lattice for one of the indexed lattice.
    strain
        Largest relative change of a length of the parent's lattice, beside a common scale.
    likeness
        Cosine of the pattern, weighted and without background, with the parent's lines where the
        strain takes them, 0 to 1.
    """

    type: str
    kinship: Kinship
    compound: str
    index: int
    strain: float
    likeness: float

    @property
    def words(self) -> str:
        """What it is, for people: "a distorted ThCr2Si2"."""
        if self.kinship is Kinship.DISTORTED:
            return f"a distorted {self.type}"
        return f"a {self.kinship.value} of {self.type}"

    def to_dict(self) -> Document:
        """Plain data, as ``nearest_derivative`` of ``beyond``."""
        return {
            "name": self.words,
            "type": self.type,
            "kinship": self.kinship.value,
            "compound": self.compound,
            "index": self.index,
            "strain": number(self.strain),
            "likeness": number(self.likeness),
        }
