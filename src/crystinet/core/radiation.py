"""X-ray lines of the usual anodes, and the radiation a pattern was measured with."""

import math
import re
from dataclasses import dataclass, field, replace

from crystinet.core.arguments import as_wavelength
from crystinet.core.errors import ConfigError, InvalidWavelengthError

#: K-alpha1, K-alpha2 in angstrom. Source: NIST X-ray Transition Energies Database (SRD 128),
#: values for Cr to Cu after Hoelzer et al., Phys. Rev. A 56 (1997) 4554.
ANODE_LINES: dict[str, tuple[float, float]] = {
    "Cr": (2.2897260, 2.2936510),
    "Fe": (1.9360410, 1.9399730),
    "Co": (1.7889960, 1.7928350),
    "Cu": (1.5405929, 1.5444274),
    "Mo": (0.7093172, 0.7136070),
    "Ag": (0.5594218, 0.5638131),
}

#: Names of these elements as headers write them, in small letters.
ANODE_WORDS: dict[str, str] = {
    **dict.fromkeys(("chromium", "chrome", "chrom", "cromo"), "Cr"),
    **dict.fromkeys(("iron", "eisen", "fer", "hierro", "ferro"), "Fe"),
    **dict.fromkeys(("cobalt", "kobalt", "cobalto"), "Co"),
    **dict.fromkeys(("copper", "kupfer", "cuivre", "cobre", "rame"), "Cu"),
    **dict.fromkeys(
        ("molybdenum", "molybdän", "molybdaen", "molybdène", "molybdene", "molibdeno"), "Mo"
    ),
    **dict.fromkeys(("silver", "silber", "argent", "plata", "argento"), "Ag"),
}

# Photon energy times wavelength, keV angstrom. Source: CODATA 2018, h c / e (exact).
KEV_ANGSTROM = 12.398419843
#: Origin of a wavelength that somebody gave, in a call or an option.
GIVEN = "given"
#: Of one that nobody gave.
ASSUMED = "assumed"

_SHORTEST_ANGSTROM, _LONGEST_ANGSTROM = 0.05, 5.0


@dataclass(frozen=True, slots=True)
class Radiation:
    """One or several X-ray lines.

    Attributes
    ----------
    wavelengths_angstrom
        The lines, the strongest first (K-alpha1 for a laboratory tube).
    weights
        Relative intensities, the first is 1.
    assumed
        True where the file did not say and Cu K-alpha was taken; the answer must say so.
    origin
        Who said so, for people: "the file says '# lambda = 0.7093'". Two radiations that differ
        only in it are equal.

    Raises
    ------
    InvalidWavelengthError
        For a wavelength outside 0.05 to 5 angstrom, a weight that is not positive, or unequal
        numbers of them.

    Examples
    --------
    >>> import crystinet
    >>> crystinet.Radiation.of_wavelength(1.5406).wavelengths_angstrom  # K-alpha1 and K-alpha2
    (1.5405929, 1.5444274)
    >>> crystinet.Radiation.of_anode("Mo").wavelength_angstrom
    0.7093172
    >>> crystinet.Radiation((0.4139,)).wavelengths_angstrom  # a synchrotron
    (0.4139,)
    """

    wavelengths_angstrom: tuple[float, ...]
    weights: tuple[float, ...] = (1.0,)
    assumed: bool = False
    origin: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for name in ("wavelengths_angstrom", "weights"):
            values = getattr(self, name)
            if not isinstance(values, tuple | list):
                raise InvalidWavelengthError(
                    f"{name} is {values!r}, not a sequence of numbers.",
                    hint="Radiation.of_wavelength(1.5406) makes the radiation of one wavelength.",
                )
            object.__setattr__(self, name, tuple(as_wavelength(value) for value in values))
        if self.assumed and not self.origin:
            object.__setattr__(self, "origin", ASSUMED)
        if not self.wavelengths_angstrom or len(self.wavelengths_angstrom) != len(self.weights):
            raise InvalidWavelengthError(
                f"{len(self.wavelengths_angstrom)} wavelengths with {len(self.weights)} weights.",
                hint="Give each X-ray line one wavelength and one weight.",
            )
        if not all(math.isfinite(weight) and weight > 0.0 for weight in self.weights):
            raise InvalidWavelengthError(
                f"The weights of the X-ray lines are {self.weights}, not all of them positive.",
                hint="Give relative intensities, 1 for the strongest line.",
            )
        for value in self.wavelengths_angstrom:
            if not (math.isfinite(value) and _SHORTEST_ANGSTROM <= value <= _LONGEST_ANGSTROM):
                raise InvalidWavelengthError(
                    f"A wavelength of {value:g} angstrom is outside "
                    f"{_SHORTEST_ANGSTROM} to {_LONGEST_ANGSTROM}.",
                    hint="Give it in angstrom: Cu K-alpha1 is 1.5406, Mo K-alpha1 is 0.7093.",
                )

    @property
    def wavelength_angstrom(self) -> float:
        """The strongest line."""
        return self.wavelengths_angstrom[0]

    @classmethod
    def of_anode(cls, anode: str, *, assumed: bool = False) -> "Radiation":
        """K-alpha doublet of an anode ("Cu", "molybdenum"), K-alpha2 at half of K-alpha1.

        Raises
        ------
        InvalidWavelengthError
            The anode is not known; the hint lists those that are.
        """
        lines = ANODE_LINES.get(_symbol(anode)) if isinstance(anode, str) else None
        if lines is None:
            raise InvalidWavelengthError(
                f"Unknown anode {anode!r}.", hint=f"Known: {', '.join(ANODE_LINES)}."
            )
        return cls(lines, (1.0, 0.5), assumed)

    @classmethod
    def of_wavelength(cls, wavelength_angstrom: float | str) -> "Radiation":
        """Radiation of one wavelength; a known K-alpha1 or K-alpha mean gets its doublet.

        A laboratory user types 1.5406 or 1.5418 and means the Cu tube; 0.4139 is a synchrotron.

        Parameters
        ----------
        wavelength_angstrom
            In angstrom, from 0.05 to 5; or what `parse_wavelength` understands: "Mo", "17.48 keV".

        Raises
        ------
        InvalidWavelengthError
            For what is no wavelength.
        """
        wavelength_angstrom = as_angstrom(wavelength_angstrom)
        for lines in ANODE_LINES.values():
            mean = (2.0 * lines[0] + lines[1]) / 3.0
            if min(abs(wavelength_angstrom - lines[0]), abs(wavelength_angstrom - mean)) < 4e-4:
                return cls(lines, (1.0, 0.5))
        return cls((wavelength_angstrom,))


def given_radiation(
    wavelength_angstrom: float | str | None, anode: str | None = None
) -> Radiation | None:
    """The radiation that somebody gave in a call; None where nobody did.

    Parameters
    ----------
    wavelength_angstrom
        As `Radiation.of_wavelength`.
    anode
        As `Radiation.of_anode`, instead.

    Raises
    ------
    InvalidWavelengthError
        For what is no wavelength or no anode.
    ConfigError
        Where both are given.
    """
    if wavelength_angstrom is not None and anode is not None:
        raise ConfigError(
            f"Both a wavelength ({wavelength_angstrom}) and an anode ({anode}) are given.",
            hint="Give one of them.",
        )
    if anode is not None:
        return replace(Radiation.of_anode(anode), origin=GIVEN)
    if wavelength_angstrom is not None:
        return replace(Radiation.of_wavelength(wavelength_angstrom), origin=GIVEN)
    return None


def given_wavelength(wavelength_angstrom: float | str | None, anode: str | None) -> float | None:
    """Wavelength of the strongest line, angstrom, of what `given_radiation` takes."""
    radiation = given_radiation(wavelength_angstrom, anode)
    return radiation.wavelength_angstrom if radiation else None


# "1.5406", "1,5406 A", "0.07093 nm", "17.48 keV"
_GIVEN_NUMBER = re.compile(
    r"(?P<number>[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf))\s*"
    r"(?P<unit>Å|A|Angstroms?|nm|pm|k?eV)?",
    re.IGNORECASE,
)


def as_angstrom(value: object) -> float:
    """Angstrom of a number, or of what `parse_wavelength` understands; any size passes.

    Raises
    ------
    InvalidWavelengthError
        For anything else.
    """
    return parse_wavelength(value) if isinstance(value, str) else as_wavelength(value)


def parse_wavelength(text: str) -> float:
    """Wavelength in angstrom of what people type.

    Parameters
    ----------
    text
        In angstrom, with a decimal point or comma ("1,5406"), with another unit ("0.07093 nm",
        "17.48 keV"), or an anode ("Mo", "MoKa", "molybdenum"), which stands for its K-alpha1.

    Returns
    -------
    Any number: `Radiation.of_wavelength` refuses an impossible one.

    Raises
    ------
    InvalidWavelengthError
        For other words.

    Examples
    --------
    >>> from crystinet.core.radiation import parse_wavelength
    >>> parse_wavelength("1,5406"), parse_wavelength("Mo"), parse_wavelength("0.07 nm")
    (1.5406, 0.7093172, 0.7000000000000001)
    """
    words = text.strip()
    if found := _GIVEN_NUMBER.fullmatch(words):
        value, unit = float(found["number"].replace(",", ".")), (found["unit"] or "").lower()
        if unit.endswith("ev"):
            energy = value if unit == "kev" else value / 1000.0
            return KEV_ANGSTROM / energy if energy else 0.0
        return value * {"nm": 10.0, "pm": 0.01}.get(unit, 1.0)
    if lines := ANODE_LINES.get(_symbol(words)):
        return lines[0]
    raise InvalidWavelengthError(
        f"The wavelength is {text[:60]!r}, not a number and not an anode.",
        hint=f"Give it in angstrom (1.5406), or the anode: {', '.join(ANODE_LINES)}.",
    )


def _symbol(anode: str) -> str:
    """Symbol of an anode in symbols or words, "K-alpha" behind it or not."""
    name = re.sub(r"[\s_-]*k[\s_-]*(?:alpha|α|a)[\s_-]*1?$", "", anode.strip(), flags=re.IGNORECASE)
    return ANODE_WORDS.get(name.lower(), name.capitalize())
