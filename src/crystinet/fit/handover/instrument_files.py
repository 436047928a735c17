"""Instruments in files of other programs: GSAS-II's ``.instprm`` and FullProf's ``.irf``.

GSAS-II: the Gaussian part of a line is given by its variance, ``U tan^2 + V tan + W`` in squared
hundredths of a degree, the Lorentzian part by its full width, ``X / cos + Y tan`` in hundredths of
a degree (of theta), after R. B. Von Dreele; see "Instrument Parameters" in GSAS-II's documentation.
FullProf: full widths in degrees, ``U tan^2 + V tan + W`` squared and ``X tan + Y / cos``, see
"Instrumental resolution file" in its manual.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from crystinet.core.errors import CrystinetError, FileMissingError, UnreadableFileError
from crystinet.core.files import read_plain
from crystinet.core.radiation import Radiation
from crystinet.fit.whole_pattern.fitted_phase import FittedWidths
from crystinet.fit.whole_pattern.instrument import InstrumentProfile

HEADER = "#GSAS-II instrument parameter file; do not add/delete items!"
#: Squared full width at half maximum of a Gaussian of variance 1.
_FWHM_SQUARED = 8.0 * math.log(2.0)
_LARGEST_BYTES = 1_000_000
_LARGEST_SQUARED_DEG, _LARGEST_DEG = 25.0, 5.0
_KINDS = {"PXC": "X-rays of constant wavelength"}
_HINT = "Give an .instprm file of GSAS-II or an .irf file of FullProf, for X-rays."


def instrument_of_file(path: Path) -> InstrumentProfile:
    """Read ``.instprm`` or ``.irf``; which of them, its content says.

    Raises
    ------
    FileMissingError
        The file cannot be read.
    UnreadableFileError
        It is neither, or not for X-rays of constant wavelength, or lacks a number.
    """
    try:
        data = read_plain(path, most_bytes=_LARGEST_BYTES)
    except (OSError, ValueError) as error:
        raise FileMissingError(
            f"{path} cannot be read ({error}).", hint="Check the name of the instrument's file."
        ) from error
    text = data.decode("utf-8", "replace").lstrip("\ufeff")
    try:
        first = next((line for line in text.splitlines() if line.strip()), "")
        is_instprm = "GSAS-II" in first or re.search(r"(?m)^\s*Type\s*:", text)
        found = _of_instprm(text) if is_instprm else _of_irf(text)
        _check(found)
        return found
    except (ValueError, CrystinetError) as error:
        words = error.message if isinstance(error, CrystinetError) else str(error)
        raise UnreadableFileError(f"{path}: {words}", hint=_HINT) from error


def _check(found: InstrumentProfile) -> None:
    """Refuse what no diffractometer does, which would leave a fit without lines; ValueError."""
    widths = found.widths
    for name, value, largest in (
        *((name, getattr(widths, name), _LARGEST_SQUARED_DEG) for name in ("u", "v", "w")),
        *((name, getattr(widths, name), _LARGEST_DEG) for name in ("x", "y")),
        ("zero", found.zero_deg, _LARGEST_DEG),
        ("asymmetry", found.axial, 1.0),
    ):
        if not abs(value) <= largest:
            raise ValueError(f"{name} is {value:g}, which is no diffractometer's.")


def _of_instprm(text: str) -> InstrumentProfile:
    items: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            if items:
                break  # the first bank alone
            continue
        for item in line.replace(" ", "").split(";"):
            name, colon, value = item.partition(":")
            if colon:
                items.setdefault(name, value.strip("\"'"))
    kind = items.get("Type", "")
    if kind not in _KINDS:
        raise ValueError(f"it is for {kind or 'an unknown kind of'} data, not for X-rays (PXC).")
    radiation = _radiation(items)
    values = {name: _number(items, name) for name in ("U", "V", "W", "X", "Y", "Zero", "SH/L")}
    gauss, lorentz = _FWHM_SQUARED * 1e-4, 1e-2
    if _number(items, "Z") != 0.0:
        # A constant Lorentzian width has no place of its own: X / cos is nearest to it.
        values["X"] += _number(items, "Z")
    widths = FittedWidths(
        u=gauss * values["U"],
        v=gauss * values["V"],
        w=gauss * values["W"],
        x=lorentz * values["X"],
        y=lorentz * values["Y"],
    )
    return InstrumentProfile(
        widths=widths,
        axial=max(values["SH/L"], 0.0),
        monochromator_deg=_monochromator(_number(items, "Polariz.", 0.5)),
        zero_deg=values["Zero"],
        radiation=radiation,
    )


def _radiation(items: Mapping[str, str]) -> Radiation:
    if "Lam" in items:
        return Radiation.of_wavelength(_number(items, "Lam"))
    if "Lam1" not in items:
        raise ValueError("it names no wavelength (Lam, or Lam1 and Lam2).")
    lines, ratio = [_number(items, "Lam1")], _number(items, "I(L2)/I(L1)", 0.5)
    if "Lam2" in items and ratio > 0.0:
        lines.append(_number(items, "Lam2"))
    return Radiation(tuple(lines), (1.0, ratio)[: len(lines)])


def _monochromator(polarisation: float) -> float:
    """2theta of the crystal that polarises so much, degrees; see `polarisation_of`."""
    if not 0.0 < polarisation <= 1.0:
        raise ValueError(f"a polarisation of {polarisation:g} is not from 0 to 1.")
    squared = min((1.0 - polarisation) / polarisation, 1.0)
    return math.degrees(math.acos(math.sqrt(squared)))


def _number(items: Mapping[str, str], name: str, default: float = 0.0) -> float:
    text = items.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} is {text!r}, no number.")
    return value


def _of_irf(text: str) -> InstrumentProfile:
    """Widths of the kind "Res = 1": U V W X Y Z for each wavelength, after a title."""
    rows = [line.strip() for line in text.splitlines() if not line.lstrip().startswith("!")]
    rows = [row.split("!")[0].strip() for row in rows if row][1:]
    radiation, axial, widths = None, 0.0, None
    for row in rows:
        word, _, rest = row.partition(" ")
        if word.upper() == "WAVE":
            radiation = _radiation_of_irf(_floats(rest))
        elif word.upper() in ("ASYM", "S_L/D_L"):
            axial = sum(abs(value) for value in _floats(rest)[:2])
        elif word.upper() == "JOBT" and "N" in rest.upper().replace("JOBT", ""):
            raise ValueError("it is for neutrons.")
        elif widths is None and re.match(r"^[-+.\d]", row) and len(_floats(row)) >= 5:
            u, v, w, x, y = _floats(row)[:5]
            widths = FittedWidths(u=u, v=v, w=w, x=y, y=x)  # FullProf's X goes with tan
    if widths is None:
        raise ValueError("it has no line with U, V, W, X and Y.")
    return InstrumentProfile(widths=widths, axial=axial, radiation=radiation)


def _radiation_of_irf(numbers: list[float]) -> Radiation:
    if len(numbers) >= 3 and numbers[2] > 0.0 and numbers[1] != numbers[0]:
        return Radiation((numbers[0], numbers[1]), (1.0, numbers[2]))
    if not numbers:
        raise ValueError("WAVE names no wavelength.")
    return Radiation.of_wavelength(numbers[0])


def _floats(text: str) -> list[float]:
    found = []
    for word in text.split():
        try:
            found.append(float(word))
        except ValueError:
            break
    if not all(map(math.isfinite, found)):
        raise ValueError(f"{text!r} has what is no number.")
    return found


def instprm_text(instrument: InstrumentProfile, radiation: Radiation | None = None) -> str:
    """An instrument as ``.instprm``; ``radiation`` where the instrument has none of its own."""
    lines = instrument.radiation or radiation or Radiation.of_anode("Cu")
    wavelengths, weights = lines.wavelengths_angstrom, lines.weights
    widths, gauss = instrument.widths, 1e4 / _FWHM_SQUARED
    items: dict[str, str | float] = {"Type": "PXC", "Bank": 1.0}
    if len(wavelengths) > 1:
        items |= {"Lam1": wavelengths[0], "Lam2": wavelengths[1]}
    else:
        items["Lam"] = wavelengths[0]
    items["Zero"] = instrument.zero_deg
    if len(wavelengths) > 1:
        items["I(L2)/I(L1)"] = weights[1] / weights[0]
    items |= {
        "Polariz.": polarisation_of(instrument),
        "U": gauss * widths.u,
        "V": gauss * widths.v,
        "W": gauss * widths.w,
        "X": 100.0 * widths.x,
        "Y": 100.0 * widths.y,
        "Z": 0.0,
        "SH/L": instrument.axial,
        "Azimuth": 0.0,
    }
    rows = [f"{k}:{v if isinstance(v, str) else format(v, '.8g')}" for k, v in items.items()]
    return "\n".join([HEADER, *rows]) + "\n"


def polarisation_of(instrument: InstrumentProfile) -> float:
    """Part P of the intensity that lies in the plane of diffraction's normal: 0.5 for a tube.

    With a monochromator ``P = 1 / (1 + cos^2 2theta_m)``.
    """
    return 1.0 / (1.0 + math.cos(math.radians(instrument.monochromator_deg)) ** 2)
