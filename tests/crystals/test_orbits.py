import numpy as np
import pytest

from crystinet.core.arrays import FloatArray
from crystinet.crystals.hall import operations_of
from crystinet.crystals.images import images_of
from crystinet.crystals.orbits import distinct_images, orbit_labels, product_table
from crystinet.crystals.positions import positions_of
from crystinet.crystals.structure import Site, Structure

CUBIC = (8.0, 8.0, 8.0, 90.0, 90.0, 90.0)
SYMBOLS = ["P 1", "-P 2ybc", "-C 2yc", "-P 2ac 2ab", "-I 4bd 2", "-R 3 2=", "-F 4vw 2vw 3"]


def same_place(first: FloatArray, second: FloatArray) -> bool:
    shift = first - second
    return bool(np.abs(shift - np.rint(shift)).max() < 1e-9)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_products_do_what_one_operation_after_the_other_does(symbol: str) -> None:
    operations = operations_of(symbol)
    point = np.array([[0.123, 0.271, 0.389]])
    once = images_of(point, operations)[0]
    twice = images_of(once, operations)  # (j, i, 3): g_i after g_j
    assert same_place(once[product_table(operations)], twice.transpose(1, 0, 2))


@pytest.mark.parametrize("xyz", [(0.125, 0.125, 0.125), (0.5, 0.5, 0.5), (0.1, 0.1, 0.3)])
def test_distinct_images_are_the_atoms_of_the_cell(xyz: tuple[float, float, float]) -> None:
    structure = Structure(CUBIC, "-F 4vw 2vw 3", (Site((("Fe", 1.0),), xyz),))
    operations = operations_of(structure.hall_symbol)
    positions = positions_of(structure)
    fixing = positions.fixing[0].tobytes()
    images = images_of(positions.xyz, operations)[0]
    chosen = distinct_images(operations, fixing)
    assert len(chosen) == positions.multiplicity[0]
    assert same_place(images[orbit_labels(operations, fixing)], images)
    atoms = np.round(images[chosen] % 1.0, 6) % 1.0
    assert len(np.unique(atoms, axis=0)) == len(chosen)


def test_operations_that_are_no_group_leave_every_image_apart() -> None:
    operations = operations_of("-P 2ac 2ab")
    fixing = np.zeros(operations.order, dtype=np.bool_)
    fixing[[0, 1, 2]] = True
    assert orbit_labels(operations, fixing.tobytes()).tolist() == list(range(operations.order))
