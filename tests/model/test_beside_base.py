"""An extended bundle answers beside its base and the many types that neither has."""

from dataclasses import replace
from pathlib import Path

import pytest

import crystinet
from crystinet.app.models import load_model
from crystinet.core.errors import BundleError
from crystinet.crystals.catalogue import find_type
from crystinet.model.beside_base import base_id, beside_base, check_base, names_of
from crystinet.model.bundle_files import bundle_folder, load_bundle
from crystinet.model.further import FURTHER, FurtherType, FurtherTypes
from crystinet.model.identification import Candidate, Identification, Verdict
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern


def pattern_of(name: str) -> Pattern:
    reference = find_type(name).reference
    assert reference is not None
    return crystinet.simulate(reference, counts=20_000, seed=1)


@pytest.fixture(scope="module")
def extended() -> Model:
    return load_model("extended")


def test_types_that_an_extended_bundle_lacks_stand_beside_its_answer(extended: Model) -> None:
    found = crystinet.identify(pattern_of("Quartz-alpha"), model="extended", beyond=False)
    assert found.standing == "further"
    assert found.first_named == "Quartz-alpha"
    assert found.further is not None
    assert found.further.count == 854  # 878, of which it has 24 itself
    assert found.symmetry is not None
    assert found.model_id == extended.bundle.id


def test_an_added_type_is_its_own_answer_and_no_further_type() -> None:
    found = crystinet.identify(pattern_of("Aragonite-CaCO3"), model="extended", beyond=False)
    assert (found.verdict, found.candidates[0].type) == (Verdict.KNOWN, "Aragonite-CaCO3")
    assert found.further is None
    assert found.first_named == "Aragonite-CaCO3"
    assert crystinet.identify(pattern_of("Aragonite-CaCO3")).standing == "further"


def test_types_of_the_base_are_answered_alike() -> None:
    found = crystinet.identify(pattern_of("Rutile-TiO2"), model="extended")
    assert (found.verdict, found.candidates[0].type) == (Verdict.KNOWN, "Rutile-TiO2")


def test_an_extended_bundle_that_is_named_by_its_id_answers_alone(extended: Model) -> None:
    name = f"extended@{extended.bundle.id[:12]}"
    assert load_model(name).base is None
    assert extended.base is not None
    assert extended.id not in (extended.bundle.id, extended.base.id)
    assert extended.alone.id == extended.bundle.id
    found = crystinet.identify(pattern_of("Quartz-alpha"), model=name, beyond=False)
    assert found.further is None


def test_a_bundle_that_is_no_extension_of_its_base_is_refused(extended: Model) -> None:
    base = load_bundle()
    assert base_id(extended.bundle) == base.id
    assert base_id(base) is None
    check_base(extended.bundle, base)
    wrong = replace(base, files={**base.files, "averages.npy": b""})
    with pytest.raises(BundleError, match="not an extension"):
        check_base(extended.bundle, wrong)
    with pytest.raises(BundleError, match="not an extension"):
        check_base(load_bundle(bundle_folder(Path("wide"))), base)
    assert "Aragonite-CaCO3" in names_of(extended.bundle) - names_of(base)


def answer(
    verdict: Verdict, best: str, further: float = 0.0, *, known: bool = False, share: float = 0.9
) -> Identification:
    types = (FurtherType("F", (), further),) if further else ()
    return Identification(
        candidates=(Candidate(best, 1, (), 0.9, 0.9, 0.8, 0.7, 3),),
        candidate_set=(best,),
        verdict=verdict,
        reason="" if verdict is Verdict.KNOWN else "Because.",
        unknown_score=0.2,
        wavelength_angstrom=1.5405929,
        two_theta_range=(10.0, 80.0),
        notes=(),
        steps=(),
        model_id="0" * 64,
        model_version="1",
        elapsed_s=0.0,
        further=FurtherTypes(types, share, 878, known, "f" * 64),
    )


K, C, U = Verdict.KNOWN, Verdict.UNCERTAIN, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("own", "base", "verdict", "beside"),
    [
        # Of a type of the base both must be sure.
        (answer(K, "Old"), answer(K, "Old"), K, True),
        (answer(K, "Old"), answer(C, "Old", 0.5), C, True),
        (answer(K, "Old"), answer(U, "Old", 0.9, known=True), U, True),
        (answer(C, "Old"), answer(K, "Old"), C, True),
        # An added type, which the others do not know, is only doubted for one that is known.
        (answer(K, "Added"), answer(U, "Old", 0.5), K, False),
        (answer(C, "Added"), answer(U, "Old", 0.5), C, False),
        (answer(K, "Added"), answer(U, "Old", 0.9, known=True), C, True),
        (answer(C, "Added"), answer(U, "Old", 0.9, known=True), U, True),
        (answer(U, "Added"), answer(U, "Old", 0.5), U, True),
    ],
)
def test_who_decides(
    own: Identification, base: Identification, verdict: Verdict, beside: bool
) -> None:
    found = beside_base(replace(own, further=None), base, of_base={"Old"})
    assert found.verdict is verdict
    assert (found.further is not None) is beside
    assert found.candidates == own.candidates
    if base.further and base.further.known:
        assert found.reason == FURTHER
    if found.further:
        assert found.further.unknown_alone == own.unknown_score
