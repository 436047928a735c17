"""Plain tables are read at once; whatever may mean two things is left to the careful way."""

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError
from crystinet.patterns.readers.parts.columns import Columns
from crystinet.patterns.readers.parts.dialect import dialect_of
from crystinet.patterns.readers.parts.plain import plain_table
from crystinet.patterns.readers.parts.rows import read_rows
from crystinet.patterns.readers.reading import parse_patterns

AXIS = np.round(10.0 + 0.1 * np.arange(200), 1)
COUNTS = np.random.default_rng(3).integers(1, 5000, len(AXIS)) / 2.0


def lines_of(form: str, *, commas: bool = False) -> list[str]:
    lines = [form.format(x, y) + "\n" for x, y in zip(AXIS, COUNTS, strict=True)]
    return [line.replace(".", ",") for line in lines] if commas else lines


def table_of(lines: list[str], columns: Columns) -> np.ndarray | None:
    dialect = dialect_of(lines[0])
    assert dialect is not None
    return plain_table(lines, lines[:40], dialect, columns)


@pytest.mark.parametrize(
    ("lines", "y"),
    [
        (lines_of("{:.1f} {:.1f}"), 1),
        (lines_of("  {:.1f}\t {:.1f}  "), 1),
        (lines_of("{:.4E},{:.1f}"), 1),
        (lines_of("{:.1f};{:.1f}", commas=True), 1),
        (lines_of("{:.1f}\t{:.1f}", commas=True), 1),
        (lines_of("{:.1f} 5 {:.1f} 0.25"), 2),
        (lines_of("{:.1f},{:.1f},12.5"), 1),
    ],
)
def test_plain_tables_are_what_the_careful_way_reads(lines: list[str], y: int) -> None:
    columns = Columns(y=y)
    table = table_of(lines, columns)
    assert table is not None
    dialect = dialect_of(lines[0])
    assert dialect is not None
    rows = read_rows(enumerate(lines, 1), dialect, columns, name="a")
    np.testing.assert_array_equal(table[:, 0], rows.axis)
    np.testing.assert_array_equal(table[:, y], rows.intensity)
    np.testing.assert_array_equal(rows.intensity, COUNTS)


@pytest.mark.parametrize(
    "odd",
    [
        "20.0 1,139\n",
        "20.0 1.139.5\n",
        "20.0 7 3\n",
        "20.0\n",
        "20.0 nan\n",
        "20.0 inf\n",
        "20.0 --\n",
        "20.0 1.0D+02\n",
        "20.0 153(4)\n",
        "# a comment\n",
        "The end\n",
        '"20.0" 7\n',
        "20.0 1_000\n",
    ],
)
def test_one_odd_line_leaves_the_table_to_the_careful_way(odd: str) -> None:
    lines = lines_of("{:.1f} {:.1f}")
    assert table_of([*lines, odd], Columns()) is None


@pytest.mark.parametrize(
    "lines",
    [
        [f"{x:.1f} {y:.3f}\n" for x, y in zip(AXIS, COUNTS / 10.0, strict=True)],
        [f"{x:.1f};1.{n:03d}\n".replace(".", ",", 1) for n, x in enumerate(AXIS)],
        [f"{x:.1f} 1 {n:03d}\n" for n, x in enumerate(AXIS)],
        [f"{x:.1f} {100 + n}\n" for n, x in enumerate(AXIS[:100])]
        + [f"{x:.1f} 1.{n:03d}\n" for n, x in enumerate(AXIS[100:])],
    ],
)
def test_what_may_be_thousands_is_left_to_the_careful_way(lines: list[str]) -> None:
    assert table_of(lines, Columns()) is None


@pytest.mark.parametrize("sign", ["#", "  #", "!"])
@pytest.mark.parametrize("form", ["{:.1f} {:.1f}", "{:.1f},{:.1f}", "{:.1f}\t{:.1f}"])
def test_comments_among_the_rows_say_something_and_are_no_rows(sign: str, form: str) -> None:
    """The quick way, which knows "#", and the careful one say the same."""
    lines = lines_of(form)
    lines[100:100] = [f"{sign} counter changed\n"]
    lines += [f"{sign} wavelength = 0.7093\n", "\n"]
    (pattern,) = parse_patterns("".join(lines).encode(), name="a.xy")
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)
    assert not pattern.radiation.assumed


def test_a_comment_behind_the_rows_may_refuse_the_file() -> None:
    lines = [*lines_of("{:.1f} {:.1f}"), "# Radiation: neutrons, wavelength = 1.5406\n"]
    with pytest.raises(InvalidPatternError, match="neutron"):
        parse_patterns("".join(lines).encode(), name="a.xy")
