"""Two bundles with one answer: the default one, and the one with many types beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_model
from crystinet.core.errors import BundleError
from crystinet.crystals.catalogue import find_type
from crystinet.model.bundle_files import bundle_folder, load_bundle
from crystinet.model.identification import Verdict
from crystinet.model.inference import Model
from crystinet.model.joint import JOINT, Partner, joint_of
from crystinet.patterns.pattern import Pattern


def pattern_of(name: str, seed: int = 1) -> Pattern:
    reference = find_type(name).reference
    assert reference is not None
    return crystinet.simulate(reference, counts=20_000, seed=seed)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def test_default_bundle_answers_together_with_the_one_of_many_types(model: Model) -> None:
    assert model.partner is not None
    assert model.partner.joint.first == model.bundle.id
    assert len(model.scored.types) > len(model.bundle.types)
    assert model.id != model.bundle.id == model.alone.id


@pytest.mark.parametrize("name", ["Quartz-alpha", "Anatase-TiO2", "Senarmontite-Sb2O3(cF80)"])
def test_further_type_is_named_beside_an_unknown_answer(name: str) -> None:
    found = crystinet.identify(pattern_of(name), beyond=False)
    assert found.verdict is Verdict.UNKNOWN
    assert found.further is not None
    assert found.further.known
    assert found.further.types[0].type == name
    assert name in found.sentence
    document = found.to_dict()["further"]
    assert document["known"] is True
    assert document["types"][0]["type"] == name


@pytest.mark.parametrize("name", ["NaCl", "Rutile-TiO2", "Spinel-Al2MgO4"])
def test_type_of_the_bundle_stays_known(name: str) -> None:
    found = crystinet.identify(pattern_of(name))
    assert (found.verdict, found.candidates[0].type) == (Verdict.KNOWN, name)
    assert found.further is not None
    assert not found.further.known
    assert sum(c.probability for c in found.candidates) == pytest.approx(1.0)


@pytest.mark.parametrize("name", [f"default@{load_bundle().id[:12]}", "published"])
def test_bundle_that_is_named_for_good_answers_alone(name: str) -> None:
    alone = load_model(name)
    assert alone.partner is None
    sample = alone.sample(pattern_of("Quartz-alpha"))
    (found,) = alone.identify([sample])
    assert found.further is None
    (same,) = Model(load_bundle()).identify([sample])
    assert replace(found, elapsed_s=0.0) == replace(same, elapsed_s=0.0)


def test_elements_turn_the_answer_to_a_further_type() -> None:
    pattern = pattern_of("Diamond-C")
    found = crystinet.identify(pattern, elements=["Si"], beyond=False)
    assert found.verdict is not Verdict.KNOWN
    assert found.further is not None
    assert found.further.types[0].type == "Diamond-C"


def test_both_bundles_rank_the_same_types_alike(model: Model) -> None:
    """The answers about few and about many types are one: the first is a part of the second."""
    wide = load_model("wide")
    inputs = model.network_input([model.sample(pattern_of(n)).prepared for n in ("NaCl", "FeB")])
    few, many = model.score(inputs), wide.score(inputs)
    n = len(model.bundle.types)
    of_all = many.probability(wide.calibration)[:, :n]
    expected = of_all / of_all.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(few.probability(model.calibration), expected, rtol=1e-9)


def test_bundles_that_do_not_belong_together_are_refused(model: Model) -> None:
    assert model.partner is not None
    stranger = replace(model.partner.joint, first="0" * 64)
    with pytest.raises(BundleError, match="cannot answer together"):
        Model(model.bundle, Partner(stranger, model.partner.bundle, has_more=True))


@pytest.mark.parametrize("text", [b"{}", b"[1, 2", b'{"first": 3}'])
def test_damaged_joint_is_refused(text: bytes) -> None:
    wide = load_bundle(bundle_folder(Path("wide")))
    with pytest.raises(BundleError, match="damaged"):
        joint_of(wide.changed(files={**wide.files, JOINT: text}))


def test_doubtful_pattern_has_no_known_further_type() -> None:
    pattern = pattern_of("Quartz-alpha")
    keep = np.abs(pattern.two_theta_deg - 26.6) < 0.6
    one = replace(pattern, intensity=np.where(keep, pattern.intensity, 1.0))
    found = crystinet.identify(one, beyond=False)
    assert found.verdict is not Verdict.KNOWN
    assert found.further is None or not found.further.known
