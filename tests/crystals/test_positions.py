import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import operations_of
from crystinet.crystals.positions import metric_of, orbit, positions_of
from crystinet.crystals.structure import Site, Structure

HEXAGONAL = (3.2, 3.2, 5.2, 90.0, 90.0, 120.0)
CUBIC = (8.0, 8.0, 8.0, 90.0, 90.0, 90.0)


def structure(
    cell: tuple[float, float, float, float, float, float],
    hall_symbol: str,
    *xyz: tuple[float, float, float],
    occupancy: float = 1.0,
) -> Structure:
    sites = tuple(
        Site((("Fe", occupancy),), position, label=f"Fe{i}") for i, position in enumerate(xyz)
    )
    return Structure(cell, hall_symbol, sites, "test")


@pytest.mark.parametrize(
    ("cell", "hall_symbol", "xyz", "multiplicity"),
    [
        (CUBIC, "-F 4vw 2vw 3", (0.125, 0.125, 0.125), 8),
        (CUBIC, "-F 4vw 2vw 3", (0.5, 0.5, 0.5), 16),
        (CUBIC, "-F 4vw 2vw 3", (0.26, 0.26, 0.26), 32),
        (CUBIC, "-F 4vw 2vw 3", (0.1, 0.1, 0.3), 96),
        (CUBIC, "-F 4vw 2vw 3", (0.1, 0.2, 0.37), 192),
        (HEXAGONAL, "-P 6c 2c", (1 / 3, 2 / 3, 0.25), 2),
        (HEXAGONAL, "-P 6c 2c", (0.0, 0.0, 0.0), 2),
        (HEXAGONAL, "-P 6c 2c", (0.333, 0.667, 0.25), 2),
        (HEXAGONAL, "-P 6c 2c", (0.1, 0.27, 0.07), 24),
    ],
)
def test_multiplicities_of_the_international_tables(
    cell: tuple[float, float, float, float, float, float],
    hall_symbol: str,
    xyz: tuple[float, float, float],
    multiplicity: int,
) -> None:
    crystal = structure(cell, hall_symbol, xyz)
    positions = positions_of(crystal)
    assert positions.multiplicity.tolist() == [multiplicity]
    images = orbit(
        positions.xyz[0], operations=operations_of(hall_symbol), metric=metric_of(crystal)
    )
    assert len(images) == multiplicity
    assert ((images > -1e-6) & (images < 1.0)).all()


@settings(max_examples=50, deadline=None)
@given(error=st.tuples(*[st.floats(-0.0015, 0.0015)] * 3))
def test_rounded_special_positions_are_made_exact(error: tuple[float, float, float]) -> None:
    rounded = tuple(np.add((0.125, 0.625, 0.125), error).tolist())
    positions = positions_of(structure(CUBIC, "-F 4vw 2vw 3", rounded))
    exact = positions.xyz[0] * 8.0
    np.testing.assert_allclose(exact, np.rint(exact), atol=1e-9)


def test_metric_of_a_cell_that_is_nearly_cubic_becomes_cubic() -> None:
    crystal = structure((8.0, 8.01, 7.99, 90.0, 90.02, 90.0), "-F 4 2 3", (0.0, 0.0, 0.0))
    metric = metric_of(crystal)
    np.testing.assert_allclose(metric, np.eye(3) * metric[0, 0], atol=1e-12)
    assert metric[0, 0] == pytest.approx(64.0, rel=1e-3)


def test_one_position_written_as_two_of_its_images() -> None:
    crystal = structure(CUBIC, "-P 1", (0.1, 0.2, 0.3), (0.9, 0.8, 0.7))
    with pytest.raises(InvalidStructureError, match="of Fe0, Fe1 is filled 2 times") as error:
        positions_of(crystal)
    assert error.value.message.startswith("test: ")
    half = structure(CUBIC, "-P 1", (0.1, 0.2, 0.3), (0.9, 0.8, 0.7), occupancy=0.5)
    assert positions_of(half).multiplicity.tolist() == [2, 2]


def test_three_digits_may_add_up_to_a_thousandth_more() -> None:
    sites = (Site((("Al", 0.922), ("Cr", 0.013), ("Mg", 0.066)), (0.0, 0.0, 0.0)),)
    assert positions_of(Structure(CUBIC, "P 1", sites)).multiplicity.tolist() == [1]
