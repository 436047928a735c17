"""Atoms that a fit starts from, and the axes that they are described in."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

import crystinet
from crystinet.core.cell import Cell
from crystinet.crystals.catalogue import find_type
from crystinet.fit.placement import Placement
from crystinet.fit.whole_pattern.atom_starts import in_axes_of, lattices_for, same_shape

CUBIC = find_type("Perovskite-CaTiO3").reference


def _placed(*edges: float) -> Placement:
    cell = Cell(*edges, 90.0, 90.0, 90.0)
    return cast("Placement", SimpleNamespace(lattice=None, cell=cell, scale=1.0))


def _barium_titanate() -> crystinet.Structure:
    """Pseudo-cubic, as some known compounds of cubic types are described."""
    cell = Cell(3.984, 5.674, 5.692, 90.0, 90.0, 90.0)
    return replace(CUBIC, cell=cell, hall_symbol="A 2 -2")


def test_a_start_in_other_axes_than_the_lines_is_recognised() -> None:
    placed = _placed(4.14, 4.14, 4.14)
    assert in_axes_of(CUBIC, placed)
    assert not in_axes_of(_barium_titanate(), placed)
    assert in_axes_of(_barium_titanate(), _placed(4.1, 5.9, 5.9))
    assert in_axes_of(_barium_titanate(), None)


@pytest.mark.parametrize("edges", [(5.852, 5.852, 8.261), (4.136, 4.136, 4.136)])
def test_no_lattice_is_tried_that_the_atoms_cannot_lie_on(edges: tuple[float, ...]) -> None:
    start = _barium_titanate()
    for lattice in lattices_for(start, _placed(*edges)):
        assert same_shape(lattice.cell, start.cell)


def test_cells_of_one_shape_differ_by_one_factor() -> None:
    one = Cell(4.0, 5.0, 6.0, 90.0, 95.0, 90.0)
    assert same_shape(one, one.scaled(1.2))
    assert not same_shape(one, Cell(4.0, 6.0, 5.0, 90.0, 95.0, 90.0))
    assert not same_shape(one, Cell(4.0, 5.0, 6.0, 90.0, 110.0, 90.0))
