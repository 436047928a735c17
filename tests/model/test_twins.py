"""A known answer names its twins; a near tie of types that are none is not known."""

from dataclasses import replace

import crystinet
from crystinet.app.models import load_model
from crystinet.crystals.catalogue import find_type
from crystinet.model.identification import Identification, Verdict
from crystinet.model.twins import FAMILIES, NEARLY_EQUAL, TWINS, are_twins, with_twins


def answer(*pairs: tuple[str, float], verdict: Verdict = Verdict.KNOWN) -> Identification:
    (kind,) = (kind for kind in crystinet.types() if kind.name == "NaCl")
    found = crystinet.identify(crystinet.simulate(kind.reference, counts=5000, seed=1))
    by_name = {each.type: each for each in found.candidates}
    candidates = tuple(replace(by_name[name], probability=p) for name, p in pairs)
    return replace(found, verdict=verdict, candidates=candidates)


def test_names_are_those_of_the_bundle() -> None:
    known = {entry.name for entry in load_model().bundle.types}
    assert set().union(*FAMILIES) <= known


def test_twins_of_atoms_on_the_same_few_points_are_cubic() -> None:
    """Names of perovskites are easily taken for each other: SrTiO3 names the tetragonal one."""
    for family in FAMILIES[:2]:
        for name in family:
            a, b, c, *angles = find_type(name).reference.cell
            assert a == b == c, name
            assert angles == [90.0] * 3, name


def test_twins_are_named() -> None:
    found = with_twins(answer(("CdI2", 0.8), ("La2O3", 0.15), ("NaCl", 0.05)))
    assert found.verdict is Verdict.KNOWN
    assert found.ambiguous_with == ("La2O3",)
    assert found.reason == TWINS
    assert "CdI2" in found.sentence
    assert "or La2O3 (15 %)" in found.sentence
    assert found.to_dict()["ambiguous_with"] == ["La2O3"]


def test_fewer_candidates_and_a_doubt_leave_no_half_sentence() -> None:
    found = with_twins(answer(("CdI2", 0.8), ("La2O3", 0.15), ("NaCl", 0.05)))
    first = replace(found, candidates=found.candidates[:1])
    assert first.sentence == found.sentence
    assert first.ambiguous_with == ("La2O3",)
    doubted = replace(found, verdict=Verdict.UNCERTAIN, reason="Another tube.")
    assert doubted.to_dict()["ambiguous_with"] == []


def test_a_sure_answer_stays_single() -> None:
    found = answer(("CdI2", 0.95), ("La2O3", 0.05))
    assert with_twins(found) is found
    assert found.ambiguous_with == ()


def test_a_near_tie_of_others_is_not_known() -> None:
    found = with_twins(answer(("NaCl", 0.55), ("Rutile-TiO2", 0.45)))
    assert found.verdict is Verdict.UNCERTAIN
    assert found.reason == NEARLY_EQUAL
    # A near tie of twins stays known, as the pair.
    assert with_twins(answer(("NaCl", 0.55), ("fcc(ccp)-Cu", 0.45))).verdict is Verdict.KNOWN


def test_other_verdicts_are_left_alone() -> None:
    found = answer(("CdI2", 0.55), ("La2O3", 0.45), verdict=Verdict.UNCERTAIN)
    assert with_twins(found) is found


def test_twins_are_mutual() -> None:
    assert are_twins("CdI2", "La2O3")
    assert are_twins("La2O3", "CdI2")
    assert not are_twins("CdI2", "NaCl")
