import numpy as np
import pytest

from crystinet.core.errors import InvalidWavelengthError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers.formats.sietronics import CpiReader

COUNTS = np.random.default_rng(0).integers(1, 9999, 501)


def cpi(
    *,
    stop: str = "20.0",
    step: str = "0.02",
    anode: str = "Cu",
    wavelength: str = "1,5406",
    counts: np.ndarray = COUNTS,
) -> str:
    head = f"SIETRONICS XRD SCAN\n10.00\n{stop}\n{step}\n{anode}\n{wavelength}\n1/1/2020\n2.0\nname"
    return f"{head}\nSCANDATA\n" + "".join(f"{y}.5\n" for y in counts)


def read(text: str, radiation: Radiation | None = None) -> Pattern:
    (pattern,) = CpiReader().read(text.encode(), name="a.cpi", radiation=radiation)
    return pattern


@pytest.mark.parametrize("text", [cpi(), cpi().replace("\n", "\r\n"), cpi().replace(".", ",")])
def test_range_counts_and_wavelength(text: str) -> None:
    pattern = read(text)
    np.testing.assert_allclose(pattern.two_theta_deg, 10.0 + 0.02 * np.arange(501))
    np.testing.assert_array_equal(pattern.intensity, COUNTS + 0.5)
    assert pattern.radiation == Radiation.of_anode("Cu")
    assert (pattern.name, pattern.warnings) == ("a.cpi", ())


def test_the_radiation() -> None:
    assert read(cpi(wavelength="0", anode="Co")).radiation == Radiation.of_anode("Co")
    assert read(cpi(wavelength="0", anode="")).radiation.assumed
    assert read(cpi(wavelength="0.5")).radiation == Radiation((0.5,))
    assert read(cpi(wavelength="x"), Radiation((0.6,))).radiation == Radiation((0.6,))
    for value in ("-1.5", "nan", "154"):
        with pytest.raises(InvalidWavelengthError, match="A wavelength of"):
            read(cpi(wavelength=value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (cpi()[:60], "no line SCANDATA"),
        ("SIETRONICS XRD SCAN\n" + "x\n" * 60 + "SCANDATA\n", "no line SCANDATA"),
        (cpi(counts=COUNTS[:400]), "announces 501 points; there are 400"),
        (cpi(stop="-5"), "from 10 to -5 degrees in steps of 0.02"),
        (cpi(stop="nan"), "from 10 to nan"),
        (cpi(step="0"), "steps of 0"),
        (cpi(step="fast"), "The step in line 4 of a.cpi is 'fast', not a number"),
        (cpi() + "END\n", "Line 512 holds 'END'"),
    ],
)
def test_damaged_files(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert "again" in caught.value.hint


def test_the_first_line_decides() -> None:
    assert CpiReader().accepts(cpi().encode()[:100], ".txt")
    assert not CpiReader().accepts(b"# SIETRONICS XRD SCAN\n", ".cpi")
