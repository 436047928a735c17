"""The noun `DerivativeOf`: a pattern that a type explains, and yet not quite."""

from dataclasses import dataclass
from enum import StrEnum

from crystinet.core.plain import Document, number


class DerivativeReason(StrEnum):
    """What speaks for a derivative: codes for programs."""

    #: Lines stand in the pattern that the lattice of the type, or twice it, allows, and the
    #: symmetry of the type forbids.
    FURTHER_LINES = "further-lines"
    #: The type explains nearly all lines, and yet the pattern is not known as one of it.
    NEARLY_ALL_LINES = "nearly-all-lines"


@dataclass(frozen=True, slots=True)
class DerivativeOf:
    """A sample that is probably a variant of a type: a superstructure, distortion or colouring.

    Attributes
    ----------
    type
        Name of the class that it is a variant of.
    reason
        What speaks for it.
    explained
        Share of the intensity above the background under lines of the type, 0 to 1.
    two_theta_deg
        Places of the further lines as measured, degrees; none for the other reason.
    """

    type: str
    reason: DerivativeReason
    explained: float
    two_theta_deg: tuple[float, ...] = ()

    @property
    def sentence(self) -> str:
        """What it means, for people."""
        share = f"{100.0 * self.explained:.0f} % of the intensity lies under lines of {self.type}"
        if self.reason is DerivativeReason.NEARLY_ALL_LINES:
            return (
                f"{share}, so it may be a derivative of it: the same lattice with other atoms, "
                "slightly distorted, or with weak further lines."
            )
        angles = ", ".join(f"{angle:.1f}" for angle in self.two_theta_deg[:3])
        fits = (
            "line at {} degrees fits" if len(self.two_theta_deg) == 1 else "lines at {} degrees fit"
        )
        return (
            f"{share}; the {fits.format(angles)} its lattice, or twice it, but not its "
            "symmetry: probably a derivative (a superstructure, a distortion, or more kinds of "
            "atoms on its places)."
        )

    def to_dict(self) -> Document:
        """Plain data, as ``derivative_of`` of ``crystinet identify --json``."""
        return {
            "type": self.type,
            "reason": self.reason.value,
            "explained": number(self.explained),
            "two_theta": [number(angle) for angle in self.two_theta_deg],
        }
