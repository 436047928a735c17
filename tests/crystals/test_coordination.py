"""The coordination fingerprint: known shells, and what must not change it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.coordination import difference, fingerprint
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import Symmetry, analyse

TYPES = {kind.name: kind for kind in load_catalogue()}


def symmetry_of(name: str) -> Symmetry:
    return analyse(TYPES[name].reference)


@pytest.mark.parametrize(
    ("name", "shells"),
    [
        # Distance of neighbours in a, atoms per a^3, how many: textbook coordination numbers.
        ("fcc(ccp)-Cu", [(np.sqrt(0.5), 4, 12)]),
        ("bcc-W", [(np.sqrt(0.75), 2, 8), (1.0, 2, 4)]),
        ("NaCl", [(0.5, 8, 6), (np.sqrt(0.5), 8, 6)]),
        ("Sphalerite-ZnS(cF8)", [(np.sqrt(3) / 4, 8, 4), (np.sqrt(0.5), 8, 8)]),
    ],
)
def test_shells_of_simple_structures(name: str, shells: list[tuple[float, int, int]]) -> None:
    symmetry = symmetry_of(name)
    found = fingerprint(symmetry, symmetry.orbits)
    expected = np.concatenate([np.full(n, d * atoms ** (1 / 3)) for d, atoms, n in shells])
    for row in found:
        np.testing.assert_allclose(row, expected, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(sorted(TYPES)), scale=st.floats(0.5, 2.0))
def test_size_does_not_matter(name: str, scale: float) -> None:
    symmetry = symmetry_of(name)
    a, b, c, *angles = symmetry.cell
    scaled = replace(symmetry, cell=(a * scale, b * scale, c * scale, *angles))
    one, other = (fingerprint(s, symmetry.orbits) for s in (symmetry, scaled))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_very_flat_cells_have_neighbours_too() -> None:
    graphite = Structure(
        (2.46, 2.46, 60.0, 90.0, 90.0, 120.0), "P 1", (Site((("C", 1.0),), (0, 0, 0)),)
    )
    symmetry = analyse(graphite)
    found = fingerprint(symmetry, symmetry.orbits)
    unit = (2.46**2 * np.sqrt(0.75) * 60.0) ** (1 / 3)
    np.testing.assert_allclose(found[0, :6], 2.46 / unit, rtol=1e-6)
    np.testing.assert_allclose(found[0, 6:], 2.46 * np.sqrt(3) / unit, rtol=1e-6)


def test_orbits_left_out_are_not_seen() -> None:
    rock_salt = symmetry_of("NaCl")
    alone = fingerprint(rock_salt, rock_salt.orbits[:1])
    copper = symmetry_of("fcc(ccp)-Cu")
    np.testing.assert_allclose(alone, fingerprint(copper, copper.orbits), atol=1e-6)


def test_difference_is_zero_on_equal_rows_only() -> None:
    rows = np.array([[1.0, 2.0], [1.0, 4.0]])
    np.testing.assert_allclose(difference(rows, rows), [[0.0, 1.0], [1.0, 0.0]])
