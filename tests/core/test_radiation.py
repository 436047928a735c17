from dataclasses import replace

import pytest

from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.radiation import ANODE_LINES, Radiation, parse_wavelength


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


@pytest.mark.parametrize("value", ["1.5406 furlong", None, float("nan"), -1.5, 0.0, [1.54]])
def test_what_is_no_wavelength_is_our_error(value: object) -> None:
    with pytest.raises(InvalidWavelengthError) as caught:
        Radiation.of_wavelength(value)  # type: ignore[arg-type]
    assert "1.5406" in caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [(1.54,), ("1.54",), (("1.54",),), ((1.54,), 1.0), ((1.54,), (0.0,)), ((1.54, 1.55), (1.0,))],
)
def test_a_radiation_of_other_things_is_our_error(arguments: tuple[object, ...]) -> None:
    with pytest.raises(InvalidWavelengthError):
        Radiation(*arguments)  # type: ignore[arg-type]


def test_an_anode_must_be_known() -> None:
    for anode in ("Xx", "", 29, None):
        with pytest.raises(InvalidWavelengthError, match="Unknown anode"):
            Radiation.of_anode(anode)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5406", 1.5406),
        (" 1,5406 ", 1.5406),
        ("1.5406 A", 1.5406),
        ("1.5406Å", 1.5406),
        ("0.15406 nm", 1.5406),
        ("70.93 pm", 0.7093),
        ("12.398419843 keV", 1.0),
        ("12398.419843 eV", 1.0),
        ("0 keV", 0.0),
        ("-1", -1.0),
        ("Mo", 0.7093172),
        ("mo", 0.7093172),
        ("MoKa1", 0.7093172),
        ("Mo K-alpha", 0.7093172),
        ("Molybdän", 0.7093172),
        ("cobalt", 1.788996),
    ],
)
def test_what_people_type_for_a_wavelength(text: str, expected: float) -> None:
    assert parse_wavelength(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "abc", "Xy", "1.54 furlong", "1.5406.3", "1_5", "Mo 3"])
def test_other_words_are_no_wavelength(text: str) -> None:
    with pytest.raises(InvalidWavelengthError, match="not a number and not an anode") as caught:
        parse_wavelength(text)
    assert "Mo" in caught.value.hint


def test_the_origin_is_no_part_of_what_a_radiation_is() -> None:
    assert replace(Radiation.of_anode("Cu"), origin="given") == Radiation.of_anode("Cu")
    assert Radiation.of_anode("Cu", assumed=True).origin == "assumed"
