"""How lattices follow from others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.cell import Cell
from crystinet.fit.sublattices import descent_of

CUBIC = Cell(4.0, 4.0, 4.0, 90.0, 90.0, 90.0)


def test_a_tetragonal_strain_of_a_face_centred_lattice_is_found() -> None:
    edge = 4.0 / 2**0.5
    own = Cell(edge * 1.01, edge * 1.01, 4.0 * 0.98, 90.0, 90.0, 90.0)
    found = descent_of((own, "I"), (CUBIC, "F"), scale=1.0)
    assert found is not None
    assert found.index == 1
    assert 0.005 < found.strain < 0.03
    hkl = np.array([[1, 1, 1], [2, 0, 0], [0, 2, 0], [0, 0, 2], [2, 2, 0]])
    turned = hkl @ found.matrix
    assert turned == pytest.approx(np.rint(turned), abs=1e-9)
    # Each line stays about where it was.
    assert own.d_spacing(np.rint(turned)) == pytest.approx(CUBIC.d_spacing(hkl), rel=0.025)


@pytest.mark.parametrize(
    ("cell", "centring", "index"),
    [
        ((8.0, 8.0, 8.0, 90.0, 90.0, 90.0), "F", 2),
        ((4.0, 4.0, 8.0, 90.0, 90.0, 90.0), "P", 2),
        ((5.657, 5.657, 8.0, 90.0, 90.0, 90.0), "P", 4),
        ((5.657, 5.657, 6.928, 90.0, 90.0, 120.0), "P", 3),
        ((5.657, 5.657, 13.856, 90.0, 90.0, 120.0), "R", 2),
    ],
)
def test_superstructures_of_a_primitive_cubic_lattice(
    cell: tuple[float, ...], centring: str, index: int
) -> None:
    found = descent_of((Cell.of(cell), centring), (CUBIC, "P"), scale=1.0)
    assert found is not None
    assert found.index == index
    hkl = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [2, 1, 0]])
    turned = np.rint(hkl @ found.matrix)
    assert hkl @ found.matrix == pytest.approx(turned, abs=1e-9)
    assert Cell.of(cell).d_spacing(turned) == pytest.approx(CUBIC.d_spacing(hkl), rel=0.001)


def test_other_lattices_do_not_follow() -> None:
    assert descent_of((Cell(3.1, 5.3, 7.9, 90.0, 97.0, 90.0), "P"), (CUBIC, "P"), scale=1.0) is None
    assert descent_of((CUBIC, "F"), (CUBIC, "P"), scale=1.0) is None  # it has more points
    assert descent_of((CUBIC, "P"), (CUBIC, "P"), scale=1.1) is None


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(*(st.floats(3.0, 9.0),) * 3, *(st.floats(80.0, 110.0),) * 3),
    st.floats(0.95, 1.05),
    st.lists(st.floats(-0.002, 0.002), min_size=6, max_size=6),
)
def test_a_lattice_that_is_hardly_strained_follows_from_itself(
    cell: tuple[float, ...], scale: float, strain: list[float]
) -> None:
    parent = Cell.of(cell)
    edges = [edge * scale * (1.0 + e) for edge, e in zip(parent[:3], strain, strict=False)]
    angles = [angle * (1.0 + e) for angle, e in zip(parent[3:], strain[3:], strict=True)]
    own = Cell.of([*edges, *angles])
    found = descent_of((own, "P"), (parent, "P"), scale=scale)
    assert found is not None
    hkl = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [2, -1, 0]])
    turned = np.rint(hkl @ found.matrix)
    assert own.d_spacing(turned) / scale == pytest.approx(parent.d_spacing(hkl), rel=0.06)
