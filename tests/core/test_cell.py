"""The unit cell."""

import gemmi
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crystinet.core.cell import CRYSTAL_SYSTEMS, Cell, crystal_system, system_number

EDGE, ANGLE = st.floats(2.0, 30.0), st.floats(50.0, 130.0)


@given(a=EDGE, b=EDGE, c=EDGE, alpha=ANGLE, beta=ANGLE, gamma=ANGLE, factor=st.floats(0.5, 2.0))
def test_volume_and_spacings_are_those_of_gemmi(
    a: float, b: float, c: float, alpha: float, beta: float, gamma: float, factor: float
) -> None:
    cell, other = Cell(a, b, c, alpha, beta, gamma), gemmi.UnitCell(a, b, c, alpha, beta, gamma)
    cosines = np.cos(np.radians([alpha, beta, gamma]))
    assume(1.0 - (cosines**2).sum() + 2.0 * cosines.prod() > 1e-2)
    assert cell.volume == pytest.approx(other.volume, rel=1e-9)
    hkl = np.array([[1, 0, 0], [2, -1, 3], [0, 4, -5]])
    np.testing.assert_allclose(cell.d_spacing(hkl), [other.calculate_d(h) for h in hkl.tolist()])
    np.testing.assert_allclose(Cell.of_metric(cell.metric), cell, rtol=1e-7)
    assert cell.scaled(factor).volume == pytest.approx(factor**3 * cell.volume, rel=1e-9)
    assert cell.scaled(factor)[3:] == cell[3:]


def test_a_cell_is_its_six_numbers() -> None:
    numbers = (3.0, 3.0, 5.0, 90.0, 90.0, 120.0)
    assert Cell(*numbers) == numbers
    assert Cell.of(numbers) == numbers
    assert Cell(*numbers).hexagonal
    assert not Cell(3.0, 3.0, 3.0, 90.0, 90.0, 90.0).hexagonal
    assert not Cell(3.0, 3.0, 3.0, 80.0, 80.0, 120.0).hexagonal


def test_crystal_systems_of_the_boundary_groups() -> None:
    boundaries = (1, 2, 3, 15, 16, 74, 75, 142, 143, 167, 168, 194, 195, 230)
    systems = [crystal_system(n) for n in boundaries]
    assert systems == [n for n in CRYSTAL_SYSTEMS for _ in (0, 1)]
    assert [system_number(n) for n in boundaries] == [n for n in range(7) for _ in (0, 1)]


@pytest.mark.parametrize(
    ("cell", "space_group", "free"),
    [
        ((3.82, 3.82, 3.82, 90, 90, 90), 221, "a"),
        ((4.59, 4.59, 2.96, 90, 90, 90), 136, "a c"),
        ((4.76, 4.76, 12.99, 90, 90, 120), 167, "a c"),
        ((5.13, 5.13, 5.13, 55.3, 55.3, 55.3), 167, "a alpha"),
        ((9.37, 9.37, 6.88, 90, 90, 120), 176, "a c"),
        ((4.7, 10.2, 6.0, 90, 90, 90), 62, "a b c"),
        ((9.7, 8.9, 5.2, 90, 105.9, 90), 15, "a b c beta"),
        ((9.7, 8.9, 5.2, 90, 90, 90), 15, "a b c beta"),
        ((9.7, 8.9, 5.2, 90, 90, 101), 15, "a b c gamma"),
        ((8.1, 12.8, 7.2, 94, 116, 88), 2, "a b c alpha beta gamma"),
    ],
)
def test_free_edges_and_angles(cell: tuple[float, ...], space_group: int, free: str) -> None:
    assert Cell.of(cell).free_names(crystal_system(space_group)) == tuple(free.split())
