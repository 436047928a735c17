"""The radiation that the header of a text file names."""

import re
from collections.abc import Iterable

from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.radiation import Radiation

# Photon energy times wavelength, keV angstrom. Source: CODATA 2018, h c / e (exact).
_KEV_ANGSTROM = 12.398419843

_NUMBER = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
# "Wavelength", "WAVE_LENGTH_ALPHA1", "lambda", "_WL1", "WL1:"; the second line, K-alpha2, and
# K-beta have the same words before them and are left out.
_WAVELENGTH = re.compile(
    r"(?:wave[\s_-]?length|\blambda|λ|(?<![a-z])wl(?=1?\b))"
    r"(?![^\d]*(?:alpha|α|ka|k\W?a)[\s_-]*2|[^\d]*beta|[^\d]*β)"
    r"(?:[\s_-]*(?:k[\s_-]*)?(?:alpha|α|a)?[\s_-]*1\b(?![.,]\d))?"
    rf"(?P<between>[^\d+.-]*)(?P<number>{_NUMBER})\s*(?P<unit>nm|pm|m\b)?",
    re.IGNORECASE,
)
# "K-Alpha1 = 1.5406"; here at least three decimals tell a wavelength from a percentage.
_K_ALPHA_1 = re.compile(
    r"\bk[\s_-]*(?:alpha|α|a)[\s_-]*1\b[^\d+.-]*(?P<number>\d[.,]\d{3,})", re.IGNORECASE
)
_OTHER_LINE = re.compile(r"(?:alpha|α|ka)[\s_-]*2|beta|β", re.IGNORECASE)
_ENERGY = re.compile(rf"\benergy\b[^\d+.-]*(?P<number>{_NUMBER})\s*(?P<unit>keV|eV)", re.IGNORECASE)
_ANODES = "Cr|Fe|Co|Cu|Mo|Ag"
# Element symbols count only in their own spelling: "co" and "ag" are parts of words.
_ANODE_NAMED = re.compile(
    rf"(?i:anode|target|tube|radiation|x-?ray|source)[^\n]{{0,20}}?(?<![A-Za-z])({_ANODES})"
    r"(?![a-z])"
)
_ANODE_LINE = re.compile(rf"(?<![A-Za-z])({_ANODES})[\s_-]*K?[\s_-]*(?:alpha|\\a|α|(?<=K)a)")


def find_radiation(lines: Iterable[str]) -> Radiation | None:
    """Radiation that header lines name: as a wavelength, else an energy, else an anode.

    Understood are, for example, ``# wavelength = 1.5406``, ``##X-RAY WAVELENGTH=1.541838``,
    ``Wavelength (nm): 0.15406``, ``_WL1=1.540600``, ``K-Alpha1 wavelength,1.5405980``,
    ``Energy: 30.0 keV``, ``Anode: "Cu"`` and ``Cu K-alpha``.

    Returns
    -------
    The radiation, or None where no line names one.

    Raises
    ------
    InvalidWavelengthError
        If a wavelength is named that no diffractometer has.
    """
    header = [line.strip() for line in lines]
    for line in header:
        if (value := _wavelength_in(line)) is not None:
            return _checked(value, line)
    for line in header:
        if found := _ENERGY.search(line):
            energy = _number(found) / (1000.0 if found["unit"].lower() == "ev" else 1.0)
            return _checked(_KEV_ANGSTROM / energy if energy else 0.0, line)
    for line in header:
        if anode := _ANODE_LINE.search(line) or _ANODE_NAMED.search(line):
            return Radiation.of_anode(anode[1])
    return None


def _wavelength_in(line: str) -> float | None:
    """Wavelength in angstrom of the strongest line, if this line of text names it."""
    if found := _WAVELENGTH.search(line):
        if _OTHER_LINE.search(line[: found.start("number")]):
            return None
        value = _number(found)
        unit = (found["unit"] or "").lower()
        if unit == "m" or 0.0 < value < 1e-8:  # metres, whether it says so or not
            return value * 1e10
        if unit == "nm" or "nm" in found["between"].lower():
            return value * 10.0
        return value / 100.0 if unit == "pm" or "pm" in found["between"].lower() else value
    found = _K_ALPHA_1.search(line)
    return _number(found) if found else None


def _number(found: re.Match[str]) -> float:
    return float(found["number"].replace(",", "."))


def _checked(wavelength_angstrom: float, line: str) -> Radiation:
    try:
        return Radiation.of_wavelength(wavelength_angstrom)
    except InvalidWavelengthError as error:
        raise InvalidWavelengthError(
            f"{error.message} The file says {line[:80]!r}.",
            hint="Correct that line, or give the wavelength in angstrom yourself.",
        ) from error
