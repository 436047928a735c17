"""The radiation that the header of a text file names."""

import re
from collections.abc import Iterable
from itertools import islice

from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.radiation import Radiation

# Photon energy times wavelength, keV angstrom. Source: CODATA 2018, h c / e (exact).
_KEV_ANGSTROM = 12.398419843

_NUMBER = r"(?P<number>[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)"
# "wavelength = nan": named, but of no use, so the user must hear of it.
_NOT_FINITE = re.compile(
    r"(?:wave[\s_-]?length|lambda)[^a-z\d]{0,20}(?P<number>[-+]?(?:nan|inf(?:inity)?))\b",
    re.IGNORECASE,
)
_ALPHA = r"(?:alpha|\\a|α|a)"
# "Wavelength", "WAVE_LENGTH_ALPHA1", "lambda", "_WL1"; not "_WL2" and "_WLRATIO".
_WAVELENGTH = re.compile(
    r"(?:wave[\s_-]?length|lambda|λ|(?<![a-z])wl(?=1?[^a-z\d]))"
    rf"(?:[\s_-]*(?:k[\s_-]*)?{_ALPHA}?[\s_-]*1\b(?![.,]\d))?"
    rf"(?P<between>(?:[^\d+.-]|[.-](?=\s)){{0,60}}){_NUMBER}\s*(?P<unit>nm|pm|m\b)?",
    re.IGNORECASE,
)
# Words that may stand between "wavelength" and its number.
_BETWEEN = frozenset("a angstrom angstroms å in is m nm of pm used value".split())
# "K-Alpha1 = 1.5406"; here at least three decimals tell a wavelength from a share.
_K_ALPHA_1 = re.compile(
    rf"\bk[\s_-]*{_ALPHA}[\s_-]*1\b[^\d+.-]{{0,60}}(?P<number>\d[.,]\d{{3,}})", re.IGNORECASE
)
# The weaker lines have the same words around them.
_OTHER_LINE = re.compile(rf"k?{_ALPHA}[\s_-]*2|beta|β", re.IGNORECASE)
_ENERGY = re.compile(
    rf"(?:^\W*|photon[\s_]|beam[\s_]|x-?ray[\s_])energy[^a-z\d+.-]{{0,20}}"
    rf"(?P<before>k?ev)?[^a-z\d+.-]{{0,20}}{_NUMBER}\s*(?P<unit>k?ev)?",
    re.IGNORECASE,
)
# Element symbols count only in their own spelling: "co" and "ag" are parts of words.
_ANODE = r"(?<![A-Za-z])(Cr|Fe|Co|Cu|Mo|Ag)"
_ANODE_LINE = re.compile(rf"{_ANODE}[\s_-]*(?i:k[\s_-]*{_ALPHA})(?![b-z])")
_ANODE_NAMED = re.compile(
    r"(?i:anode|target|tube|radiation)(?i:[\s_]*(?:material|element|name|type))*"
    rf"[^A-Za-z\d]{{0,6}}{_ANODE}(?![a-z\d])"
)

# The searches take longer than reading does; nobody writes longer lines or names it so late.
_LONGEST_LINE = 1000
_MOST_LINES = 1000


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
    header = [line.strip()[:_LONGEST_LINE] for line in islice(lines, _MOST_LINES)]
    for search in (_wavelength_in, _wavelength_of_energy_in):
        for line in header:
            value = search(line)
            if value is not None:
                return _checked(value, line)
    anodes = {
        found[1]
        for line in header
        for search in (_ANODE_LINE, _ANODE_NAMED)
        for found in search.finditer(line)
    }
    # A header that names two anodes says neither: the user is warned and asked.
    return Radiation.of_anode(anodes.pop()) if len(anodes) == 1 else None


def _wavelength_in(line: str) -> float | None:
    """Wavelength in angstrom of the strongest line, if this line of text names it."""
    if found := _NOT_FINITE.search(line):
        return float(found["number"])
    found = _WAVELENGTH.search(line) or _K_ALPHA_1.search(line)
    if not found or _OTHER_LINE.search(line[: found.start("number")]):
        return None
    if found.re is _K_ALPHA_1:
        return _number(found)
    words = re.findall(r"[^\W\d_]+", found["between"].lower())
    if not _BETWEEN.issuperset(words):
        return None
    value = _number(found)
    units = {*words, (found["unit"] or "").lower()}
    if "m" in units or 0.0 < value < 1e-8:  # metres, whether it says so or not
        return value * 1e10
    if "nm" in units:
        return value * 10.0
    return value / 100.0 if "pm" in units else value


def _wavelength_of_energy_in(line: str) -> float | None:
    """Wavelength in angstrom, if this line of text names the photon energy."""
    found = _ENERGY.search(line)
    unit = (found["before"] or found["unit"] or "").lower() if found else ""
    if not found or not unit:
        return None
    energy = _number(found) / (1.0 if unit == "kev" else 1000.0)
    return _KEV_ANGSTROM / energy if energy else 0.0


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
