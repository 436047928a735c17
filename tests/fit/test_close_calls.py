"""Near ties of the networks are decided by fits; what stands out is left alone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

import crystinet
from crystinet.app.models import line_check, load_model
from crystinet.fit.close_calls import LEAST_OF_FIRST, closest, with_first
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.model.identification import Identification, Verdict
from crystinet.patterns.sample import Sample


def asked(name: str, order: Sequence[tuple[str, float]]) -> tuple[Sample, Identification]:
    """A pattern of a type's reference, and an uncertain answer with these candidates first."""
    (kind,) = (kind for kind in crystinet.types() if kind.name == name)
    model = load_model()
    sample = model.sample(crystinet.simulate(kind.reference, counts=20000, seed=3))
    (found,) = model.identify([sample])
    by_name = {each.type: each for each in found.candidates}
    first = [replace(by_name[each], probability=p) for each, p in order]
    names = [each for each, _ in order]
    rest = [each for each in found.candidates if each.type not in names]
    candidates = (*first, *(replace(each, probability=0.0) for each in rest))
    return sample, replace(
        found, candidates=candidates, verdict=Verdict.UNCERTAIN, further=None, reason="a tie"
    )


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Perovskite-PbTiO3", "Perovskite-CaTiO3"),
        ("Rutile-TiO2", "Zircon-ZrSiO4"),
        ("Fluorite-CaF2", "Heusler-AlCu2Mn"),
    ],
)
def test_the_type_that_fits_comes_to_the_front(name: str, other: str) -> None:
    sample, found = asked(name, [(other, 0.4), (name, 0.35)])
    answer = line_check(load_model()).decided(sample, found)
    first, second = answer.candidates[:2]
    assert (first.type, second.type) == (name, other)
    assert first.probability + second.probability == pytest.approx(0.75)
    assert answer.candidates[2:] == found.candidates[2:]
    assert (answer.verdict, answer.reason) == (found.verdict, found.reason)


def test_what_is_right_already_stays_first() -> None:
    sample, found = asked("Rutile-TiO2", [("Rutile-TiO2", 0.4), ("Zircon-ZrSiO4", 0.3)])
    answer = line_check(load_model()).decided(sample, found)
    assert answer.candidates[0].type == "Rutile-TiO2"
    assert answer.candidates[0].probability > 0.5


def test_a_type_that_cannot_hold_the_formula_does_not_win_by_its_fit() -> None:
    sample, found = asked("Fluorite-CaF2", [("Fluorite-CaF2", 0.4), ("Heusler-AlCu2Mn", 0.3)])
    check = line_check(load_model())
    known = Composition.of(formula="Cu2MnAl", elements=None)
    with_formula = check.decided(sample, found, known=known)
    assert with_formula.candidates[0].type == "Heusler-AlCu2Mn"


@pytest.mark.parametrize("verdict", [Verdict.KNOWN, Verdict.UNKNOWN])
def test_only_uncertain_answers_are_fitted(verdict: Verdict) -> None:
    sample, found = asked("Rutile-TiO2", [("Zircon-ZrSiO4", 0.5), ("Rutile-TiO2", 0.3)])
    found = replace(found, verdict=verdict)
    assert closest(found) == ()
    assert line_check(load_model()).decided(sample, found) is found


def test_candidates_far_behind_are_not_fitted() -> None:
    order = [("Rutile-TiO2", 0.9), ("Zircon-ZrSiO4", 0.9 * LEAST_OF_FIRST * 0.99)]
    sample, found = asked("Rutile-TiO2", order)
    assert [each.type for each in closest(found)] == ["Rutile-TiO2"]
    assert line_check(load_model()).decided(sample, found) is found


def test_another_order_keeps_all_candidates() -> None:
    _, found = asked("Rutile-TiO2", [("Rutile-TiO2", 0.4), ("Zircon-ZrSiO4", 0.3)])
    turned = with_first(found, [1, 0], [0.6, 0.1])
    assert [(each.type, each.probability) for each in turned.candidates[:2]] == [
        ("Zircon-ZrSiO4", 0.6),
        ("Rutile-TiO2", 0.1),
    ]
    assert turned.candidates[2:] == found.candidates[2:]
