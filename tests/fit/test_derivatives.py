"""Parents and derivatives are told apart by the lines that only the derivative has."""

from dataclasses import replace

import numpy as np
import pytest

import crystinet
from crystinet.app.models import line_check, load_index, load_model
from crystinet.crystals.catalogue import find_type
from crystinet.crystals.hall import operations_of
from crystinet.fit.derivatives import BEYOND_THE_BUNDLE, DERIVATIONS, Derivation, derivation_of
from crystinet.model.identification import Identification

IDS = [each.derivative for each in DERIVATIONS]


def swayed(found: Identification, first: str, second: str, share: float) -> Identification:
    """An answer whose networks had given ``share`` to the first and the rest to the second."""
    by_name = {each.type: each for each in found.candidates}
    pair = (
        replace(by_name[first], probability=share),
        replace(by_name[second], probability=1.0 - share),
    )
    rest = (replace(c, probability=0.0) for c in found.candidates if c.type not in (first, second))
    return replace(found, candidates=(*pair, *rest), candidate_set=(first,))


def test_lines_of_ilmenite_that_corundum_lacks() -> None:
    (ordered,) = (each for each in DERIVATIONS if each.derivative == "Ilmenite-FeTiO3")
    hkl = np.array([[0, 0, 3], [1, 0, 1], [0, 1, 2], [1, 0, 4], [1, 1, 0], [0, 0, 6]])
    assert ordered.only_derivative(hkl).tolist() == [True, True, False, False, False, False]


def test_lines_of_a_doubled_cell() -> None:
    doubled = Derivation("parent", "derivative", (1, 1, 2), 191)
    hkl = np.array([[1, 0, 0], [1, 0, 1], [1, 0, 2], [0, 0, 1]])
    assert doubled.only_derivative(hkl).tolist() == [False, True, False, True]


@pytest.mark.parametrize("pair", [*DERIVATIONS, *BEYOND_THE_BUNDLE])
def test_parents_have_the_group_and_the_shape_that_the_table_says(pair: Derivation) -> None:
    parent, derivative = find_type(pair.parent).reference, find_type(pair.derivative).reference
    assert operations_of(parent.hall_symbol).space_group == pair.parent_group
    change = np.array(derivative.cell[:3]) / (np.array(parent.cell[:3]) * pair.multiples)
    np.testing.assert_allclose(change / change[0], 1.0, atol=0.2)  # other atoms, the same lattice


@pytest.mark.parametrize("pair", DERIVATIONS, ids=IDS)
def test_networks_that_sway_towards_the_wrong_one_are_put_right(pair: Derivation) -> None:
    model = load_model()
    check = line_check(model)
    index = load_index()
    right = {pair.parent: 0, pair.derivative: 0}
    asked = dict.fromkeys(right, 0)
    for name, other in ((pair.parent, pair.derivative), (pair.derivative, pair.parent)):
        for number in index.of_types([name])[::3][:8]:
            structure = index.structure(int(number))
            assert structure is not None
            sample = model.sample(crystinet.simulate(structure, counts=5000, seed=int(number)))
            (found,) = model.identify([sample])
            wrong = swayed(found, other, name, 0.7)
            ranked = check.ranked(sample, wrong)
            first, second = ranked.candidates[:2]
            assert first.probability + second.probability == pytest.approx(1.0)
            assert ranked.candidate_set[0] == first.type
            asked[name] += 1
            right[name] += first.type == name
    # Some derivatives have no line of their own that could be seen: those are nobody's to decide.
    assert right[pair.parent] >= 0.6 * asked[pair.parent], right
    assert right[pair.derivative] >= 0.5 * asked[pair.derivative], right


def test_other_pairs_are_left_alone() -> None:
    (kind,) = (kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    model = load_model()
    sample = model.sample(crystinet.simulate(kind.reference, counts=5000, seed=1))
    (found,) = model.identify([sample])
    assert derivation_of(found) is None
    assert line_check(model).ranked(sample, found) is found
