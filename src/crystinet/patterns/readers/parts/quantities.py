"""What the name of a column or an axis says about the numbers below it."""

import re
from collections.abc import Iterable
from enum import StrEnum


class Quantity(StrEnum):
    """What a column holds."""

    TWO_THETA = "2theta"
    THETA = "theta"
    D = "d"
    Q = "Q"
    S = "1/d"
    SINE = "sin(theta)/lambda"
    INTENSITY = "intensity"
    TIME = "counting time"
    OTHER_AXIS = "another axis"


#: What can become 2theta, the best first.
AXES = (
    Quantity.TWO_THETA,
    Quantity.D,
    Quantity.Q,
    Quantity.S,
    Quantity.SINE,
    Quantity.THETA,
)
ANY_AXIS = frozenset((*AXES, Quantity.OTHER_AXIS))

_INVERSE_UNIT = r"(1?/?(å|a|ang|angstroms?|nm|nanomet\w+)|inv\w*)[12⁻¹]*"
# Matched in this order against a name without blanks, brackets and signs.
_NAMES = (
    (Quantity.SINE, r"^(sin|sine)(theta|θ|th)/(lambda|λ|wavelength)"),
    (
        Quantity.TWO_THETA,
        r"^(?!.*(offset|esd|fwhm|uncert)).*(2|two)(theta|θ|th)|^tth|^t?theta2|^angle|^pos|^deg",
    ),
    (
        Quantity.THETA,
        r"^glanzwinkel|^(bragg(angle)?|glanzwinkel|angle)?(theta|θ|th)((in)?(deg|rad)|$)",
    ),
    (Quantity.S, rf"^(s=)?1/d($|hkl|spacing|{_INVERSE_UNIT})|^s/?{_INVERSE_UNIT}$|^recip\w*d"),
    (Quantity.D, r"^d(spacings?|values?|hkl)?(å|a|ang|angstroms?|nm)?$"),
    (
        Quantity.Q,
        r"^q($|å|a|nm|1/|/|,|value|vector|space|in|ang|recip|=)|^(momentum|wavevector)transfer"
        r"|^scatteringvector|^2(pi|π)/d|^4(pi|π)\*?sin",
    ),
    (
        Quantity.OTHER_AXIS,
        r"^(tof|timeofflight|flighttime|(photon|binding|kinetic)?energy|ev$|kev$|channel"
        r"|raman|wavenumber|waveleng|wellenl|longueurd|cm1$|1/cm|temperature|temp$|time$|time(s|ms|min)$"
        r"|pixels?$|radius|r(å|aa?|ang\w*|n?m|mm)$|azimuth|(chi|phi|psi|omega|ω|χ|φ|ψ)(deg)?$|frequency"
        r"|voltage|potential|mass$|m/z|strain|stress|(magnetic)?field|diameter|depth|thickness"
        r"|chemicalshift|ppm$|delta.?ppm|δ)",
    ),
    (Quantity.TIME, r"^(time|seconds?)(per|/)?(step|point)|^(step|count|counting|exposure)time"),
    # Not the calculated curve, the background or the standard deviation of one.
    (
        Quantity.INTENSITY,
        r"^(?!.*(cal|back|bkg|diff|err|esd|sigma|std|weight|untergr|hintergr|fond|berech))"
        r".*(intens|cuentas|conteggi|conteos?$|contag|zähl|强度|強度|интенс|gemess|mesur|^int$|count|cps|obs|meas|^exp|^i$|^y$|^yi$|^lin|signal|imp|^det(ector)?\d?$)",
    ),
)
# What accompanies a measured curve and is none of its own.
_NO_CURVE = re.compile(
    r"cal|berech|offset|shift|diff|err|esd|sigma|std|weight|resid|frame|image|index|^h$|^k$|^l$|hkl|^no$|^n$|^point"
    r"|monitor|time|temp|^chi|^phi|^omega|^used|flag|date|remark|comment|^f$|^m$|unnamed|^\W*$"
)
# Beside a measured curve one that belongs to it; alone it is what there is.
_BESIDE = re.compile(r"model|^fit|fitted|theor|simul|^sim$|smooth|^i0")
# Measured, but not the sample.
_NOT_SAMPLE = re.compile(
    r"empty|holder|blank|back|bkg|untergr|hintergr|fond$|fondo|^bgr?d?$|substrate|dark|^air$|^kapton|capillary"
)
# Units of what is neither an angle nor d nor Q; those of length belong to d.
_OTHER_UNIT = re.compile(
    r"[(\[/,]\s*(?:%|[munp]?[tvawjgn]|mm|cm|[µμu]m|k?ev|°\s*c|k|[munµ]?s|sec|min|h|ppm|[kmg]?hz"
    r"|[kmg]?pa|k?bar|oe|gauss|cm-1|cm\^?-1|1/cm|px|pixels?)\s*[)\]]?$"
)
_RADIANS = re.compile(r"(?<![a-z])rad(ians?)?(?![a-z])")


def quantity_of(name: str) -> Quantity | None:
    """What a column of this name holds; None if the name says nothing."""
    plain = plain_name(name)
    return next((quantity for quantity, form in _NAMES if re.search(form, plain)), None)


def plain_name(name: str) -> str:
    """A name without blanks, brackets and signs, in small letters."""
    return re.sub(r"[\s_\-^*.:\[\](){}°\"'#−⁻$\\]", "", name[:200].lower())


def is_per_nm(name: str) -> bool:
    """Whether the unit is the nanometre, or one divided by it."""
    return "nm" in name.lower() or "nanomet" in name.lower()


def has_other_unit(name: str) -> bool:
    """Whether the unit is that of no diffraction axis: "Strain (%)", "Position [mm]"."""
    return re.search(_OTHER_UNIT, name.strip().lower()) is not None


def is_in_radians(name: str) -> bool:
    """Whether the name ends in the unit of radians: "2th_rad", "theta (rad)"."""
    return _RADIANS.search(name.lower()) is not None


def is_measured_curve(name: str, *, alone: bool = False) -> bool:
    """Whether a name that says nothing else may be that of a sample: "rutile", "A 300 K".

    ``alone``: there is no other column, so that "smoothed" and "model" are taken too.
    """
    plain = plain_name(name)
    beside = None if alone else _BESIDE.search(plain)
    return not (_NO_CURVE.search(plain) or _NOT_SAMPLE.search(plain) or beside)


def is_not_the_sample(name: str) -> bool:
    """Whether a measured curve is that of a holder, a blank or the background."""
    return _NOT_SAMPLE.search(plain_name(name)) is not None


def is_scaled(name: str) -> bool:
    """Whether intensities are said to be logarithms or roots: "log10(I)", "sqrt(counts)"."""
    scaled = r"(log|ln|lg|sqrt|√)(10|2|e)?\W*(i\b|int|count|y\b)"
    return re.match(scaled, name.strip().lower()) is not None


def are_of_peaks(names: Iterable[str]) -> bool:
    """Whether columns are those of a list of peaks: widths, or the three indices."""
    plain = {plain_name(name) for name in names}
    return {"h", "k", "l"} <= plain or any(re.search(r"fwhm|^hkl|beta$", name) for name in plain)


def is_sample(name: str) -> bool:
    """Whether a column is called the sample, beside one called the reference, say."""
    return (
        re.search(r"sample|probe|muestra|échantillon|campione|specimen", name.lower()) is not None
    )
