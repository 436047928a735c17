import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.su import with_su


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (3.82, 0.0031, "3.820(3)"),
        (9.373552, 0.000123, "9.37355(12)"),
        (-0.2598, 0.0011, "-0.2598(11)"),
        (0.30619, 0.00096, "0.3062(10)"),
        (524.0616, 0.0187, "524.062(19)"),
        (19.75, 2.0, "20(2)"),
        (1234.0, 35.0, "1230(40)"),
        (90.0, 0.0, "90"),
        (1 / 3, 0.0, "0.333333"),
        (0.0, 0.0, "0"),
        (1.5, math.nan, "1.5"),
    ],
)
def test_with_su(value: float, uncertainty: float, text: str) -> None:
    assert with_su(value, uncertainty) == text


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 10.0))
def test_what_is_written_is_within_a_twentieth_of_the_uncertainty(
    value: float, uncertainty: float
) -> None:
    text = with_su(value, uncertainty)
    number, digits = text.rstrip(")").split("(")
    decimals = len(number.partition(".")[2])
    assert abs(float(number) - value) <= 0.3 * uncertainty
    assert int(digits) * 10.0**-decimals == pytest.approx(uncertainty, rel=0.27)
