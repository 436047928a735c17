import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crystinet.core.errors import CorpusError
from crystinet.corpus.compound import (
    Entry,
    composition_of,
    reduced_formula,
    sites_of_text,
    sites_text,
)
from crystinet.crystals.structure import Site, Structure

coordinates = st.floats(-2.0, 2.0, allow_nan=False)
sites = st.builds(
    Site,
    species=st.lists(
        st.tuples(st.sampled_from(["Fe3+", "O2-", "Mg", "D"]), st.floats(0.0, 1.0)),
        min_size=1,
        max_size=3,
    ).map(tuple),
    xyz=st.tuples(coordinates, coordinates, coordinates),
    label=st.sampled_from(["", "Fe1", 'O"2', "Größe"]),
    b_iso=st.none() | st.floats(1e-3, 50.0),
)


@given(st.lists(sites, min_size=1, max_size=5).map(tuple))
def test_sites_come_back_exactly(original: tuple[Site, ...]) -> None:
    assert sites_of_text(sites_text(original)) == original


@pytest.mark.parametrize("text", ["", "{}x", "[[1]]", '[[[["Na",1.0]],[0,0]]]', "null"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        sites_of_text(text)


@pytest.mark.parametrize(
    ("amounts", "formula"),
    [
        ({"Na": 4.0, "Cl": 4.0}, "ClNa"),
        ({"Ti": 2.0, "O": 4.0}, "O2Ti"),
        ({"W": 2.0}, "W"),
        ({"Na": 2.4, "K": 1.6, "Cl": 4.0}, "Cl5K2Na3"),
        ({"Mg": 1.98, "Fe": 0.02, "O": 2.0}, "Fe0.5Mg49.5O50%"),
    ],
)
def test_reduced_formulas(amounts: dict[str, float], formula: str) -> None:
    assert reduced_formula(amounts) == formula


def whole(amounts: dict[str, float]) -> bool:
    total = sum(amounts.values())
    return all(abs(round(n) - n) / total < 2e-4 for n in amounts.values())


@given(
    st.dictionaries(
        st.sampled_from(["Fe", "O", "Mg", "Si", "La"]), st.floats(0.05, 12.0), min_size=1
    ),
    st.sampled_from([0.5, 2.0, 3.0]),
)
def test_a_formula_tells_the_fractions_and_not_the_size_of_the_cell(
    amounts: dict[str, float], factor: float
) -> None:
    scaled = {element: factor * amount for element, amount in amounts.items()}
    # Whole numbers are kept whole, however many atoms they are: 14 is, and 7 times a half is not.
    assume(whole(amounts) == whole(scaled))
    formula = reduced_formula(amounts)
    assert reduced_formula(scaled) == formula
    told = composition_of(formula)
    total, total_told = sum(amounts.values()), sum(told.values())
    for element, amount in amounts.items():
        assert told[element] / total_told == pytest.approx(amount / total, abs=4e-4)


def entry(code: str = "1", *, xyz: float = 0.0, occupancy: float = 1.0, name: str = "") -> Entry:
    site = Site((("Na", occupancy),), (xyz, 0.0, 0.0))
    structure = Structure((4.0, 4.0, 4.0, 90.0, 90.0, 90.0), "P 1", (site,), name)
    return Entry("a", code, "", "experimental", True, "Na", "", structure)


def test_the_hash_is_of_what_the_structure_is() -> None:
    assert entry().content_hash == entry(name="other words").content_hash
    changed = [entry("2"), entry(xyz=1e-9), entry(occupancy=0.5)]
    assert len({e.content_hash for e in [entry(), *changed]}) == 4


def test_disorder() -> None:
    assert not entry(occupancy=0.999).disordered
    assert entry(occupancy=0.5).disordered
