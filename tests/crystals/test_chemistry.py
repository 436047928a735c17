"""Element rules and the unlikeness of sites."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import ConfigError
from crystinet.crystals.chemistry import ElementRule, shares, unlikeness

# No share comes near the 5 % that counts as an impurity.
occupancies = st.dictionaries(
    st.sampled_from(["Na", "K", "Cl", "O", "Fe"]), st.floats(0.3, 1.0), min_size=1
)


@pytest.mark.parametrize(
    ("rule", "element", "accepted"),
    [
        ("anion", "O", True),
        ("anion", "Na", False),
        ("!anion", "Na", True),
        ("!anion noble", "Xe", False),
        ("O S", "S", True),
        ("O S", "Se", False),
        ("!O chalcogen", "Te", False),
    ],
)
def test_rules(rule: str, element: str, accepted: bool) -> None:
    assert ElementRule.parse(rule).accepts(((element, 1.0),)) is accepted


def test_an_impurity_breaks_no_rule_but_a_second_element_does() -> None:
    rule = ElementRule.parse("anion")
    assert rule.accepts((("O", 0.97), ("C", 0.03)))
    assert not rule.accepts((("O", 0.8), ("C", 0.2)))


@pytest.mark.parametrize("text", ["anions", "oxygen S", "fe"])
def test_a_misspelt_rule_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="neither an element nor a class") as error:
        ElementRule.parse(text)
    assert "anion" in error.value.hint


@settings(deadline=None)
@given(occupancies, occupancies)
def test_unlikeness_is_a_distance_from_zero_to_one(
    a: dict[str, float], b: dict[str, float]
) -> None:
    first, second = tuple(a.items()), tuple(b.items())
    value = unlikeness(first, second)
    assert -1e-9 <= value <= 1.0 + 1e-9
    assert value == pytest.approx(unlikeness(second, first))
    assert unlikeness(first, first) == pytest.approx(0.0)


@settings(deadline=None)
@given(occupancies, st.floats(0.1, 1.0))
def test_vacancies_do_not_change_the_shares(a: dict[str, float], filling: float) -> None:
    full = tuple(a.items())
    partly = tuple((element, amount * filling) for element, amount in full)
    assert shares(partly) == pytest.approx(shares(full))


def test_sites_without_a_common_element_are_fully_unlike() -> None:
    assert unlikeness((("Na", 1.0),), (("Cl", 1.0),)) == 1.0
    assert unlikeness((("Fe", 0.5), ("Mg", 0.5)), (("Fe", 1.0),)) == pytest.approx(0.5)
