"""The whole model, with the bundle of the package, on patterns made here."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import ConfigError, InvalidPatternError
from crystinet.core.radiation import Radiation
from crystinet.model.bundle_files import load_bundle
from crystinet.model.identification import Identification, Verdict
from crystinet.model.inference import Model
from crystinet.model.networks import BATCH
from crystinet.model.reliability import Calibration
from crystinet.model.scores import Scores
from crystinet.model.verdicts import verdict
from crystinet.patterns import Pattern, PreprocessingConfig
from crystinet.patterns.sample import Sample

MODEL = Model(load_bundle())
COPPER = Radiation.of_anode("Cu")
SALT = (
    (27.4, 11),
    (31.7, 100),
    (45.5, 60),
    (54.0, 2),
    (56.5, 16),
    (66.3, 7),
    (75.4, 12),
    (84.1, 8),
)


def salt(*, scale: float = 1.0, seed: int = 0, stop_deg: float = 90.0) -> Pattern:
    """Sodium chloride in Cu K-alpha as a counter sees it."""
    x = np.arange(20.0, stop_deg, 0.02)
    y = np.full(len(x), 30.0)
    for centre, height in SALT:
        y += 20.0 * height * np.exp(-(((x - centre) / 0.08) ** 2))
    counts = np.random.default_rng(seed).poisson(y)
    return Pattern(x, scale * counts, COPPER, name=f"salt-{seed}")


def identify(*patterns: Pattern, top: int | None = None) -> list[Identification]:
    return MODEL.identify([MODEL.sample(pattern) for pattern in patterns], top=top)


def test_the_ranking_is_whole_ordered_and_normalised() -> None:
    (found,) = identify(salt())
    names = [c.type for c in found.candidates]
    assert sorted(names) == sorted(entry.name for entry in MODEL.bundle.types)
    ranking = [c.reliability for c in found.candidates]
    assert ranking == sorted(ranking, reverse=True)
    assert sum(c.probability for c in found.candidates) == pytest.approx(1.0)
    for c in found.candidates:
        for score in (c.reliability, c.probability, c.similarity, c.confidence):
            assert 0.0 <= score <= 1.0


def test_sodium_chloride_is_sodium_chloride() -> None:
    (found,) = identify(salt())
    assert found.candidates[0].type == "NaCl"
    assert found.model_id == MODEL.bundle.id
    assert found.two_theta_range == (20.0, pytest.approx(89.98))
    assert found.name == "salt-0"


@settings(deadline=None, max_examples=15)
@given(exponent=st.floats(-290.0, 90.0))
def test_the_scale_of_the_intensity_does_not_matter(exponent: float) -> None:
    (plain,), (scaled,) = identify(salt()), identify(salt(scale=10.0**exponent))
    assert scaled.verdict == plain.verdict
    assert scaled.candidates[0].type == plain.candidates[0].type
    assert scaled.unknown_score == pytest.approx(plain.unknown_score, abs=1e-3)


def test_a_batch_gives_the_answers_of_its_patterns() -> None:
    patterns = [salt(seed=seed, stop_deg=60.0 + seed % 30) for seed in range(BATCH + 3)]
    together = identify(*patterns)
    assert [found.name for found in together] == [pattern.name for pattern in patterns]
    for i in (0, BATCH - 1, BATCH, BATCH + 2):
        (alone,) = identify(patterns[i])
        assert together[i].unknown_score == pytest.approx(alone.unknown_score, abs=1e-4)
        assert [c.type for c in together[i].candidates[:3]] == [
            c.type for c in alone.candidates[:3]
        ]


def test_no_pattern_no_answer() -> None:
    assert MODEL.identify([]) == []


def test_top_limits_the_ranking_only() -> None:
    (whole,), (first,) = identify(salt()), identify(salt(), top=3)
    assert first.candidates == whole.candidates[:3]
    assert first.verdict == whole.verdict


@pytest.mark.parametrize("top", [0, -1, 1.5, "3", True])
def test_top_must_be_a_count(top: object) -> None:
    with pytest.raises(ConfigError, match=r"^top is "):
        identify(salt(), top=top)  # type: ignore[arg-type]


def test_an_impossible_pattern_is_refused_by_name_of_the_fault() -> None:
    x = np.arange(20.0, 80.0, 0.02)
    with pytest.raises(InvalidPatternError, match="no signal"):
        identify(Pattern(x, np.zeros(len(x)), COPPER))


def test_a_sample_of_another_model_is_refused() -> None:
    other = Sample.of(salt(), config=PreprocessingConfig(smoothing_window_deg=0.3))
    with pytest.raises(ConfigError, match="salt-0' was prepared for another model"):
        MODEL.identify([other])


LIMITS = Calibration(known_below=0.3, unknown_above=0.6, certain_above=0.5)


@pytest.mark.parametrize(
    ("unknown", "probability", "expected"),
    [
        (0.1, 0.9, Verdict.KNOWN),
        (0.1, 0.4, Verdict.UNCERTAIN),
        (0.4, 0.9, Verdict.UNCERTAIN),
        (0.7, 0.9, Verdict.UNKNOWN),
        (0.7, 0.1, Verdict.UNKNOWN),
        (float("nan"), 0.9, Verdict.UNCERTAIN),
    ],
)
def test_the_verdict_needs_both_scores(
    unknown: float, probability: float, expected: Verdict
) -> None:
    assert verdict(unknown, probability, LIMITS)[0] is expected


def test_a_hint_moves_shares_between_types_and_keeps_their_sum() -> None:
    share = np.array([[0.5, 0.3, 0.001], [0.1, 0.1, 0.2]])
    zeros = np.zeros_like(share)
    scores = Scores(np.log(share), zeros, zeros, zeros)
    hinted = np.exp(scores.with_hint(np.array([-3.0, 0.0, -1.0])).log_share)
    np.testing.assert_allclose(hinted.sum(axis=1), share.sum(axis=1))
    assert hinted[0].argmax() == 1
    np.testing.assert_allclose(hinted[0, 1] / hinted[0, 0], 0.6 * np.exp(3.0))
    np.testing.assert_allclose(scores.with_hint(np.zeros(3)).log_share, scores.log_share)
