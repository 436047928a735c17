"""The noun `InstrumentProfile`: what is known of the instrument before a fit."""

from dataclasses import dataclass

from crystinet.core.radiation import Radiation
from crystinet.fit.whole_pattern.answer import Fit
from crystinet.fit.whole_pattern.fitted_phase import FittedWidths


@dataclass(frozen=True, slots=True)
class InstrumentProfile:
    """Lines as the instrument alone makes them, from a file or a standard.

    Attributes
    ----------
    widths
        Of its lines: a sample can only add to the Lorentzian part.
    axial
        Asymmetry: half heights of specimen and slit, added, over the radius.
    monochromator_deg
        2theta of the monochromator crystal; 0 for none. It stands for the polarisation of the
        beam, whatever makes it: 90 for a synchrotron.
    zero_deg
        Zero of 2theta.
    radiation
        Wavelengths and weights; None takes those of the pattern.
    transmission
        Whether the specimen is a capillary or a foil: then displacement does not move lines as it
        does in reflection, and the zero is free instead.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> standard = crystinet.refine(pattern, type="Rutile-TiO2")
    >>> crystinet.InstrumentProfile(widths=standard.phases[0].widths).zero_deg
    0.0
    """

    widths: FittedWidths
    axial: float = 0.0
    monochromator_deg: float = 0.0
    zero_deg: float = 0.0
    radiation: Radiation | None = None
    transmission: bool = False


def learned(standard: Fit) -> InstrumentProfile:
    """The instrument as the fit of a standard shows it."""
    return InstrumentProfile(
        widths=standard.phases[0].widths,
        axial=standard.axial,
        monochromator_deg=standard.monochromator_deg,
        zero_deg=standard.zero_deg,
        radiation=standard.radiation,
    )
