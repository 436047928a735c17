import numpy as np
import pytest

from crystinet.corpus.datasets.lines import WEAKEST, CompoundLines, lines_of
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Site, Structure


def lines(name: str = "Olivine-Mg2SiO4", *, variants: int = 2, **settings: int) -> CompoundLines:
    structure = load_catalogue().by_name(name).reference
    space_group = 62 if name.startswith("Olivine") else 225
    found = lines_of(
        structure,
        space_group=space_group,
        d_min_angstrom=1.0,
        variants=variants,
        **{"max_lines": 1500, "seed": 7, **settings},
    )
    assert found is not None
    return found


def strengths(found: CompoundLines) -> np.ndarray:
    f_squared = np.array([found.reflections.f_squared, *found.variants])
    total = f_squared * found.reflections.multiplicity * found.reflections.d_angstrom**2
    return total / total.max(axis=1, keepdims=True)


def test_variants_belong_to_the_lines_of_the_structure() -> None:
    found = lines()
    assert found.variants.shape == (2, len(found.reflections.hkl))
    assert found.variants.dtype == np.float32
    plain = lines(variants=0)
    assert plain.variants.shape == (0, len(plain.reflections.hkl))
    ideal, again = (
        dict(zip(map(tuple, r.hkl.tolist()), r.f_squared.tolist(), strict=True))
        for r in (plain.reflections, found.reflections)
    )
    assert ideal.keys() <= again.keys()
    assert all(again[hkl] == f_squared for hkl, f_squared in ideal.items())


def test_a_line_is_kept_where_any_variant_shows_it() -> None:
    strength = strengths(lines())
    assert (strength.max(axis=0) > WEAKEST).all()
    assert (strength < WEAKEST).any()  # weak in the structure or in a variant, not in all


def test_the_strongest_lines_are_kept() -> None:
    few, all_of_them = lines(max_lines=20), lines()
    assert len(few.reflections.hkl) == 20
    kept = {tuple(h) for h in few.reflections.hkl}
    ranking = np.argsort(-strengths(all_of_them).max(axis=0))[:20]
    assert kept == {tuple(all_of_them.reflections.hkl[i]) for i in ranking}


def test_the_seed_decides_on_the_variants() -> None:
    np.testing.assert_array_equal(lines(seed=1).variants, lines(seed=1).variants)
    one, two = lines(seed=1), lines(seed=2)
    assert one.variants.shape != two.variants.shape or not np.allclose(one.variants, two.variants)


def test_unusual_axes_are_standardised_before_the_variants() -> None:
    # all atoms of the primitive cell of rock salt, without symmetry
    edge = 3.988
    cell = (edge, edge, edge, 60.0, 60.0, 60.0)
    sites = (Site((("Na", 1.0),), (0, 0, 0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5)))
    found = lines_of(
        Structure(cell, "P 1", sites),
        space_group=225,
        d_min_angstrom=1.0,
        max_lines=100,
        variants=1,
        seed=0,
    )
    assert found is not None
    assert found.reflections.space_group == 225
    assert found.reflections.cell[0] == pytest.approx(edge * 2**0.5)


def test_impossible_structures_have_no_lines() -> None:
    twice = Structure((4.0, 4.0, 4.0, 90.0, 90.0, 90.0), "P 1", (Site((("Na", 1.2),), (0, 0, 0)),))
    settings = {"d_min_angstrom": 1.0, "max_lines": 100, "variants": 1, "seed": 0}
    assert lines_of(twice, space_group=1, **settings) is None  # type: ignore[arg-type]
