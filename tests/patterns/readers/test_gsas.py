from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern, read_pattern
from crystinet.patterns.readers.formats.gsas import GsasReader

TITLE = "A title".ljust(80)
COUNTS = np.random.default_rng(0).integers(1, 99_999, 2345)
AXIS = 15.0 + 0.02 * np.arange(2345)


def records(fields: list[str], *, per_line: int, end: str = "\n") -> str:
    lines = ["".join(fields[i : i + per_line]).ljust(80) for i in range(0, len(fields), per_line)]
    return end.join(lines) + end


def std(bank: str = "BANK 1 2345 235 CONST 1500 2 0 0 STD", *, end: str = "\n") -> str:
    fields = [f"{count:8d}" for count in COUNTS]
    return TITLE + end + bank.ljust(80) + end + records(fields, per_line=10, end=end)


def read(text: str, radiation: Radiation | None = None) -> list[Pattern]:
    return GsasReader().read(text.encode(), name="a.gsas", radiation=radiation)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "bank",
    [
        "BANK 1 2345 235 CONST 1500 2 0 0 STD",
        "BANK   1    2345     235   CONST  1500.0     2.0     0.0     0.0         STD",
        "BANK 1 2345 235 CONS 1500 2 0 0",
    ],
)
def test_std_in_centidegrees(bank: str, end: str) -> None:
    (pattern,) = read(std(bank, end=end))
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-9)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.name == "a.gsas"
    assert pattern.radiation.assumed


def test_std_fields_may_begin_with_the_number_of_counters() -> None:
    fields = [f"{n % 10 + 1:2d}{count:6d}" for n, count in enumerate(COUNTS)]
    text = TITLE + "\nBANK 1 2345 235 CONST 1500 2 0 0 STD\n" + records(fields, per_line=10)
    (pattern,) = read(text)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)


def test_std_zeros_that_fill_the_last_record_are_no_counts() -> None:
    fields = [f"{count:8d}" for count in COUNTS] + [f"{0:8d}"] * 5
    text = TITLE + "\nBANK 1 2350 235 CONST 1500 2 0 0 STD\n" + records(fields, per_line=10)
    (pattern,) = read(text)
    assert len(pattern.intensity) == 2345


def test_esd_has_a_deviation_beside_each_count() -> None:
    fields = [f"{value:8.1f}" for count in COUNTS for value in (count, np.sqrt(count))]
    text = TITLE + "\nBANK 1 2345 469 CONST 1500 2 0 0 ESD\n" + records(fields, per_line=10)
    (pattern,) = read(text)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-9)


@pytest.mark.parametrize("kind", ["FXY", "FXYE"])
def test_free_format_gives_every_angle(kind: str) -> None:
    rows = "".join(
        f"  {100.0 * x:.2f}  {y}" + ("  1.5\n" if kind == "FXYE" else "\n")
        for x, y in zip(AXIS, COUNTS, strict=True)
    )
    (pattern,) = read(f"{TITLE}\nBANK 1 2345 2345 CONS 1500 2 0 0 {kind}\n{rows}")
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-9)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)


def test_comments_may_name_the_wavelength() -> None:
    text = "title\n# Calibrated wavelength = 0.413909\n" + std().split("\n", 1)[1]
    assert read(text)[0].radiation == Radiation((0.413909,))
    assert read(text, Radiation((0.5,)))[0].radiation == Radiation((0.5,))


def test_a_title_that_is_a_symbol_of_an_element_is_no_anode() -> None:
    assert read("Co\n" + std().split("\n", 1)[1])[0].radiation.assumed


def test_every_bank_is_a_pattern() -> None:
    second = std("BANK 2 2345 235 CONST 2000 2 0 0 STD").split("\n", 1)[1]
    first, other = read(std() + second)
    assert (first.name, other.name) == ("a.gsas [1]", "a.gsas [2]")
    assert other.two_theta_deg[0] == 20.0


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            std("BANK 1 2345 235 EDS 1500 2 0 0 STD"),
            "Line 2 has data of type EDS STD",
            "Only constant-wavelength",
        ),
        (std("BANK 1 2345 235 CONST 1500 2 0 0 ALT"), "data of type CONST ALT", "STD, ESD, FXY"),
        (std("BANK 1 2345 235 CONST 1500"), "Line 2 is not a complete BANK line", "start step"),
        (std("BANK 1 2345 235 CONST a b 0 0 STD"), "not a complete BANK line", "start step"),
        (
            std("BANK 1 4000 235 CONST 1500 2 0 0 STD"),
            r"BANK line \(line 2\) announces 4000 values; there are 2350|2345",
            "cut off",
        ),
        (std("BANK 1 -5 235 CONST 1500 2 0 0 STD"), "announces -5 points", "damaged"),
        (std("BANK 1 0 235 CONST 1500 2 0 0 STD"), "announces 0 points", "damaged"),
        (std(f"BANK 1 {'9' * 18} 235 CONST 1500 2 0 0 STD"), "announces 9{18} points", "damaged"),
        (std("BANK 1 99999999 9 CONST 1500 2 0 0 STD"), "announces 99999999 values", "cut off"),
        (std("BANK 1 2345 235 CONST 1500 -2 0 0 STD"), "steps of -0.02", "cut off"),
        (std("BANK 1 2345 235 CONST 1500 nan 0 0 ESD"), "announces 4690 values|steps of nan", ""),
        (std("BANK 1 2345 235 CONST inf 2 0 0 STD"), "starts at inf degrees", "cut off"),
        (std()[:162], "announces 2345 values; there are 0", "cut off"),
        (std().replace(f"{COUNTS[5]:8d}", "   abc  ", 1), "Line 3 holds 'abc'", "shifted"),
        (
            "t\nBANK 1 3 3 CONS 1 1 0 0 FXYE\n1 2 3\n4\n5 6 7\n",
            "Line 4 holds '' where a number",
            "export the file again",
        ),
    ],
)
def test_damaged_files(text: str, message: str, hint: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert hint in caught.value.hint


def test_a_bank_line_decides() -> None:
    reader = GsasReader()
    assert reader.accepts(std().encode()[:500], ".raw")
    assert not reader.accepts(b"The bank account 5 6 7\n10.0 5\n", ".gsas")


def example(name: str) -> Path:
    """A file that rietx carries; finding it does not import rietx."""
    spec = find_spec("rietx")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("rietx, which carries the measured example, is not installed")
    return Path(spec.submodule_search_locations[0], "data", "examples", name)


def test_the_measured_fluorapatite() -> None:
    pattern = read_pattern(example("FAP.XRA"), wavelength_angstrom=1.5405)
    # "BANK 1 5753 576 CONST 1500 2": 15 degrees, step 0.02; the last two channels are filling.
    np.testing.assert_allclose(pattern.two_theta_deg, 15.0 + 0.02 * np.arange(5751), atol=1e-9)
    assert pattern.intensity[:3].tolist() == [609.0, 612.0, 673.0]
    assert pattern.intensity[-1] == 84.0
    assert pattern.radiation == Radiation.of_anode("Cu")
    assert pattern.warnings == ()
    # The strongest reflection of fluorapatite is 211, d = 2.80 angstrom.
    assert pattern.two_theta_deg[pattern.intensity.argmax()] == pytest.approx(31.94, abs=0.1)


def test_the_measured_synchrotron_pattern_names_its_wavelength() -> None:
    pattern = read_pattern(example("11BM_NAC.fxye"))
    assert pattern.radiation == Radiation((0.413909,))
    assert len(pattern.two_theta_deg) == 59497
    assert pattern.two_theta_deg[0] == 0.5
