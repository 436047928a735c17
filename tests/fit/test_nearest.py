"""Search for the known compounds that are most like a pattern."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crystinet
from crystinet.core.errors import CorpusError, CrystinetError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.corpus.index.index import CompoundIndex, default_index_path
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Structure
from crystinet.fit.nearest import NearestCompounds
from crystinet.patterns import preprocess

INDEX = CompoundIndex.load(default_index_path())
SEARCH = NearestCompounds(INDEX, DEFAULT_GRID)

#: Types whose reference is in the index, with the formula there.
PAIRS = {
    "Spinel-Al2MgO4": "Al2MgO4",
    "Rutile-TiO2": "O2Ti",
    "Pyrite-FeS2(cP12)": "FeS2",
    "Scheelite-CaWO4": "CaO4W",
}


def scaled(name: str, scale: float) -> Structure:
    structure = load_catalogue().by_name(name).reference
    a, b, c, alpha, beta, gamma = structure.cell
    return replace(structure, cell=(scale * a, scale * b, scale * c, alpha, beta, gamma))


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(sorted(PAIRS)),
    scale=st.floats(0.88, 1.14),
    start=st.floats(5.0, 25.0),
    stop=st.floats(80.0, 110.0),
    seed=st.integers(0, 99),
)
def test_the_scale_is_found_on_any_range(
    name: str, scale: float, start: float, stop: float, seed: int
) -> None:
    grid = TwoThetaGrid(start, 0.02, int((stop - start) / 0.02))
    pattern = crystinet.simulate(scaled(name, scale), grid=grid, counts=5000, seed=seed)
    ranked = SEARCH.search(preprocess(pattern), [name], n=10_000)
    own = next(n for n in ranked if n.compound.formula == PAIRS[name])
    true = scale * load_catalogue().by_name(name).reference.cell[0] / own.compound.cell[0]
    assert own.scale == pytest.approx(true, rel=4e-3)
    assert own.cosine > 0.8
    assert 0.0 <= own.likeness <= own.cosine <= 1.0
    assert [n.likeness for n in ranked] == sorted((n.likeness for n in ranked), reverse=True)


def test_a_compound_finds_itself_first() -> None:
    found = SEARCH.search(preprocess(crystinet.simulate(scaled("NaCl", 1.0))), ["NaCl"], n=3)
    assert found[0].compound.formula == "MgO"  # the reference of the catalogue
    best = found[0]
    assert best.scale == pytest.approx(1.0, abs=0.003)
    without = np.array([best.number])
    again = SEARCH.search(
        preprocess(crystinet.simulate(scaled("NaCl", 1.0))), ["NaCl"], n=2, without=without
    )
    assert [n.number for n in again] == [n.number for n in found[1:]]


@pytest.mark.parametrize("radiation", [Radiation.of_anode("Mo"), Radiation((1.5405929,))])
def test_the_wavelength_does_not_matter(radiation: Radiation) -> None:
    start = 8.0 if radiation.wavelength_angstrom < 1.0 else 12.0
    grid = TwoThetaGrid(start, 0.01, 6500)
    pattern = crystinet.simulate(scaled("Rutile-TiO2", 1.03), radiation=radiation, grid=grid)
    best = SEARCH.search(preprocess(pattern), ["Rutile-TiO2"], n=500)
    own = next(n for n in best if n.compound.formula == "O2Ti")
    assert own.scale == pytest.approx(1.03, rel=5e-3)


def test_types_that_are_not_there() -> None:
    prepared = preprocess(crystinet.simulate(scaled("NaCl", 1.0)))
    assert SEARCH.search(prepared, ["no such type"]) == ()
    SEARCH.require_types(["no such type", "NaCl"])
    with pytest.raises(CorpusError, match="no compound of the types"):
        SEARCH.require_types(["no such type"])
    with pytest.raises(CrystinetError, match=r"^n is 0"):
        SEARCH.search(prepared, ["NaCl"], n=0)
