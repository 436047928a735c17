from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import ConfigError
from crystinet.corpus.imagined.family import Family, Relative
from crystinet.corpus.imagined.replacement import (
    Replacement,
    ReplacementConfig,
    choose_replacements,
    replaced,
)
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.ions import ionic_radii
from crystinet.crystals.symmetry import analyse


def family(name: str) -> Family:
    kind = load_catalogue().by_name(name)
    return Family(kind, (Relative(analyse(kind.reference), name),))


NEUTRAL = {
    name: family(name)
    for name in ("Olivine-Mg2SiO4", "Melilite-Ca2MgSi2O7", "Garnet-Al2Ca3Si3O12", "NaCl")
}


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(sorted(NEUTRAL)), seed=st.integers(0, 2**32))
def test_neutral_parents_give_neutral_compounds(name: str, seed: int) -> None:
    (parent,) = NEUTRAL[name].relatives
    chosen = choose_replacements(
        NEUTRAL[name],
        parent,
        config=ReplacementConfig(coupled_share=0.5),
        rng=np.random.default_rng(seed),
    )
    assert parent.charges is not None
    charges = dict(parent.charges)
    for r in chosen:
        assert r.charge in ionic_radii(r.other)
        assert r.other not in parent.amounts
        charges[r.other] = r.charge or 0
    made = replaced(parent.symmetry, chosen)
    total = sum(charges[element] * amount for element, amount in made.composition.items())
    assert total == pytest.approx(0.0, abs=1e-3)
    for old, new in zip(parent.symmetry.orbits, made.orbits, strict=True):
        assert new.occupancy == pytest.approx(old.occupancy, abs=1e-5)
        assert (new.letter, new.xyz) == (old.letter, old.xyz)


def test_coupled_replacements_happen() -> None:
    found = set()
    for seed in range(300):
        chosen = choose_replacements(
            NEUTRAL["Melilite-Ca2MgSi2O7"],
            NEUTRAL["Melilite-Ca2MgSi2O7"].relatives[0],
            config=ReplacementConfig(coupled_share=1.0),
            rng=np.random.default_rng(seed),
        )
        found |= {(r.element, r.other) for r in chosen}
    assert ("Ca", "Na") in found
    assert ("Si", "Al") in found or ("Mg", "Al") in found


def test_replacing_wholly_partly_and_on_one_site() -> None:
    symmetry = NEUTRAL["Melilite-Ca2MgSi2O7"].relatives[0].symmetry
    index = next(i for i, orbit in enumerate(symmetry.orbits) if dict(orbit.species) == {"O": 1.0})
    made = replaced(
        symmetry,
        [
            Replacement("Ca", "Sr", 2, 1.0),
            Replacement("Mg", "Zn", 2, 0.25),
            Replacement("O", "S", -2, 1.0, orbit=index),
        ],
    )
    amounts = made.composition
    assert "Ca" not in amounts
    assert amounts["Zn"] == pytest.approx(0.25 * symmetry.composition["Mg"])
    assert made.orbits[index].species == (("S", 1.0),)
    assert amounts["O"] == symmetry.composition["O"] - symmetry.orbits[index].multiplicity


def test_a_type_takes_what_its_members_hold() -> None:
    alone = NEUTRAL["NaCl"]
    symmetry = alone.relatives[0].symmetry
    manganese = replaced(symmetry, [Replacement("Mg", "Mn", 2, 1.0)])
    larger = Family(alone.kind, (*alone.relatives, Relative(manganese, "MnO")))

    def share(of: Family) -> float:
        drawn = [
            r.other
            for seed in range(300)
            for r in choose_replacements(
                of,
                alone.relatives[0],
                config=replace(ReplacementConfig(), most_replacements=1, coupled_share=0.0),
                rng=np.random.default_rng(seed),
            )
            if r.element == "Mg"
        ]
        return drawn.count("Mn") / len(drawn)

    assert share(larger) > 2.0 * share(alone)


def test_metals_take_neighbours_in_pettifors_order() -> None:
    heusler = family("Heusler-AlCu2Mn")
    (parent,) = heusler.relatives
    assert parent.charges is None
    assert not parent.ionic
    for seed in range(50):
        for r in choose_replacements(
            heusler, parent, config=ReplacementConfig(), rng=np.random.default_rng(seed)
        ):
            assert r.charge is None
            assert r.other not in {"O", "Cl", "S", "Cs"}


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="most_replacements"):
        ReplacementConfig(most_replacements=0)
    with pytest.raises(ConfigError, match="whole_share"):
        ReplacementConfig(whole_share=1.5)
