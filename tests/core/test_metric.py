"""Free parameters of cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.cell import Cell
from crystinet.core.metric import metric_form

EDGE = st.floats(3.0, 20.0)
ANGLE = st.floats(75.0, 105.0)
HKL = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [2, -1, 3], [-1, 2, 1], [1, 2, -3]])


@given(a=EDGE, b=EDGE, c=EDGE, angles=st.tuples(ANGLE, ANGLE, ANGLE))
def test_a_cell_comes_back_and_gives_its_lines(
    a: float, b: float, c: float, angles: tuple[float, float, float]
) -> None:
    alpha, beta, gamma = angles
    cases: list[tuple[int, tuple[float, ...], int]] = [
        (225, (a, a, a, 90, 90, 90), 1),
        (136, (a, a, c, 90, 90, 90), 2),
        (166, (a, a, c, 90, 90, 120), 2),
        (194, (a, a, c, 90, 90, 120), 2),
        (166, (a, a, a, alpha, alpha, alpha), 2),
        (62, (a, b, c, 90, 90, 90), 3),
        (14, (a, b, c, 90, beta, 90), 4),
        (14, (a, b, c, 90, 90, gamma), 4),
        (2, (a, b, c, alpha, beta, gamma), 6),
    ]
    for space_group, numbers, free in cases:
        cell = Cell.of(numbers)
        form = metric_form(space_group, cell)
        assert len(form) == free
        elements = form.elements(cell)
        np.testing.assert_allclose(
            (form.design(HKL) @ elements) ** -0.5, cell.d_spacing(HKL), rtol=1e-9
        )
        back = form.cell(elements)
        assert back is not None
        np.testing.assert_allclose(back, cell, rtol=1e-7)


@pytest.mark.parametrize("elements", [[-1.0, 1.0], [np.nan, 1.0], [0.0, 1.0]])
def test_what_is_no_lattice(elements: list[float]) -> None:
    form = metric_form(136, Cell(4.0, 4.0, 3.0, 90.0, 90.0, 90.0))
    assert form.cell(np.array(elements)) is None
