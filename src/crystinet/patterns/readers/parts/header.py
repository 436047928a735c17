"""The radiation that the header of a text file names, and the line that names it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.radiation import ANODE_LINES, KEV_ANGSTROM, Radiation
from crystinet.patterns.readers.parts.anodes import (
    ALPHA,
    anodes_in,
    is_denied,
    rare_anode,
    without_sample,
)
from crystinet.patterns.readers.parts.tube import radiation_of_lines

# Forms stand as text: `re` compiles and keeps those that a header needs, since all of them take
# longer than the rest of a start.
_FIGURES = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_NUMBER = rf"(?P<number>{_FIGURES})"
_UNIT = r"(?:nm|pm|m\b|nanomet|picomet)"
_WORD = (
    r"wave[\s_-]?length(?:s|\(s\))?|wellenl[^\s\d]{1,3}ngen?|longueurs?\s+d\W{0,2}onde"
    r"|longitud(?:es)?\s+de\s+onda|comprimentos?\s+de\s+onda|lunghezz[ae]\s+d\W{0,2}onda"
    r"|длина\s+волны|波长|波長"
)
# Short names: also parts of other words and of the names of phases.
_SYMBOL = (
    r"lambdas?|λ|(?<![a-z])lam(?=1?\s*[=:(\[]|\s+\d[.,]\d{3})|(?<![a-z])(?:wvl|wave)(?=1?\s*[=:])"
    r"|(?<![a-z])wl(?=1?[^a-z\d])"
)
# "wavelength = nan": named, but of no use, so the user must hear of it.
_NOT_FINITE = rf"(?i)(?:{_WORD}|lambda)[^a-z\d]{{0,20}}(?P<number>[-+]?(?:nan|inf(?:inity)?))\b"
_ALPHA_1 = rf"(?:k[\s_-]*)?{ALPHA}?[\s_-]*1\b(?![.,]\d)"
# "Wavelength", "WAVE_LENGTH_ALPHA1", "lambda", "_WL1"; not "WAVE_LENGTH2" and "_WLRATIO". A second
# number is K-alpha2, or the end of a range.
_AFTER_NAME = (
    rf"(?![\s_-]*[23]\s*[=:;\t\"'])(?:[\s_-]*{_ALPHA_1})?"
    rf"(?P<between>(?:k[\s_-]*{ALPHA}[\s_-]*1\b(?![.,]\d)|[^\d+.-]|[.-](?=\s)){{0,60}})"
    rf"{_NUMBER}(?:\s*(?P<unit>{_UNIT}))?"
    rf"(?:(?P<gap>[^\d+.\n]{{1,30}}?(?:{ALPHA}[\s_-]*2|lambda\s*_?2|wl2)?[^\w\d+.]{{0,6}}?)"
    rf"(?<!\d)(?P<second>{_FIGURES}))?"
)
_LONG = rf"(?i)(?P<name>{_WORD}){_AFTER_NAME}"
_SHORT = rf"(?i)(?P<name>{_SYMBOL}){_AFTER_NAME}"
# Words that may stand between "wavelength" and its number.
_BETWEEN = frozenset(
    "a ã ang angstrom angstroms angstroem ångström ångstrom angström å in is was of "
    "the used value values set to and k ka kalpha kα alpha α x ray rays xray m nm pm "
    "nanometer nanometers nanometre "
    "nanometres picometer picometers picometre picometres cr fe co cu mo ag".split()
)
_ANGSTROMS = frozenset("a å ã ang angstrom angstroms angstroem ångström ångstrom angström".split())
_RANGE = r"(?i)\s*(?:\w{0,9}\s*)?(?:-|–|\bto\b|\bbis\b|\.\.)\s*"
# Lambda is also what a background is stiff by.
_SMOOTHING = (
    r"(?i)smooth|glätt|background|baseline|untergrund|airpls|\bas?ls\b|whittaker|regulari[sz]"
    r"|penalt"
)
# "K-Alpha1 = 1.5406"; here at least three decimals tell a wavelength from a share.
_K_ALPHA_1 = rf"(?i)\bk[\s_-]*{ALPHA}[\s_-]*1\b[^\d+.-]{{0,60}}(?P<number>\d[.,]\d{{3,}})"
# "Synchrotron radiation, 0.4139 A": without the word wavelength, the unit must be there.
_BEAM = (
    r"(?i)(?:radiation|x-?rays?|synchrotron|beam|beam-?line(?:\s+[\w-]{1,12})?|strahlung)"
    r"[^\w+.-]{1,20}(?P<number>[0-4][.,]\d+)"
    r"\s*(?:Å|A\b|angstr)"
)
# The weaker lines have the same words around them.
_OTHER_LINE = r"(?i)(?:k[\s_-]*a|alpha|\\a|α)[\s_-]*2|beta|β"
_LIMIT = r"(?i)\b(?:max|min|maxim\w+|minim\w+|cut-?off|threshold|edge)\W{0,3}$"
_INDEX = r"(?i)(?:ka|alpha|\\a|α)[\s_-]*[123]$"
_ENERGY = (
    r"(?i)(?:(?:(?:^\W*|photon[\s_-]*|beam[\s_-]*|x-?ray[\s_-]*|incident[\s_-]*|strahl(?:ungs)?-?)"
    r"(?:energy|energie|énergie|energ[ií]a))|(?:^|[,;|])\W*(?-i:E)(?=\s*[=:(\[]))"
    rf"[^a-z\d+.-]{{0,20}}(?P<before>k?ev)?[^a-z\d+.-]{{0,20}}{_NUMBER}\s*(?P<unit>k?ev)?"
)
_KEV_OF_BEAM = r"(?i)(?<![\d.,-])(?P<number>[1-9]\d{0,2}(?:[.,]\d+)?)\s*keV\b"
_OTHER_ENERGY = r"(?i)detector|threshold|resol|window|gap|edge|discrim|fluoresc|range|filter|level"

_CONVERTED = r"(?i)(?:converted|recalculated|transformed|rescaled|umgerechnet)\s+(?:to|for|auf)\b"
# Numbers below it that stand alone are something else, angstrom.
_SHORTEST = 0.1
# The searches take longer than reading does; nobody writes longer lines or names it so late.
_LONGEST_LINE = 1000
_MOST_LINES, _MOST_SEARCHED = 10_000, 1000
# What every line that is searched has; most lines of a long header have none of it.
_WORTH_A_LOOK = (
    r"(?i)wave|wvl|lam|wel+enl|ond[ae]|λ|wl|волны|波|ev\b|k|anod|target|tube|tubo|source|quelle"
    r"|radi|rayon|strahl|cathod|röhre|roehre|x-?ray|synchro|beam|scan:|\((?:cr|fe|co|cu|mo|ag)\)"
)


def find_radiation(lines: Iterable[str]) -> Radiation | None:
    """Radiation that header lines name: as a wavelength, else an energy, else an anode.

    Understood are, for example, ``# wavelength = 1.5406``, ``##X-RAY WAVELENGTH=1.541838``,
    ``Wavelength (nm): 0.15406``, ``Wellenlaenge [A]; 1,5406``, ``Wavelengths: 0.70932, 0.71361``,
    ``_WL1=1.540600``, ``lam=0.709``, ``K-Alpha1 wavelength,1.5405980``, ``E = 17.48 keV``,
    ``X-ray source: Mo``, ``tube = molybdenum``, ``Anode: "Cu"`` and ``Cu K-alpha``. A second
    number is K-alpha2; a range, and what the line denies ("not measured with Mo"), say nothing.

    Returns
    -------
    The radiation with the line that names it as its ``origin``, or None where no line names one.

    Raises
    ------
    InvalidWavelengthError
        If a wavelength is named that no diffractometer has, lines name different ones or two
        anodes, or the file is from a synchrotron and names none.
    """
    texts = (_converted(line.strip()[:_LONGEST_LINE]) for line in islice(lines, _MOST_LINES))
    header = list(islice(filter(re.compile(_WORTH_A_LOOK).search, texts), _MOST_SEARCHED))
    for search in (
        _wavelength_in,
        _symbol_in,
        _line_or_beam_in,
        _wavelength_of_energy_in,
        _wavelength_of_beam_in,
    ):
        said = [(value, line) for line in header if (value := search(line)) is not None]
        if said:
            _refuse_unlike(said)
            return _checked(*said[0])
    named = [(anode, line) for line in header for anode in anodes_in(line)]
    if not named:
        _refuse_rare_anodes(header)
        _refuse_unnamed_synchrotron(header)
        return None
    anode, line = named[0]
    for other, where in named:
        if other != anode:
            raise InvalidWavelengthError(
                f"The file names two anodes, {anode} and {other}: {line[:80]!r}"
                + (f" and {where[:80]!r}." if where != line else "."),
                hint="Give the anode or the wavelength that the angles were measured with.",
            )
    return _from_line(Radiation.of_anode(anode), line)


def radiation_of_number(lines: Sequence[str]) -> Radiation | None:
    """Radiation of a header that is one number, as in the files of DASH: 1.54056.

    Source: ``PolyLoadFiles.f90`` of DASH, whose first line may be the wavelength.
    """
    words = [line.strip() for line in lines if line.strip()]
    if len(words) != 1 or not re.fullmatch(r"[0-4]\.\d{3,7}", words[0]):
        return None
    value = float(words[0])
    return _from_line(Radiation.of_wavelength(value), words[0]) if value >= _SHORTEST else None


def _converted(line: str) -> str:
    """What a line says of the wavelength that the angles were converted to, if it says so."""
    to = re.split(_CONVERTED, line, maxsplit=1)[-1]
    return to if re.search(r"\d[.,]\d|K|α", to) else line


def _refuse_rare_anodes(lines: Iterable[str]) -> None:
    for line in lines:
        if anode := rare_anode(line):
            raise InvalidWavelengthError(
                f"The file names the anode {anode}, whose wavelengths are not known here: "
                f"{line[:80]!r}.",
                hint="Give the wavelength in angstrom.",
            )


def _refuse_unnamed_synchrotron(lines: Iterable[str]) -> None:
    """Refuse a file of a synchrotron, which can have any wavelength, where none was found.

    Raises
    ------
    InvalidWavelengthError
        Quoting the line that says so.
    """
    for line in lines:
        text = without_sample(line)
        found = re.search(r"(?i)synchrotron", text)
        if found and not is_denied(text, found):
            raise InvalidWavelengthError(
                f"The file names a synchrotron and no wavelength: {' '.join(line.split())[:80]!r}.",
                hint="Give the wavelength in angstrom.",
            )


def _wavelength_in(line: str) -> tuple[float, ...] | None:
    """Wavelengths in angstrom, the strongest line first, if this line of text names them."""
    if found := re.search(_NOT_FINITE, line):
        return (float(found["number"]),)
    values = (_values(found, line) for found in re.finditer(_LONG, line))
    return next((value for value in values if value is not None), None)


def _symbol_in(line: str) -> tuple[float, ...] | None:
    """As `_wavelength_in` for "lambda" and other short names, which mean other things too."""
    if re.search(_SMOOTHING, line):
        return None
    text = without_sample(line)
    values = (
        _values(found, text)
        for found in re.finditer(_SHORT, text)
        # "lambda 2", "Lambda1 Lambda2 Ratio": a number of the symbol
        if not found["number"].isdecimal() or re.search(r"[=:;]", found["between"]) or found["unit"]
    )
    return next((value for value in values if value is not None), None)


def _line_or_beam_in(line: str) -> tuple[float, ...] | None:
    """Wavelength in angstrom that stands behind "K-alpha1" or the name of a beam."""
    found = re.search(_K_ALPHA_1, line) or re.search(_BEAM, line)
    if not found or re.search(_OTHER_LINE, line[: found.start("number")]) or is_denied(line, found):
        return None
    return (_float(found["number"]),)


def _values(found: re.Match[str], line: str) -> tuple[float, ...] | None:
    before = line[: found.start("number")]
    # "K-alpha1, K-alpha2 wavelengths: 1.5406, 1.5444" names the weaker line beside the other.
    both = found["second"] and re.search(rf"{ALPHA}[\s_-]*1", before, re.IGNORECASE)
    if (re.search(_OTHER_LINE, before) and not both) or is_denied(line, found):
        return None
    if re.search(_LIMIT, line[: found.start()]):
        return None
    if re.search(_INDEX, line[: found.end("number")]):  # "ALPHA2", and no wavelength
        return None
    words = re.findall(r"[^\W\d_]+", found["between"].lower())
    if not _BETWEEN.issuperset(words):
        return None
    gap = found["gap"] or ""
    behind = re.findall(r"å|\ba(?:ng\w*)?\b", line[found.end("number") :][:12].lower())
    units = {*words, (found["unit"] or "").lower(), *behind}
    scale = _angstroms(_float(found["number"]), units)
    first = _float(found["number"]) * scale
    if not found["second"] or re.search(r"[a-z]{4}(?<!ambda)", gap, re.IGNORECASE):
        return (first,)
    second = _float(found["second"]) * scale
    if first and 1.0 < max(first, second) / min(first, second or 1.0) < 1.02:
        return min(first, second), max(first, second)
    if re.fullmatch(_RANGE, gap):
        return None
    # Two unlike values under "wavelengths" are two sources; a ratio or a date may stand elsewhere.
    several = found["name"].lower().rstrip(")").endswith("s")
    return None if several and 0.05 <= second <= 5.0 and second != 0.5 else (first,)


def _angstroms(value: float, units: set[str]) -> float:
    """What one unit is in angstrom."""
    if "m" in units or 0.0 < value < 1e-8:  # metres, whether it says so or not
        return 1e10
    if any(unit.startswith(("nm", "nano")) for unit in units):
        return 10.0
    if units.isdisjoint(_ANGSTROMS) and _is_tube_in_nm(value):
        return 10.0
    return 0.01 if any(unit.startswith(("pm", "pico")) for unit in units) else 1.0


def _is_tube_in_nm(value: float) -> bool:
    """Whether a number without unit is that of a tube, to four digits, if it is in nanometres."""
    means = ((2.0 * lines[0] + lines[1]) / 3.0 for lines in ANODE_LINES.values())
    first = (lines[0] for lines in ANODE_LINES.values())
    return any(abs(10.0 * value - line) < 4e-4 for line in (*first, *means))


def _wavelength_of_energy_in(line: str) -> tuple[float, ...] | None:
    """Wavelength in angstrom, if this line of text names the photon energy."""
    found = re.search(_ENERGY, line)
    unit = (found["before"] or found["unit"] or "").lower() if found else ""
    if not found or not unit or is_denied(line, found):
        return None
    energy = _float(found["number"]) / (1.0 if unit == "kev" else 1000.0)
    return (KEV_ANGSTROM / energy if energy else 0.0,)


def _wavelength_of_beam_in(line: str) -> tuple[float, ...] | None:
    """As `_wavelength_of_energy_in` for "60 keV beam", where nothing is called energy."""
    found = re.search(_KEV_OF_BEAM, line)
    if not found or is_denied(line, found) or re.search(_OTHER_ENERGY, line):
        return None
    return (KEV_ANGSTROM / _float(found["number"]),)


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _refuse_unlike(said: list[tuple[tuple[float, ...], str]]) -> None:
    """Refuse a header whose lines name different wavelengths: nobody knows which one holds."""
    (first, line), *others = said
    for value, other in others:
        ratio = value[0] / first[0] if first[0] else 1.0
        if not 0.98 < ratio < 1.02 and all(0.05 <= one <= 5.0 for one in (value[0], first[0])):
            raise InvalidWavelengthError(
                f"The file names two wavelengths, {first[0]:.5g} and {value[0]:.5g} angstrom: "
                f"{line[:80]!r} and {other[:80]!r}.",
                hint="Give the one that the angles were measured with.",
            )


def _checked(wavelengths_angstrom: tuple[float, ...], line: str) -> Radiation:
    try:
        found = Radiation.of_wavelength(wavelengths_angstrom[0])
        if len(wavelengths_angstrom) > 1 and len(found.wavelengths_angstrom) == 1:
            found = radiation_of_lines(*wavelengths_angstrom) or found
    except InvalidWavelengthError as error:
        raise InvalidWavelengthError(
            f"{error.message} The file says {line[:80]!r}.",
            hint="Correct that line, or give the wavelength in angstrom yourself.",
        ) from error
    return _from_line(found, line)


def _from_line(radiation: Radiation, line: str) -> Radiation:
    return replace(radiation, origin=f"the file says {' '.join(line.split())[:80]!r}")
