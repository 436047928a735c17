from dataclasses import replace

import numpy as np
import pytest

from crystinet.core.errors import ConfigError
from crystinet.corpus.compound import composition_of
from crystinet.corpus.imagined.family import Family, Relative
from crystinet.corpus.imagined.hypothetical import ImaginationConfig, Imagined, imagine
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.symmetry import analyse
from crystinet.simulation.reflections import compute_reflections

CONFIG = ImaginationConfig()


def invent(
    name: str, *, count: int = 8, seed: int = 0, known: frozenset[str] = frozenset()
) -> list[Imagined]:
    kind = load_catalogue().by_name(name)
    family = Family(kind, (Relative(analyse(kind.reference), name),))
    rng = np.random.default_rng(seed)
    return imagine(family, count=count, known_keys=known, config=CONFIG, rng=rng)


@pytest.mark.parametrize(
    "name", ["K4Si23", "Melilite-Ca2MgSi2O7", "ThCr2Si2", "Sodalite-frame", "Rutile-TiO2"]
)
def test_inventions_are_new_members_of_the_type_for_training(name: str) -> None:
    made = invent(name)
    assert len(made) == 8
    assert len({compound.formula for compound in made}) == 8
    for compound in made:
        structure = compound.symmetry.structure(compound.formula)
        assert assign(structure).type is load_catalogue().by_name(name)
        assert split_of(compound_key(composition_of(compound.formula))) is Split.TRAIN
        assert compound.formula != "O2Ti"
        lines = compute_reflections(structure, d_min_angstrom=1.5)
        assert np.isfinite(lines.f_squared).all()


def test_known_compounds_are_not_invented() -> None:
    first = invent("Rutile-TiO2")
    keys = frozenset(compound_key(composition_of(compound.formula)) for compound in first)
    again = invent("Rutile-TiO2", known=keys)
    assert again
    assert not keys & {compound_key(composition_of(compound.formula)) for compound in again}


def test_the_seed_decides() -> None:
    one, same, other = (invent("Rutile-TiO2", seed=seed) for seed in (1, 1, 2))
    assert [c.symmetry for c in one] == [c.symmetry for c in same]
    assert [c.formula for c in one] != [c.formula for c in other]


def test_guests_without_balanced_charges_become_fewer() -> None:
    kind = load_catalogue().by_name("Sodalite-frame")
    symmetry = analyse(kind.reference)
    extra = replace(symmetry.orbits[0], species=(("Na", 0.37),))  # charges do not add up
    unbalanced = Relative(replace(symmetry, orbits=(extra, *symmetry.orbits[1:])), "")
    assert unbalanced.charges is None
    family = Family(kind, (unbalanced,))
    rng = np.random.default_rng(3)
    made = imagine(family, count=5, known_keys=(), config=CONFIG, rng=rng)
    for compound in made:
        assert compound.symmetry.orbits[0].occupancy <= 0.37 + 1e-6


def test_without_members_nothing_is_invented() -> None:
    family = Family(load_catalogue().by_name("NaCl"), ())
    rng = np.random.default_rng(0)
    assert imagine(family, count=3, known_keys=(), config=CONFIG, rng=rng) == []


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="tries"):
        ImaginationConfig(tries=0)
    with pytest.raises(ConfigError, match="sigma_angstrom"):
        ImaginationConfig(sigma_angstrom=float("nan"))
