import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.errors import UnreadableFileError
from crystinet.patterns.readers.parts.counts import (
    check_complete,
    points_between,
    read_counts,
    stepped_axis,
    to_float,
)


@given(
    start=st.floats(-10.0, 100.0),
    step=st.floats(0.001, 0.5),
    n=st.integers(2, 2000),
)
def test_an_axis_has_the_points_that_its_ends_announce(start: float, step: float, n: int) -> None:
    if start + (n - 1) * step > 180.0:
        return
    axis = stepped_axis(start, step, n=n, what="a")
    assert points_between(start, float(axis[-1]), step, what="a") == n
    np.testing.assert_allclose(np.diff(axis), step, atol=1e-9)


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [
        (10.0, 5.0, 0.1),
        (10.0, np.nan, 0.1),
        (np.nan, 20.0, 0.1),
        (10.0, 20.0, 0.0),
        (10.0, 20.0, np.inf),
        (10.0, 1e9, 0.1),
        (-400.0, 10.0, 0.1),
    ],
)
def test_what_no_diffractometer_measures(start: float, stop: float, step: float) -> None:
    with pytest.raises(UnreadableFileError, match=r"^a ") as caught:
        points_between(start, stop, step, what="a")
    assert "damaged" in caught.value.hint


@pytest.mark.parametrize("n", [0, -1, 10_000_000_000])
def test_an_impossible_number_of_points(n: int) -> None:
    with pytest.raises(UnreadableFileError, match=f"a has {n} points from 5 degrees"):
        stepped_axis(5.0, 0.1, n=n, what="a")


def test_counts_stand_anyhow() -> None:
    lines = [(1, " 1 2,3\n"), (2, "\n"), (3, "4.5e1, -6")]
    assert read_counts(lines).tolist() == [1.0, 2.0, 3.0, 45.0, -6.0]
    assert read_counts([(1, "1,5 2,5")], decimal_comma=True).tolist() == [1.5, 2.5]
    assert read_counts([]).tolist() == []
    with pytest.raises(UnreadableFileError, match="Line 7 holds 'a b' where counts"):
        read_counts([(7, "a b")])
    with pytest.raises(UnreadableFileError, match="more than 5000000 counts at line 12"):
        read_counts((n, "1 " * 450_000) for n in range(1, 20))


def test_numbers_and_lengths() -> None:
    assert to_float(" 1,5406 ", of="x") == 1.5406
    with pytest.raises(UnreadableFileError, match="x is 'abc', not a number"):
        to_float("abc", of="x")
    check_complete(5, announced=6, what="a", tolerance=1)
    with pytest.raises(UnreadableFileError, match="a announces 6 points; there are 5"):
        check_complete(5, announced=6, what="a")
