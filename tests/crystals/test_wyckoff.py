"""Canonical Wyckoff sequences, against facts and against moyopy's own settings."""

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.expansion import UnitCell, expand
from crystinet.crystals.hall import operations_of
from crystinet.crystals.positions import Cell, cell_metric
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import analyse, analyse_cell, hall_symbol_of
from crystinet.crystals.wyckoff import arrangements, canonical_letters, sequence


@pytest.mark.parametrize(
    ("space_group", "one", "other"),
    [
        # Origin shifts by half a cell diagonal swap these (International Tables A, normalizers).
        (225, "ac", "bc"),  # fluorite
        (216, "ac", "bd"),  # sphalerite: four equivalent origins
        (227, "aef", "bef"),
        (227, "ade", "bce"),  # spinel in either origin
        (62, "acccd", "bcccd"),  # olivine
        (166, "abc", "bac"),
        (14, "aeeee", "ceeee"),  # monoclinic cell choice
    ],
)
def test_equivalent_settings_have_one_sequence(space_group, one, other) -> None:
    assert canonical_letters(space_group, one) == canonical_letters(space_group, other)


def test_different_arrangements_stay_different() -> None:
    assert canonical_letters(227, "ad") != canonical_letters(227, "ac")  # Laves, cristobalite
    assert canonical_letters(194, "ac") != canonical_letters(194, "cf")


def test_sequence_is_written_from_the_last_letter_and_alpha_comes_after_z() -> None:
    assert sequence("aceed") == "e2 d c a"
    assert sequence("aAz") == "A z a"


def test_arrangements_keep_the_order_of_the_sites() -> None:
    assert next(arrangements(225, "cab")) == "cab"
    assert set(arrangements(225, "ca")) == {"ca", "cb"}


@pytest.mark.parametrize(("space_group", "letters"), [(231, "a"), (0, "a"), (225, "z"), (1, "b")])
def test_impossible_letters_are_refused(space_group, letters) -> None:
    with pytest.raises(InvalidStructureError, match="Wyckoff letters"):
        canonical_letters(space_group, letters)


@settings(max_examples=60, deadline=None)
@given(hall=st.sampled_from(range(1, 531)), seed=st.integers(0, 2**32 - 1))
def test_every_setting_of_a_group_leads_to_the_same_sequence(hall: int, seed: int) -> None:
    """All 530 settings: an origin shift of the whole structure never changes the sequence."""
    rng = np.random.default_rng(seed)
    general = [tuple(rng.uniform(0.05, 0.95, 3)) for _ in range(3)]
    special = tuple(rng.choice([0.0, 0.25, 0.5, 0.75], 3))
    points = [special, *general]
    kinds = ("Na", "K", "Rb", "Cs")
    structure = Structure(
        _cell_for(hall),
        hall_symbol_of(hall),
        tuple(Site(((kind, 1.0),), xyz) for kind, xyz in zip(kinds, points, strict=True)),
    )
    try:
        first = analyse(structure, symprec=1e-3)
    except InvalidStructureError:
        reject()  # general points came too close to a symmetry element
    shift = rng.uniform(0, 1, 3)
    cell = expand(structure)
    moved = UnitCell(cell.basis, (cell.positions + shift) % 1.0, cell.species)
    again = analyse_cell(moved, symprec=1e-3)
    assert (again.space_group, again.wyckoff) == (first.space_group, first.wyckoff)


def _cell_for(hall: int) -> Cell:
    """Cell with the metric of the setting: rhombohedral axes where the rotations ask for it."""
    operations = operations_of(hall_symbol_of(hall))
    for cell in (
        (6.0, 7.3, 8.9, 81.0, 97.0, 103.0),
        (6.0, 7.3, 8.9, 90.0, 99.0, 90.0),
        (6.0, 7.3, 8.9, 90.0, 90.0, 99.0),
        (6.0, 7.3, 8.9, 99.0, 90.0, 90.0),
        (6.0, 7.3, 8.9, 90.0, 90.0, 90.0),
        (6.0, 6.0, 8.9, 90.0, 90.0, 90.0),
        (6.0, 6.0, 8.9, 90.0, 90.0, 120.0),
        (6.0, 6.0, 6.0, 80.0, 80.0, 80.0),
        (7.0, 7.0, 7.0, 90.0, 90.0, 90.0),
    ):
        try:
            cell_metric(cell, operations=operations)
        except InvalidStructureError:
            continue
        return cell
    raise AssertionError(hall)
