from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import (
    CrystinetError,
    InvalidPatternError,
    InvalidWavelengthError,
    UnreadableFileError,
)
from crystinet.core.notes import NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.pattern import ASSUMED_WAVELENGTH
from crystinet.patterns.readers.formats.text import TextReader

COPPER = Radiation.of_anode("Cu")
AXIS = np.round(np.arange(10.0, 60.0, 0.05), 2)
COUNTS = np.random.default_rng(0).integers(0, 5000, len(AXIS)).astype(np.float64)


def read(text: str | bytes, radiation: Radiation | None = COPPER) -> Pattern:
    data = text if isinstance(text, bytes) else text.encode()
    (pattern,) = TextReader().read(data, name="a.xy", radiation=radiation)
    return pattern


def table(form: str = "{:.2f} {:.0f}", end: str = "\n") -> str:
    return "".join(form.format(x, y) + end for x, y in zip(AXIS, COUNTS, strict=True))


def assert_right(pattern: Pattern) -> None:
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)


def with_decimal_commas(text: str) -> str:
    return text.replace(".", ",")


@pytest.mark.parametrize(
    "text",
    [
        table(),
        table(end="\r\n"),
        table(end="\r"),
        table("{:.2f}\t{:.1f}"),
        table("{:.2f},{:.1f}"),
        table("{:.2f}, {:.0f}"),
        table("{:.2f};{:.1f}"),
        table(" {:12.7E} {:12.7E}"),
        with_decimal_commas(table("{:.2f};{:.1f}")),
        with_decimal_commas(table("{:.2f}\t{:.1f}")),
        with_decimal_commas(table("{:.2f} {:.1f}")),
        with_decimal_commas(table("{:.2f}  {:.0f}")),
        table("{:.2f} {:.0f} 12.5"),
        table("{:.2f},{:.0f},nan"),
        "2theta,intensity\n" + table("{:.2f},{:.0f}"),
        "2theta\tcalc\tobs\n" + table("{:.2f}\t0\t{:.0f}"),
        "intensity;frame;2theta\n" + "\n".join(
            f"{y:.0f};1;{x:.2f}" for x, y in zip(AXIS, COUNTS, strict=True)
        ),
        "# a\n! b\n; c\n' d\n% e\n* f\n/ g\n\n" + table(),
        "GENERAL\n 1000\n" + table(),
        "corundum 2020\n10.0 60.0 0.05\n" + table(),
        'A title\n"quoted", and more\n' + table() + "\n# the end\n",
        table() + "End of the measurement\n\n",
        table().replace("20.00 ", "# a comment between\n20.00 "),
        "_FILEVERSION=1\n_2THETACOUNTS\n" + table(),
    ],
)  # fmt: skip
def test_the_forms_of_a_table(text: str) -> None:
    pattern = read(text)
    assert_right(pattern)
    assert pattern.warnings == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding: str) -> None:
    assert_right(read(("# Prüfling 1 µm\n" + table()).encode(encoding)))


@settings(max_examples=50, deadline=None)
@given(
    steps=st.lists(st.floats(0.001, 0.5), min_size=5, max_size=60),
    seed=st.integers(0, 99),
    form=st.sampled_from(["{!r} {!r}", "{!r},{!r}", "{!r};{!r}", "{!r}\t{!r}\t1.0"]),
)
def test_numbers_come_back_as_written(steps: list[float], seed: int, form: str) -> None:
    axis = 5.0 + np.cumsum(steps)
    curve = np.random.default_rng(seed).normal(size=len(axis)) * 1e4
    pairs = zip(axis.tolist(), curve.tolist(), strict=True)
    pattern = read("\n".join(form.format(x, y) for x, y in pairs))
    np.testing.assert_array_equal(pattern.two_theta_deg, axis)
    np.testing.assert_array_equal(pattern.intensity, curve)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300) | st.text(alphabet="0123456789.,;\t\n -aeN#", max_size=300))
def test_any_content_gives_a_pattern_or_one_of_our_errors(data: bytes | str) -> None:
    with suppress(CrystinetError):
        assert np.isfinite(read(data).intensity).all()


# --- radiation ----------------------------------------------------------------------------


def test_the_header_names_the_radiation_and_the_user_overrules_it() -> None:
    text = "# wavelength = 0.7093\n" + table()
    assert read(text, None).radiation == Radiation.of_anode("Mo")
    assert read(text, None).warnings == ()
    assert read(text, Radiation((0.5,))).radiation == Radiation((0.5,))


def test_without_a_word_copper_is_assumed() -> None:
    pattern = read(table(), None)
    assert pattern.radiation.assumed
    assert any("Cu K-alpha was assumed" in text for text in pattern.warnings)


def test_2theta_and_d_together_tell_the_wavelength() -> None:
    d = 1.23984 / (2.0 * np.sin(np.radians(AXIS) / 2.0))
    rows = zip(AXIS, d, COUNTS, strict=True)
    text = "2theta d intensity\n" + "".join(f"{x:.2f} {d:.5f} {y:.0f}\n" for x, d, y in rows)
    pattern = read(text, None)
    assert_right(pattern)
    assert pattern.radiation.wavelength_angstrom == pytest.approx(1.23984, rel=1e-4)
    assert not pattern.radiation.assumed


def test_a_column_that_is_called_d_but_is_not_tells_nothing() -> None:
    rows = "".join(f"{x:.2f} {5 + x} {y:.0f}\n" for x, y in zip(AXIS, COUNTS, strict=True))
    pattern = read("2theta d intensity\n" + rows, None)
    assert pattern.radiation.assumed


# --- other axes ---------------------------------------------------------------------------


def as_d() -> np.ndarray:
    d: np.ndarray = 1.5405929 / (2.0 * np.sin(np.radians(AXIS) / 2.0))
    return d


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("d [Å], intensity", as_d()),
        ("d (nm), intensity", as_d() / 10.0),
        ("q_A^-1, I", 2.0 * np.pi / as_d()),
        ("# Q (1/nm), I", 20.0 * np.pi / as_d()),
        ("s (1/nm), I", 10.0 / as_d()),
        ("1/d (1/Å), I", 1.0 / as_d()),
        ("sin(theta)/lambda, I", 0.5 / as_d()),
    ],
)
def test_d_and_q_become_2theta(header: str, values: np.ndarray) -> None:
    rows = "".join(f"{x:.10f},{y:.0f}\n" for x, y in zip(values, COUNTS, strict=True))
    pattern = read(f"{header}\n{rows}", None)
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-6)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.notes[0].code is NoteCode.TWO_THETA_CONVERTED
    assert pattern.notes[1:] == (ASSUMED_WAVELENGTH,)  # not that the points were sorted


@pytest.mark.parametrize(
    ("header", "factor"),
    [("2theta (rad),counts", np.pi / 180.0), ("# 2th_rad, I", np.pi / 180.0),
     ("theta (deg),counts", 0.5), ("theta (rad),counts", np.pi / 360.0)],
)  # fmt: skip
def test_theta_and_radians_become_2theta_in_degrees(header: str, factor: float) -> None:
    rows = "".join(f"{factor * x:.10f},{y:.0f}\n" for x, y in zip(AXIS, COUNTS, strict=True))
    np.testing.assert_allclose(read(f"{header}\n{rows}").two_theta_deg, AXIS, atol=1e-6)


def test_what_is_called_theta_may_be_2theta() -> None:
    def going_to(most: float) -> Pattern:
        axis = np.linspace(5.0, most, 500)
        return read("theta,counts\n" + "".join(f"{x:.5f},5\n" for x in axis))

    assert going_to(45.0).two_theta_deg[-1] == 90.0
    assert going_to(80.0).two_theta_deg[-1] == 80.0
    with pytest.raises(InvalidPatternError, match="2theta goes up to 120, or 2theta itself"):
        going_to(60.0)


@pytest.mark.parametrize("header", ["d (nm), intensity", "q_A^-1, I"])
def test_d_and_q_may_run_either_way(header: str) -> None:
    values = as_d() / 10.0 if "nm" in header else 2.0 * np.pi / as_d()
    rows = [f"{x:.10f},{y:.0f}\n" for x, y in zip(values, COUNTS, strict=True)]
    forward, backward = (read(f"{header}\n{''.join(r)}") for r in (rows, rows[::-1]))
    np.testing.assert_array_equal(forward.two_theta_deg, backward.two_theta_deg)
    np.testing.assert_array_equal(forward.intensity, backward.intensity)
    assert forward.warnings == backward.warnings
    assert len(forward.warnings) == 1


def test_q_beyond_the_reach_of_the_wavelength_is_refused() -> None:
    with pytest.raises(InvalidPatternError, match=r"beyond the reach of 1\.5406") as caught:
        read("Q intensity\n" + "".join(f"{20 + x} 5.0\n" for x in range(200)))
    assert "wavelength" in caught.value.hint


def test_q_uses_the_given_wavelength_and_drops_what_it_cannot_reach() -> None:
    q = np.linspace(1.0, 10.0, 500)
    text = "Q intensity\n" + "".join(f"{x:.6f} 5.0\n" for x in q)
    near = read(text, Radiation((0.5,)))
    assert len(near.two_theta_deg) == 500
    assert near.two_theta_deg[0] == pytest.approx(2.0 * np.degrees(np.arcsin(0.5 / (4.0 * np.pi))))
    far = read(text, COPPER)
    lost = int((q * COPPER.wavelength_angstrom / (4.0 * np.pi) > 1.0).sum())
    assert len(far.two_theta_deg) == 500 - lost
    assert any(text.startswith(f"{lost} points lie beyond the reach") for text in far.warnings)


def test_q_must_be_positive() -> None:
    text = "Q intensity\n" + "".join(f"{x} 5.0\n" for x in range(200))
    with pytest.raises(InvalidPatternError, match="column of Q goes from 0 to 199") as caught:
        read(text)
    assert "positive" in caught.value.hint


# --- errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("only words\nand more words\n", r"no table of numbers in the text \(2 lines\)", "10.02"),
        ("SCANDATA\n60\n50\n40\n30\n", r"no table of numbers", "10.02"),
        (table().replace("20.00 ", "20.00 x"), r"Line 201 .* two numbers .*'20.00 x", "Complete"),
        (table() + "60.05", "Line 1001 does not hold two numbers .*: '60.05'", "Complete"),
        (
            table().replace("20.00 ", "Scan 2\n20.00 "),
            r"Line 201 interrupts the numbers, which go on in line 202: 'Scan 2'",
            "# before comments",
        ),
    ],
)
def test_text_that_is_no_table(text: str, message: str, hint: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("value", "column"),
    [("nan", 0), ("inf", 0), ("-Infinity", 0), ("inf", 1), ("-Infinity", 1)],
)
def test_a_number_that_is_not_finite_is_named_by_its_line(value: str, column: int) -> None:
    lines = table().splitlines()
    fields = lines[300].split()
    fields[column] = value
    lines[300] = " ".join(fields)
    with pytest.raises(InvalidPatternError, match=rf"Line 301 is not finite: '.*{value}") as caught:
        read("\n".join(lines))
    assert "Remove or repair" in caught.value.hint


def grouped(values: np.ndarray, sign: str, decimals: str = "") -> list[str]:
    return [f"{y:,.0f}".replace(",", sign) + decimals for y in values]


def comma(values: np.ndarray) -> list[str]:
    return [f"{x:.3f}".replace(".", ",") for x in values]


def joined(first: list[str], second: list[str], form: str) -> str:
    return "".join(form.format(x, y) + "\n" for x, y in zip(first, second, strict=True))


POINT = [f"{x:.3f}" for x in AXIS]


@pytest.mark.parametrize(
    "text",
    [
        joined(comma(AXIS), grouped(COUNTS, ".", ",00"), "{};{}"),
        joined(comma(AXIS), grouped(COUNTS, "."), "{};{}"),
        joined(comma(AXIS), grouped(COUNTS, "."), "{}\t{}"),
        joined(comma(AXIS), grouped(COUNTS, "."), '"{}","{}"'),
        joined(POINT, grouped(COUNTS, ","), "{};{}"),
        joined(POINT, grouped(COUNTS, ","), '{},"{}"'),
        joined(POINT, grouped(COUNTS, ",", ".0"), '"{}","{}"'),
        joined(POINT, grouped(COUNTS, ","), "{},{}"),
        joined(POINT, grouped(COUNTS, ","), "{}  {}"),
        joined(POINT, grouped(COUNTS, " "), "{};{}"),
        joined(POINT, grouped(COUNTS, " "), "{} {}"),
        joined(POINT, grouped(COUNTS, "\u00a0"), "{} {}"),
        joined(POINT, grouped(COUNTS, "\u202f"), "{}\t{}"),
        joined(POINT, grouped(COUNTS, "'"), "{}\t{}"),
        joined(POINT, grouped(COUNTS, "\u2019"), "{},{}"),
    ],
)
def test_signs_between_thousands(text: str) -> None:
    assert_right(read(text))


@pytest.mark.parametrize(
    ("axis", "sign", "form"),
    [(POINT, ".", "{};{}"), (comma(AXIS), ",", "{};{}"), (POINT, ".", "{} {}")],
)
def test_a_number_of_two_meanings_is_refused_with_both(
    axis: list[str], sign: str, form: str
) -> None:
    with pytest.raises(UnreadableFileError, match=r"may be \d+, with a sign .*, or \d\.\d{3}"):
        read(joined(axis, grouped(COUNTS, sign), form))


def test_three_decimals_everywhere_are_decimals() -> None:
    y = COUNTS / 100.0
    assert (read(joined(POINT, [f"{v:.3f}" for v in y], "{} {}")).intensity == y).all()
    assert (read(joined(comma(AXIS), comma(y), "{};{}")).intensity == y).all()
    assert (read(joined(POINT, [f"{v / 8:g}" for v in COUNTS], "{} {}")).intensity > -1).all()


@pytest.mark.parametrize(
    "text",
    [
        table('"{:.2f}","{:.0f}"'),
        '"2theta","counts, total"\n' + table('"{:.2f}","{:.0f}"'),
        table('"{:.2f}" "{:.0f}"'),
        table("{:.4E} {:.6E}").replace("E", "D"),
        table("{:.2f} {:.0f}(12)"),
        table("{:.2f},{:.2f}(3)"),
    ],
)
def test_spellings_of_numbers(text: str) -> None:
    assert_right(read(text))


def test_the_minus_of_typesetters() -> None:
    pattern = read(
        joined(POINT, [f"{y:.0f}".replace("-", "\u2212") for y in COUNTS - 9e3], "{} {}")
    )
    np.testing.assert_array_equal(pattern.intensity, COUNTS - 9e3)


@pytest.mark.parametrize(
    ("form", "value"),
    [("{:.2f} {:.0f} 3.0", "nan"), ("{:.2f},{:.0f}", ""), ("{:.2f};{:.0f}", "NaN"),
     ("{:.2f}\t{:.0f}", "--"), ("{:.2f},{:.0f}", "N/A"), ("{:.2f} {:.0f}", "-9999")],
)  # fmt: skip
def test_points_without_intensity_are_left_out_and_counted(form: str, value: str) -> None:
    lines = table(form).splitlines()
    separator = next((sign for sign in ",;\t" if sign in form), " ")
    for index in (0, 300, 301, 999):
        fields = lines[index].split(separator)
        fields[1] = value
        lines[index] = separator.join(fields)
    pattern = read("\n".join(lines))
    kept = np.delete(np.arange(1000), [0, 300, 301, 999])
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS[kept])
    np.testing.assert_array_equal(pattern.intensity, COUNTS[kept])
    assert pattern.warnings == ("4 of 1000 points have no intensity and were left out.",)


def test_a_tail_that_was_counted_for_no_time_is_left_out() -> None:
    seconds = np.where(AXIS < 30.0, 2.0, 0.0)
    rows = zip(AXIS, seconds, COUNTS * (seconds > 0.0), strict=True)
    text = "Angle,TimePerStep,Intensity\n" + "".join(f"{x:.2f},{t},{y}\n" for x, t, y in rows)
    pattern = read(text)
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS[AXIS < 30.0])
    np.testing.assert_array_equal(pattern.intensity, COUNTS[AXIS < 30.0])


def test_negative_intensities_are_no_stand_ins() -> None:
    y = COUNTS - 2000.0
    y[5] = -999.0
    assert len(read(joined(POINT, [f"{v:.0f}" for v in y], "{} {}")).intensity) == 1000


def test_a_table_without_any_intensity_is_refused() -> None:
    with pytest.raises(InvalidPatternError, match="no intensity at any of its 1000 points"):
        read(joined(POINT, ["-9999"] * 1000, "{} {}"))


@pytest.mark.parametrize("begin", [0, 1])
@pytest.mark.parametrize("header", ["", "2theta counts\n"])
def test_a_column_that_numbers_the_rows_is_not_the_axis(begin: int, header: str) -> None:
    rows = table().splitlines()
    pattern = read(header + "\n".join(f"{i} {row}" for i, row in enumerate(rows, start=begin)))
    assert_right(pattern)
    assert pattern.warnings == (
        "The first column numbers the rows; the columns behind it were read.",
    )


def test_steps_of_one_degree_are_no_numbers_of_rows() -> None:
    rows = "".join(f"{i} {100 + i % 7} {9 + i % 3}\n" for i in range(1, 120))
    assert read(rows).two_theta_deg[-1] == 119.0


def test_swapped_columns_are_said_to_be_that() -> None:
    with pytest.raises(InvalidPatternError, match=r"look swapped: .* from 10 to 59\.95") as caught:
        read("".join(f"{y:.0f} {x:.2f}\n" for x, y in zip(AXIS, COUNTS % 170.0, strict=True)))
    assert "2theta first" in caught.value.hint
    named = "counts 2theta\n" + "".join(
        f"{y:.0f} {x:.2f}\n" for x, y in zip(AXIS, COUNTS, strict=True)
    )
    assert_right(read(named))


def test_missing_points_count_as_points_of_the_header() -> None:
    text = f"a\nq_A^-1\n\n 1001\n 0.5 nan\n{table('{:.2f} {:.0f}')}".replace("q_A^-1", "2th_deg")
    assert len(read(text.replace("0.5 nan", "9.5 nan")).intensity) == 1000


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_tail_that_fills_a_stopped_scan_up_is_left_out(value: float) -> None:
    y = COUNTS + 1.0
    y[600:] = value
    pattern = read(joined(POINT, [f"{v:.0f}" for v in y], "{} {}"))
    np.testing.assert_array_equal(pattern.intensity, y[:600])
    assert pattern.warnings == ("400 of 1000 points have no intensity and were left out.",)


def test_zeros_at_the_end_of_a_pattern_without_background_are_measured() -> None:
    y = COUNTS + 1.0
    y[600:] = y[5] = 0.0
    assert len(read(joined(POINT, [f"{v:.0f}" for v in y], "{} {}")).intensity) == 1000


def test_a_row_of_an_angle_and_many_counts_has_two_readings() -> None:
    y = 500.0 + COUNTS % 50.0
    rows = [f"{x:.2f} " + " ".join(map(str, y[i : i + 8])) for i, x in enumerate(AXIS[:100])]
    with pytest.raises(UnreadableFileError, match="at that angle and the 7 after it, or 8 patt"):
        read("\n".join(rows))


def test_a_row_without_intensity_or_deviation_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="Line 1001 has two numbers where"):
        read(table("{:.2f} {:.0f} 3.5") + "60.00      3.5\n")


@pytest.mark.parametrize("form", ["{:.2f},{:.1f}", "{:.2f},{:.0f}"])
def test_commas_of_two_meanings_are_refused_with_both(form: str) -> None:
    with pytest.raises(UnreadableFileError, match=r"2theta 10\.00 .* with 10 and the int"):
        read(with_decimal_commas(table(form)))


def test_several_scans_in_one_table_are_several_patterns() -> None:
    data = (table() + "# next\n" + table("{:.2f} 7")).encode()
    first, second = TextReader().read(data, name="a.xy", radiation=COPPER)
    assert_right(first)
    np.testing.assert_array_equal(second.two_theta_deg, AXIS)
    assert (second.intensity == 7.0).all()
    assert (first.name, second.name) == ("a.xy [1]", "a.xy [2]")
    assert first.warnings == second.warnings == ()


def test_scans_in_disorder_are_refused() -> None:
    with pytest.raises(InvalidPatternError, match="several scans"):
        read(table() + "12.0 5\n" + table())


@pytest.mark.parametrize(
    "header",
    [
        "GENERAL\n {n}\n",
        "corundum\n2-Theta Angle (Degrees)\nIntensity\n {n}\n",
        "\n2-Theta Angle (Degrees)\nIntensity\n {n}\n",
    ],
)
def test_a_header_that_announces_the_points_is_held_to_it(header: str) -> None:
    assert_right(read(header.format(n=1000) + table()))
    with pytest.raises(UnreadableFileError, match="1001 points; there are 1000") as caught:
        read(header.format(n=1001) + table())
    assert "cut off" in caught.value.hint


def test_chi_in_q() -> None:
    rows = "".join(f"{q:.10f} {y:.0f}\n" for q, y in zip(2.0 * np.pi / as_d(), COUNTS, strict=True))
    pattern = read(f"a\nQ (Inverse Angstrom)\nIntensity\n 1000\n{rows}", None)
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-6)


def test_unequal_counting_times_are_made_equal() -> None:
    seconds = np.where(AXIS < 30.0, 1.0, 4.0)
    rows = zip(AXIS, seconds, COUNTS * seconds, strict=True)
    text = "Angle,TimePerStep,Intensity\n" + "".join(f"{x:.2f},{t},{y}\n" for x, t, y in rows)
    pattern = read(text)
    np.testing.assert_allclose(pattern.intensity, 4.0 * COUNTS)
    assert any("scaled to 4 s" in text for text in pattern.warnings)


@pytest.mark.parametrize("value", ["0", "-1.5406", "nan", "NaN", "inf"])
def test_an_impossible_wavelength_in_the_file_is_an_error(value: str) -> None:
    with pytest.raises(InvalidWavelengthError, match=f"wavelength = {value}'"):
        read(f"# wavelength = {value}\n{table()}", None)
    assert_right(read(f"# wavelength = {value}\n{table()}", COPPER))


def test_a_file_from_rruff_without_its_end_may_be_cut_off() -> None:
    text = "##NAMES=Corundum\n##RRUFFID=R000000\n##X-RAY WAVELENGTH=1.541838\n" + table()
    assert read(text + "##END=\n").warnings == ()
    assert "may be cut off" in read(text).warnings[0]


def test_a_header_without_end_is_no_header() -> None:
    with pytest.raises(UnreadableFileError, match=r"no table .* \(100001 lines\)"):
        read("some words\n" * 100_000 + table())


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="Line 2 has more than 1000000") as caught:
        read("title\n" + "1 " * 600_000)
    assert "line of its own" in caught.value.hint


def test_an_intensity_that_no_detector_gives_is_refused() -> None:
    with pytest.raises(InvalidPatternError, match=r"intensity is 1e\+95 at 2theta 20"):
        read(table("{:.2f} 7").replace("20.00 7", "20.00 1e95"))


def test_rows_of_counts_without_angles_are_refused() -> None:
    rng = np.random.default_rng(0)
    rows = "\n".join(" ".join(str(v) for v in rng.integers(400, 900, 8)) for _ in range(300))
    with pytest.raises(InvalidPatternError, match="outside 0 to 180 degrees") as caught:
        read("10.0 0.02 58.0\n" + rows)
    assert "list of counts" in caught.value.hint


@pytest.mark.parametrize(
    ("head", "accepted"),
    [
        (b"10.0 5\n", True),
        (b"2theta,intensity\n10.0,5\n", True),
        (b"", False),
        (b"\x89HDF\r\n\x1a\n\x00", False),
        (b"\x89PNG\r\n", False),
        (b"%PDF-1.7\n10 5\n", False),
        (b"<?xml version='1.0'?><a/>", False),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", False),
        (b"# made by a program\ndata_quartz\n_cell_length_a 4.9\n", False),
        (b"_STEPSIZE=0.02\n_COUNTS\n 1 2 3\n", False),
        (b"*RAS_DATA_START\n", False),
    ],
)
def test_which_content_is_accepted(head: bytes, accepted: bool) -> None:
    assert TextReader().accepts(head, ".xy") is accepted


@pytest.mark.parametrize(
    "text", [table() + "# wavelength = 0.4139\n", table() + "Lambda: 0,4139 A"]
)
def test_a_wavelength_behind_the_table_is_taken(text: str) -> None:
    pattern = read(text, radiation=None)
    assert_right(pattern)
    assert pattern.radiation == Radiation((0.4139,))


def test_a_wavelength_between_the_rows_is_taken() -> None:
    first, rest = table()[:60].rsplit("\n", 1)[0], table()
    pattern = read(rest.replace(first, first + "\n# lam = 0.4139", 1), radiation=None)
    assert_right(pattern)
    assert pattern.radiation == Radiation((0.4139,))
