"""Formula and elements decide between types whose patterns are alike, and contradict answers."""

import pytest

import crystinet
from crystinet.crystals.catalogue import load_catalogue


def simulated(name: str) -> crystinet.Pattern:
    return crystinet.simulate(load_catalogue().by_name(name).reference, counts=20_000, seed=3)


def test_a_right_formula_keeps_the_answer_and_makes_it_surer() -> None:
    pattern = simulated("Spinel-Al2MgO4")
    without = crystinet.identify(pattern)
    found = crystinet.identify(pattern, formula="MgAl2O4")
    assert (found.verdict.value, found.candidates[0].type) == ("known", "Spinel-Al2MgO4")
    assert found.unknown_score < without.unknown_score


@pytest.mark.parametrize("given", [{"formula": "Si"}, {"elements": ["Si"]}])
def test_an_element_is_no_sphalerite(given: dict[str, str | list[str]]) -> None:
    pattern = simulated("Sphalerite-ZnS(cF8)")
    assert crystinet.identify(pattern).verdict.value == "known"
    found = crystinet.identify(pattern, **given)  # type: ignore[arg-type]
    assert found.verdict.value != "known"


def test_a_formula_that_no_candidate_can_hold_says_so() -> None:
    found = crystinet.identify(simulated("Rutile-TiO2"), formula="Ca3Al2Si3O12")
    assert found.verdict.value != "known"
    assert found.reason
    assert found.unknown_score > crystinet.identify(simulated("Rutile-TiO2")).unknown_score


def test_a_type_that_cif_files_taught_is_not_judged() -> None:
    from crystinet.crystals.holding import Holding
    from crystinet.model.formula_hint import FormulaHint

    hint = FormulaHint(("Na", "Cl"), {"Na": 1.0, "Cl": 1.0})
    assert hint.holding(("a type of my own",)) is Holding.OPEN
    assert hint.holding(("NaCl",)) is Holding.ORDERED


@pytest.mark.parametrize(("name", "elements"), [("Heusler-AlCu2Mn", ["Fe"]), ("NaCl", ["Fe"])])
def test_too_few_elements_exclude_a_type_and_the_answer_says_so(
    name: str, elements: list[str]
) -> None:
    from crystinet.crystals.catalogue import find_type
    from crystinet.crystals.holding import Holding, holding_elements

    found = crystinet.identify(simulated(name), elements=elements)
    for candidate in found.candidates[:5]:
        names = (candidate.type, *candidate.merged)
        held = max(holding_elements(find_type(each), elements) for each in names)
        assert held is not Holding.TOO_FEW, candidate.type
    assert next(c for c in found.candidates if c.type == name).probability < 1e-9
    assert found.verdict.value != "known"
    assert found.reason
