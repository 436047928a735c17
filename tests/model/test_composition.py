import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.errors import ConfigError
from crystinet.model.composition import (
    FAMILIES,
    WIDTH,
    CompositionTable,
    check_elements,
    parse_elements,
)

ELEMENTS = [element for family in FAMILIES for element in family]
HALITES = [frozenset(pair) for pair in (("Na", "Cl"), ("K", "Br"), ("Li", "F"), ("Ag", "Cl"))]
GARNETS = [frozenset({"Ca", "Al", "Si", "O"}), frozenset({"Mg", "Al", "Si", "O"})]


def table() -> CompositionTable:
    return CompositionTable.count(HALITES + GARNETS, [0] * 4 + [1] * 2, n_types=3)


def test_every_element_is_in_one_family() -> None:
    assert len(ELEMENTS) == len(set(ELEMENTS))
    assert len(set(ELEMENTS) - {"D"}) == 103


def test_a_type_is_likely_for_the_elements_of_its_compounds() -> None:
    score = table().log_likelihood(["Rb", "I"])
    assert score.argmax() == 0
    assert table().log_likelihood(["Fe", "Al", "Si", "O"]).argmax() == 1


def test_a_type_without_compounds_is_as_likely_as_all_together() -> None:
    score = table().log_likelihood(["Na", "Cl"])
    assert score[1] < score[2] < score[0]


@given(st.sets(st.sampled_from(ELEMENTS), min_size=1, max_size=12))
def test_no_elements_are_impossible(elements: set[str]) -> None:
    assert np.isfinite(table().log_likelihood(elements)).all()


def test_probabilities_are_probabilities() -> None:
    p = table().probability
    assert p.shape == (3, WIDTH)
    assert ((p > 0.0) & (p < 1.0)).all()


@pytest.mark.parametrize("text", ["Fe,O", "fe o", " FE ; O ", "Fe,,O"])
def test_lists_of_elements(text: str) -> None:
    assert parse_elements(text) == {"Fe", "O"}


@pytest.mark.parametrize("text", ["", " , ", "Xx", "Fe2O3", "iron", "Fe,1"])
def test_what_is_no_element_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_elements(text)


def test_symbols_may_come_one_by_one() -> None:
    assert check_elements(["na", "Cl"]) == {"Na", "Cl"}
