"""Simpler views of disordered structures and of frameworks."""

import numpy as np
import pytest

from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.expansion import UnitCell, expand
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.views import Simplification, framework_of, simplified

CATALOGUE = load_catalogue()


def cell_of(*sites: tuple[str, float, tuple[float, float, float]]) -> UnitCell:
    return expand(
        Structure(
            (6.0,) * 3 + (90.0,) * 3, "P 1", tuple(Site(((e, n),), xyz) for e, n, xyz in sites)
        )
    )


def test_an_ordered_structure_has_no_simpler_view() -> None:
    assert list(simplified(cell_of(("Na", 1.0, (0, 0, 0)), ("Cl", 1.0, (0.5, 0.5, 0.5))))) == []


def test_a_split_site_is_joined_at_its_centre_across_the_cell_border() -> None:
    cell = cell_of(("F", 0.6, (0, 0, 0.98)), ("F", 0.3, (0, 0, 0.04)), ("Ca", 1.0, (0.5, 0.5, 0.5)))
    ((joined, how),) = simplified(cell)
    assert how is Simplification.SPLIT_SITES_JOINED
    assert len(joined.positions) == 2
    fluorine = joined.species.index((("F", pytest.approx(0.9)),))
    np.testing.assert_allclose(joined.positions[fluorine] % 1.0, [0, 0, 0.0], atol=1e-9)


def test_full_atoms_are_never_joined() -> None:
    cell = cell_of(("O", 1.0, (0, 0, 0)), ("H", 1.0, (0.12, 0, 0)), ("K", 0.9, (0.5, 0.5, 0.5)))
    assert list(simplified(cell)) == []


def test_few_minor_atoms_are_left_out_but_not_a_mobile_ion() -> None:
    host = [
        ("Te", 1.0, (0.5 * i, 0.5 * j, 0.5 * k))
        for i in range(2)
        for j in range(2)
        for k in range(2)
    ]
    minor = ("Ag", 0.1, (0.25, 0.25, 0.25))
    ((view, how),) = simplified(cell_of(*host, minor))
    assert how is Simplification.MINOR_SITES_LEFT_OUT
    assert len(view.species) == 8
    mobile = [("Ag", 0.19, (0.25, 0.25, 0.25 * n)) for n in (0, 1, 2, 3)]
    assert list(simplified(cell_of(*host, *mobile))) == []


def test_the_sodalite_framework_is_tetrahedra_sharing_all_corners() -> None:
    framework = framework_of(expand(CATALOGUE.by_name("Sodalite-frame").reference), anions_join=2)
    assert framework is not None
    names = [kind[0][0] for kind in framework.species]
    assert (names.count("Si"), names.count("O")) == (12, 24)


def test_isolated_tetrahedra_share_no_corner() -> None:
    olivine = expand(CATALOGUE.by_name("Olivine-Mg2SiO4").reference)
    assert framework_of(olivine, anions_join=2) is None
    alone = framework_of(olivine, anions_join=1)
    assert alone is not None
    assert len(alone.species) == 20


@pytest.mark.parametrize("name", ["NaCl", "Corundum-Al2O3", "LaFe4P12"])
def test_no_tetrahedra_no_framework(name: str) -> None:
    assert framework_of(expand(CATALOGUE.by_name(name).reference), anions_join=1) is None
