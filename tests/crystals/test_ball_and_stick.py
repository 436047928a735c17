"""Cells to be drawn: atoms of the boundary are on every face, and bonds are those of chemistry."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import crystinet
from crystinet.crystals import ball_and_stick as module
from crystinet.crystals.ball_and_stick import ball_and_stick, main_element

KINDS = {kind.name: kind for kind in crystinet.types(extensions=True)}


def bonded(structure: crystinet.Structure) -> tuple[Counter[str], Counter[frozenset[str]]]:
    """Atoms and bonds of a cell, by their elements."""
    drawn = ball_and_stick(structure)
    elements = [main_element(species) for species in drawn.species]
    pairs = Counter(frozenset((elements[i], elements[j])) for i, j in drawn.bonds.tolist())
    return Counter(elements), pairs


def test_halite_has_its_corners_edges_and_faces() -> None:
    drawn = ball_and_stick(KINDS["NaCl"].reference)
    assert len(drawn.xyz) == 27  # 8 corners, 12 edges, 6 faces, 1 in the middle
    assert len(drawn.bonds) == 54
    lengths = np.linalg.norm(drawn.xyz[drawn.bonds[:, 0]] - drawn.xyz[drawn.bonds[:, 1]], axis=1)
    assert np.allclose(lengths, drawn.basis[0, 0] / 2)
    corners = {tuple(np.round(x / drawn.basis[0, 0], 6)) for x in drawn.xyz}
    assert {(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.5, 0.5, 1.0)} <= corners


@pytest.mark.parametrize(
    ("name", "bond", "none"),
    [
        ("Apatite#-(HE,P63/m)", {"P", "O"}, {"Ca", "P"}),
        ("Zircon-ZrSiO4", {"Si", "O"}, {"Zr", "Si"}),
        ("NaCl", {"Mg", "O"}, {"Mg"}),
    ],
)
def test_metals_are_bonded_to_anions_alone(name: str, bond: set[str], none: set[str]) -> None:
    _, pairs = bonded(KINDS[name].reference)
    assert pairs[frozenset(bond)] > 0
    assert pairs[frozenset(none)] == 0


def test_metals_without_anions_are_bonded_to_each_other() -> None:
    salt = KINDS["CsCl"].reference
    sites = tuple(
        replace(site, species=((element, 1.0),))
        for site, element in zip(salt.sites, ("Ni", "Al"), strict=True)
    )
    alloy = replace(salt, cell=salt.cell.scaled(2.88 / salt.cell.a), sites=sites)
    atoms, pairs = bonded(alloy)
    assert atoms in (Counter(Ni=8, Al=1), Counter(Ni=1, Al=8))
    assert pairs[frozenset(("Ni", "Al"))] == 8


def test_a_mixed_site_is_drawn_as_its_main_element() -> None:
    salt = KINDS["NaCl"].reference
    first, second = salt.sites
    mixed = replace(first, species=(("K", 0.3), ("Na", 0.7)))
    drawn = ball_and_stick(replace(salt, sites=(mixed, second)))
    kinds = {species for species in drawn.species if len(species) > 1}
    assert kinds == {(("K", 0.3), ("Na", 0.7))}
    assert {main_element(species) for species in kinds} == {"Na"}


def test_too_many_atoms_are_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DRAWN", 20)
    with pytest.raises(crystinet.InvalidStructureError, match="27 atoms"):
        ball_and_stick(KINDS["NaCl"].reference)
