import pytest

from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.radiation import ANODE_LINES, Radiation


@pytest.mark.parametrize("anode", sorted(ANODE_LINES))
def test_doublets_have_alpha_1_first_and_shorter(anode: str) -> None:
    radiation = Radiation.of_anode(anode)
    first, second = radiation.wavelengths_angstrom
    assert first < second < first + 0.01
    assert radiation.weights == (1.0, 0.5)


@pytest.mark.parametrize("typed", [1.5406, 1.54056, 1.5418, 1.54184, 1.54059])
def test_what_people_type_for_copper(typed: float) -> None:
    assert Radiation.of_wavelength(typed) == Radiation.of_anode("Cu")


def test_a_synchrotron_is_one_line() -> None:
    assert Radiation.of_wavelength(0.41391).wavelengths_angstrom == (0.41391,)


@pytest.mark.parametrize("value", [0.0, -1.54, 1e-9, 20.0, float("nan"), float("inf")])
def test_impossible_wavelengths_are_refused(value: float) -> None:
    with pytest.raises(InvalidWavelengthError) as caught:
        Radiation.of_wavelength(value)
    assert "angstrom" in caught.value.hint


def test_an_unknown_anode_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidWavelengthError, match="'Zr'") as caught:
        Radiation.of_anode("Zr")
    assert "Cu" in caught.value.hint
