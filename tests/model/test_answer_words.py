"""An answer does not contradict itself: one ranking of all types, on one scale, in every form."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.app.models import load_model
from crystinet.app.reports import publication_line
from crystinet.core.cell import crystal_system
from crystinet.core.notes import Note, NoteCode
from crystinet.model.further import (
    FURTHER,
    FURTHER_TOGETHER,
    NEARLY_AS_GOOD,
    ONLY_PROBABLE,
    FurtherType,
    FurtherTypes,
    further_types,
)
from crystinet.model.identification import Candidate, Identification, Verdict
from crystinet.model.in_short import told_in_short, told_types
from crystinet.model.inference import Model
from crystinet.model.symmetry import symmetry_of
from crystinet.model.verdicts import verdict_beside


def answer(
    verdict: Verdict,
    own: dict[str, float],
    further: dict[str, float],
    *,
    share: float,
    known: bool = False,
    reason: str = "",
) -> Identification:
    return Identification(
        candidates=tuple(
            Candidate(name, number, (), 0.9, p, 0.8, 0.7, 3)
            for number, (name, p) in enumerate(own.items(), start=1)
        ),
        candidate_set=tuple(own)[:1],
        verdict=verdict,
        reason=reason,
        unknown_score=0.2,
        wavelength_angstrom=1.5405929,
        two_theta_range=(10.0, 80.0),
        notes=(),
        steps=(),
        model_id="0" * 64,
        model_version="1",
        elapsed_s=0.0,
        wavelength_from="given",
        further=FurtherTypes(
            tuple(FurtherType(name, (), p, 154) for name, p in further.items()),
            share,
            878,
            known,
            "f" * 64,
        ),
    )


def groups(**probability: float) -> np.ndarray:
    """Probabilities of space groups by their numbers: g14=0.5."""
    found = np.full(230, 1e-6)
    for name, p in probability.items():
        found[int(name[1:]) - 1] = p
    return found / found.sum()


def test_a_known_type_names_the_further_one_that_is_nearly_as_probable() -> None:
    found = answer(Verdict.KNOWN, {"Calcite": 0.99, "X": 0.01}, {"Dolomite": 0.46}, share=0.47)
    assert found.sentence == (
        "Known type: Calcite (no. 1), probability 52 %, or Dolomite (46 %), one of 878 further "
        "types."
    )
    clear = answer(Verdict.KNOWN, {"Calcite": 0.99, "X": 0.01}, {"Dolomite": 0.04}, share=0.05)
    assert clear.sentence == "Known type: Calcite (no. 1), probability 94 %."


def test_what_is_more_probable_stands_first_in_an_uncertain_answer() -> None:
    own, further = {"Heusler": 0.99, "X": 0.01}, {"Li2AgSn": 0.58, "BiF3": 0.02}
    found = answer(Verdict.UNCERTAIN, own, further, share=0.61, reason=FURTHER)
    assert found.sentence == (
        "Uncertain: perhaps one of 878 further types: Li2AgSn 58 %, BiF3 2 %. Of the model's own "
        "types Heusler (no. 1) is the nearest."
    )
    assert found.named == ("perhaps Li2AgSn, a further type", 0.58)
    less = answer(Verdict.UNCERTAIN, own, {"Li2AgSn": 0.3}, share=0.4, reason="Because.")
    assert less.sentence.startswith("Uncertain: perhaps Heusler (no. 1). Because. Perhaps one of")
    assert less.named == ("perhaps Heusler (no. 1)", pytest.approx(0.594))


def test_an_answer_with_a_known_further_type_begins_with_it() -> None:
    found = answer(
        Verdict.UNKNOWN, {"AlB2": 0.3}, {"Quartz": 0.97}, share=0.99, known=True, reason=FURTHER
    )
    assert found.sentence.startswith("It is one of 878 further types: Quartz, probability 97 %.")
    assert "AlB2" not in found.sentence
    assert found.standing == "further"
    line = publication_line(found.to_dict(), {"id": "0" * 64, "version": "1"})
    assert "identified as Quartz (a further type" in line
    assert "AlB2" not in line
    assert "further" in repr(found).splitlines()[0]
    assert "1. Quartz: 97.0 %" in repr(found)


def test_the_symmetry_of_a_known_further_type_is_not_contradicted() -> None:
    found = answer(Verdict.UNKNOWN, {"AlB2": 0.3}, {"Quartz": 0.97}, share=0.99, known=True)
    trigonal, cubic = symmetry_of(groups(g154=0.9)), symmetry_of(groups(g225=0.9))
    assert replace(found, symmetry=trigonal).told_symmetry is trigonal
    assert replace(found, symmetry=cubic).told_symmetry is None
    assert "symmetry" not in replace(found, symmetry=cubic).to_dict()
    assert "cubic" not in replace(found, symmetry=cubic).sentence


@given(seed=st.integers(0, 2**32 - 1), power=st.floats(0.0, 40.0))
def test_a_likely_symmetry_names_space_groups_of_its_system_alone(seed: int, power: float) -> None:
    weights = np.random.default_rng(seed).uniform(1e-3, 1.0, 230) ** power
    found = symmetry_of(weights / weights.sum())
    system = found.systems[0][0]
    numbers = {symbol: number for number, symbol, _ in found.space_groups}
    assert all(crystal_system(numbers[symbol]) == system for symbol in found.groups_of_system)
    others = [symbol for symbol in numbers if symbol not in found.groups_of_system]
    assert not any(f" {symbol} or" in found.sentence for symbol in others)
    assert found.to_dict()["space_group"] in (None, *found.groups_of_system)


def test_the_ranking_is_one_of_probabilities_behind_the_first() -> None:
    own = {"A": 0.3, "B": 0.004, "C": 0.05, "D": 0.6}  # lines decided for A
    further = {"F": 0.2, "G": 0.1}
    found = answer(Verdict.UNCERTAIN, own, further, share=0.5)
    assert [each.type for each in found.ranking] == ["F", "A", "D", "G", "C", "B"]
    document = found.to_dict()
    assert [each.type for each in told_types(document)] == ["F", "A", "D", "G", "C", "B"]
    assert [each["type"] for each in document["candidates"]] == list(own)
    sure = told_types(answer(Verdict.KNOWN, own, further, share=0.5).to_dict())
    assert [each.type for each in sure] == ["A", "F", "D", "G", "C", "B"]
    assert [each.is_further for each in sure[:3]] == [False, True, False]


@given(
    verdict=st.sampled_from(list(Verdict)),
    own=st.floats(0.0, 1.0),
    share=st.floats(0.0, 1.0),
    part=st.floats(0.0, 1.0),
    known=st.booleans(),
)
def test_document_and_words_say_the_same(
    verdict: Verdict, own: float, share: float, part: float, known: bool
) -> None:
    further = {"F": share * part} if share * part >= 0.02 else {}
    known = known and share * part > 0.5 and verdict is Verdict.UNKNOWN
    found = answer(verdict, {"A": own, "B": 1.0 - own}, further, share=share, known=known)
    document = found.to_dict()
    told = told_in_short(document)
    assert (told.standing, document["sentence"]) == (found.standing, found.sentence)
    if verdict is not Verdict.KNOWN:
        assert told.names[0] == found.ranking[0].type or told.probability == pytest.approx(
            found.ranking[0].probability, abs=1e-6
        )
    total = sum(each.probability for each in found.ranking)
    assert total == pytest.approx(1.0 - share + sum(further.values()))
    assert sum(c["probability_of_all"] for c in document["candidates"]) == pytest.approx(
        1.0 - share, abs=1e-5
    )
    (name, chance), first = found.named, found.ranking[0]
    assert chance is None or chance == pytest.approx(
        own * (1.0 - share) if verdict is Verdict.KNOWN else first.probability
    )
    assert name


def test_nothing_is_known_where_a_further_type_is_more_probable() -> None:
    def of(p: float, share: float) -> FurtherTypes:
        return FurtherTypes((FurtherType("F", (), p),), share, 878, False, "")

    assert verdict_beside(Verdict.KNOWN, "", of(0.1, 0.2), 0.9) == (Verdict.KNOWN, "")
    assert verdict_beside(Verdict.KNOWN, "", of(0.4, 0.45), 0.5) == (Verdict.UNCERTAIN, FURTHER)
    together = verdict_beside(Verdict.KNOWN, "", of(0.3, 0.6), 0.99)
    assert together == (Verdict.UNCERTAIN, FURTHER_TOGETHER)
    assert verdict_beside(Verdict.UNKNOWN, "x", of(0.4, 0.45), 0.5) == (Verdict.UNKNOWN, "x")


@pytest.fixture(scope="module")
def wide() -> Model:
    return load_model("wide")


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [(0.85, 0.1, ""), (0.7, 0.2, ONLY_PROBABLE), (0.55, 0.45, NEARLY_AS_GOOD)],
)
def test_a_further_type_is_known_where_it_is_sure_alone(
    wide: Model, first: float, second: float, reason: str
) -> None:
    for rival in (5, 200):  # one of the 91, and another further one
        probability = np.zeros(len(wide.bundle.types))
        probability[100], probability[rival] = first, second
        probability[300] = 1.0 - first - second
        found = further_types(
            wide.bundle, probability, asked=91, unknown_score=0.01, calibration=wide.calibration
        )
        assert found.known is (not reason)
        assert found.reason == reason


def test_no_tube_is_asked_for_where_the_file_gives_d() -> None:
    found = answer(Verdict.KNOWN, {"A": 1.0}, {}, share=0.0)
    assumed = replace(found, wavelength_from="assumed")
    assert assumed.tube_assumed
    assert "Cu tube" in assumed.basis
    note = Note(NoteCode.TWO_THETA_CONVERTED, "2theta was calculated from d.")
    from_d = replace(assumed, notes=(note,))
    assert not from_d.tube_assumed
    assert "tube" not in from_d.basis
