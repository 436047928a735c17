"""Formulas as chemists write them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crystinet.corpus.compound import composition_of, reduced_formula
from crystinet.crystals.formulas import amounts_of, readable_formula


@pytest.mark.parametrize(
    "text",
    """TiO2 PrCoO3 NaBr NaCl SrTiO3 PbTiO3 BiFeO3 FeTiO3 ZnFe2O4 NiFe2O4 FeCr2O4 MgAl2O4 LiFePO4
    CaCO3 ZrSiO4 CaWO4 KClO4 BiOCl LaFeAsO H2O NH4Cl NaNO3 CuFeS2 Cu2ZnSnS4 FeAsS GaAs SiC Fe3C
    Cr3Si CeCu2Si2 AuCu3 TiNiSi Mg(OH)2 KOH Ba2LaRuO6 Ca5P3O12F""".split(),
)
def test_the_order_that_everybody_knows(text: str) -> None:
    amounts = composition_of(text.replace("(OH)2", "O2H2"))
    alphabetical = "".join(f"{element}{amounts[element]:g}" for element in sorted(amounts))
    assert readable_formula(alphabetical) == text


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        ("Ca4Mn20O60Pr14Sr2%", "Pr0.7Ca0.2Sr0.1MnO3"),
        ("Ca23.61F4.76O57.14P14.29U0.2%", "Ca4.96U0.04P3O12F"),
        ("Al28.54Mg5.07O57.14Zn9.24%", "Zn0.65Mg0.35Al2O4"),
        ("Co28.33Cu5Zr66.67%", "Zr2Co0.85Cu0.15"),
        ("Fe13.5S50Zn36.5%", "Zn0.73Fe0.27S"),
        ("Fe0.1S50Zn49.9%", "ZnFe0.002S"),
        ("Al0.35Cr0.39Fe0.26H3.47Nb0.35O64.35Ti30.82%",
         "Ti0.96H0.11Cr0.01Al0.01Nb0.01Fe0.008O2"),
        ("Co0.8Cu0.6Fe31.7Ir20.2Ni42.2Os0.3Pt3.2Rh0.6Ru0.4%",
         "Ni42.2Fe31.7Ir20.2Pt3.2Co0.8Cu0.6Rh0.6Ru0.4Os0.3 at.%"),
    ],
)  # fmt: skip
def test_percentages_become_formulas_where_one_comes_out(percent: str, text: str) -> None:
    assert readable_formula(percent) == text


@pytest.mark.parametrize("text", ["", "quartz", "Xx2O", "12", "Na.", "TiO2 (rutile)", "%"])
def test_what_is_no_formula_stays(text: str) -> None:
    assert readable_formula(text) == text


ELEMENTS = "Na K Ca Sr La Ti Mn Fe Cu Zr Al Si P H N O S F Cl".split()


@given(st.dictionaries(st.sampled_from(ELEMENTS), st.integers(1, 12), min_size=1, max_size=5))
def test_whole_numbers_are_kept(amounts: dict[str, int]) -> None:
    stored = reduced_formula(amounts)
    shown = readable_formula(stored)
    if not stored.endswith("%") and "OH" not in shown:
        assert composition_of(shown) == composition_of(stored)


@given(st.dictionaries(st.sampled_from(ELEMENTS), st.floats(0.3, 9.0), min_size=2, max_size=6))
@example({"H": 1.0, "Na": 0.5, "O": 1.0})  # Na(OH)2
def test_a_formula_of_percentages_says_the_same(amounts: dict[str, float]) -> None:
    stored = reduced_formula(amounts)
    shown = readable_formula(stored)
    before = composition_of(stored)
    after = amounts_of(shown) if "(" in shown else composition_of(shown)
    assert before.keys() == after.keys() or "OH" in shown
    if before.keys() == after.keys():
        for element, amount in before.items():
            share = after[element] / sum(after.values())
            assert share == pytest.approx(amount / sum(before.values()), abs=0.006)
