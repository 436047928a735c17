import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.expansion import basis_vectors, neutral
from crystinet.crystals.ions import balanced_charges, ionic_radii
from crystinet.crystals.positions import positions_of
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import analyse
from crystinet.simulation.reflections import compute_reflections
from crystinet.simulation.variation import VariationConfig, vary_structure

WILD = VariationConfig(mixing_probability=1.0, vacancy_probability=1.0)
#: All crystal systems, polar and centred groups, atoms on and off symmetry elements.
NAMES = (
    "NaCl", "Rutile-TiO2", "Olivine-Mg2SiO4", "Pyroxene-CaMg(SiO3)2", "Calcite-CaCO3(hR10)",
    "Wurtzite-ZnS(2H)", "Garnet-Al2Ca3Si3O12", "ThCr2Si2", "Chalcopyrite-CuFeS2",
    "Heusler-AlCu2Mn", "LiNbO3", "Melilite-Ca2MgSi2O7", "FeB",
)  # fmt: skip
names = st.sampled_from(NAMES)
seeds = st.integers(0, 2**32)


def varied(name: str, seed: int, config: VariationConfig = WILD) -> tuple[Structure, Structure]:
    ideal = load_catalogue().by_name(name).reference
    return ideal, vary_structure(ideal, config=config, rng=np.random.default_rng(seed))


@settings(deadline=None, max_examples=40)
@given(name=names, seed=seeds)
def test_space_group_and_wyckoff_positions_are_kept(name: str, seed: int) -> None:
    ideal, variant = varied(name, seed)
    before, after = analyse(ideal), analyse(variant)
    assert after.space_group == before.space_group
    assert after.wyckoff == before.wyckoff
    assert variant.cell == ideal.cell
    assert variant.hall_symbol == ideal.hall_symbol
    np.testing.assert_array_equal(
        positions_of(variant).multiplicity, positions_of(ideal).multiplicity
    )


@settings(deadline=None, max_examples=60)
@given(name=names, seed=seeds)
def test_everything_stays_within_its_limits(name: str, seed: int) -> None:
    ideal, variant = varied(name, seed)
    basis = basis_vectors(ideal.cell)
    for old, new in zip(ideal.sites, variant.sites, strict=True):
        assert all(math.isfinite(x) and 0.0 <= x <= 1.0 for _, x in new.species)
        assert old.occupancy * 0.9 - 1e-9 <= new.occupancy <= old.occupancy + 1e-9
        kept = sum(x for symbol, x in new.species if symbol in dict(old.species))
        assert kept >= 0.9 * 0.5**2 * old.occupancy - 1e-9  # two replacements at most
        assert new.b_iso is not None
        assert 0.2 <= new.b_iso <= 1.5
        moved = np.linalg.norm((np.array(new.xyz) - old.xyz) @ basis)
        assert moved <= 0.05 * 2.0 * math.sqrt(3.0) + 1e-3  # references are rounded


@settings(deadline=None, max_examples=40)
@given(name=names, seed=seeds)
def test_replaced_elements_keep_their_charge(name: str, seed: int) -> None:
    ideal, variant = varied(name, seed, VariationConfig(mixing_probability=1.0))
    charges = balanced_charges(analyse(ideal).composition)
    if charges is None:
        return
    for old, new in zip(ideal.sites, variant.sites, strict=True):
        own = {charges[neutral(symbol)] for symbol, _ in old.species}
        for symbol, _ in new.species[len(old.species) :]:
            assert own & ionic_radii(symbol).keys()


def test_no_element_comes_in_twice() -> None:
    for seed in range(50):
        ideal, variant = varied("Garnet-Al2Ca3Si3O12", seed)
        old = {symbol for site in ideal.sites for symbol, _ in site.species}
        for before, after in zip(ideal.sites, variant.sites, strict=True):
            added = {symbol for symbol, _ in after.species[len(before.species) :]}
            assert not added & old


def test_all_variants_share_their_reflections_and_differ() -> None:
    rows = []
    for seed in range(4):
        _, variant = varied("Olivine-Mg2SiO4", seed)
        found = compute_reflections(variant, d_min_angstrom=1.2, relative_minimum=0.0)
        rows.append(found)
    for other in rows[1:]:
        np.testing.assert_array_equal(other.hkl, rows[0].hkl)
        assert not np.allclose(other.f_squared, rows[0].f_squared, rtol=0.01)


def test_the_seed_decides() -> None:
    assert varied("FeB", 3) == varied("FeB", 3)
    assert varied("FeB", 3) != varied("FeB", 4)


def test_nothing_to_vary_leaves_the_structure() -> None:
    still = VariationConfig(
        largest_shift_angstrom=0.0,
        mixing_probability=0.0,
        vacancy_probability=0.0,
        b_iso=(0.5, 0.5),
    )
    ideal, variant = varied("FeB", 1, still)
    np.testing.assert_allclose(
        compute_reflections(variant, d_min_angstrom=1.0).f_squared,
        compute_reflections(ideal, d_min_angstrom=1.0).f_squared,
        rtol=1e-4,
    )


def test_fixed_positions_do_not_move_and_free_ones_do() -> None:
    ideal, variant = varied("Rutile-TiO2", 5)
    titanium, oxygen = variant.sites
    assert titanium.xyz == ideal.sites[0].xyz
    x, y, z = oxygen.xyz
    assert x != ideal.sites[1].xyz[0]
    assert x == pytest.approx(y)
    assert z == pytest.approx(0.0)


def test_atoms_of_one_position_stay_together_and_charges_are_read() -> None:
    cell = (4.3, 4.3, 4.3, 90.0, 90.0, 90.0)
    sites = (
        Site((("Fe2+", 0.6),), (0.1, 0.1, 0.1)),
        Site((("Mg2+", 0.4),), (0.1, 0.1, 0.1)),
        Site((("O2-", 1.0),), (0.6, 0.6, 0.6)),
    )
    mixed = Structure(cell, "F -4 2 3", sites)
    variant = vary_structure(mixed, config=WILD, rng=np.random.default_rng(2))
    first, second, oxygen = variant.sites
    assert first.xyz == second.xyz == pytest.approx((0.1, 0.1, 0.1))
    assert oxygen.xyz[0] != 0.6
    assert sum(site.occupancy for site in (first, second)) <= 1.0 + 1e-9


def test_a_close_symmetry_element_is_kept_at_a_distance() -> None:
    near = Site((("Si", 0.5),), (0.006, 0.2, 0.3))  # 0.06 angstrom from a mirror plane
    structure = Structure((10.0, 11.0, 12.0, 90.0, 90.0, 90.0), "-P 2 2", (near,))
    config = VariationConfig(largest_shift_angstrom=0.3)
    for seed in range(20):
        variant = vary_structure(structure, config=config, rng=np.random.default_rng(seed))
        assert positions_of(variant).multiplicity[0] == 8


def test_bad_structures_and_settings_are_refused() -> None:
    twice = Structure((4.0, 4.0, 4.0, 90.0, 90.0, 90.0), "P 1", (Site((("Na", 1.2),), (0, 0, 0)),))
    with pytest.raises(InvalidStructureError, match=r"filled 1\.2 times"):
        vary_structure(twice, config=WILD, rng=np.random.default_rng(0))
    for bad in (
        {"largest_share": 1.5},
        {"largest_shift_angstrom": float("nan")},
        {"mixing_probability": -0.1},
        {"largest_vacancy": 1.0},
        {"b_iso": (1.0, 0.5)},
        {"b_iso": (-1.0, 0.5)},
    ):
        with pytest.raises(ConfigError, match=next(iter(bad))):
            VariationConfig(**bad)  # type: ignore[arg-type]
