"""The radiation that the header of an instrument file gives by its X-ray lines."""

import re

from crystinet.core.radiation import Radiation


def radiation_of_lines(
    alpha_1: float, alpha_2: float = 0.0, ratio: float = 0.0, *, anode: str = ""
) -> Radiation | None:
    """Radiation that a header gives by its lines, or by the anode alone.

    Parameters
    ----------
    alpha_1, alpha_2
        Angstrom; 0 where the header says nothing. Without ``alpha_2`` there is one line.
    ratio
        Intensity of K-alpha2 to K-alpha1; 0 where the header says nothing stands for 0.5.
    anode
        Element symbol.

    Returns
    -------
    The radiation, or None where nothing is given.

    Raises
    ------
    InvalidWavelengthError
        If a line is given that no diffractometer has.
    """
    if alpha_1:
        # K-alpha2 is at most 1.5 % longer (W); what is not, is no doublet.
        if alpha_1 < alpha_2 < 1.02 * alpha_1 and 0.0 <= ratio <= 1.0:
            return Radiation((alpha_1, alpha_2), (1.0, ratio or 0.5))
        return Radiation((alpha_1,))
    named = re.match(r"Cr|Fe|Co|Cu|Mo|Ag", anode.strip().capitalize())
    return Radiation.of_anode(named[0]) if named else None


def used_radiation(lines: Radiation | None, *, used_angstrom: float) -> Radiation | None:
    """Lines of the tube, unless the scan was measured with another wavelength.

    The wavelength of a scan is K-alpha1 or the mean of the doublet for a tube used as usual; it
    is another with K-beta, or at a synchrotron.

    Parameters
    ----------
    lines
        What `radiation_of_lines` found.
    used_angstrom
        The wavelength of the scan; 0 where the file does not say.
    """
    if not used_angstrom:
        return lines
    if lines is None:
        return Radiation.of_wavelength(used_angstrom)
    shortest, longest = min(lines.wavelengths_angstrom), max(lines.wavelengths_angstrom)
    as_usual = 0.999 * shortest <= used_angstrom <= 1.001 * longest
    return lines if as_usual else Radiation((used_angstrom,))
