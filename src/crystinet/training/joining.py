"""Join a bundle with many types to one that knows the first of them better."""

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.progress import Progress, silent
from crystinet.model.bundle import Bundle
from crystinet.model.inference import Model
from crystinet.model.joint import JOINT, Joint, Thresholds
from crystinet.model.networks import score_networks
from crystinet.model.reliability import Calibration, log_softmax
from crystinet.model.scores import Narrowed, Scores
from crystinet.training.calibration import (
    ValidationScores,
    best_alpha,
    fit_probability,
    fit_thresholds,
    fit_unknown,
    score_validation,
    with_composition,
)
from crystinet.training.draw.source import PatternSource
from crystinet.training.groups import Groups

# Patterns that the weight of the first bundle is fitted on.
_ROWS = 2_000
# Weights of other types, other structures and mixtures against the types of the first bundle.
_SHARES = (0.4, 0.4, 0.2)


class _Both(Model):
    """A bundle, with the scores that another one has for the same patterns kept aside."""

    def __init__(self, bundle: Bundle, other: Bundle) -> None:
        super().__init__(bundle)
        self._other = other
        self.heard: list[Scores] = []

    def score(self, inputs: NDArray[np.float32]) -> Scores:
        self.heard.append(score_networks(self._other, inputs))
        return super().score(inputs)


def join_bundles(
    first: Bundle,
    second: Bundle,
    source: PatternSource,
    groups: Groups,
    *,
    rng: np.random.Generator,
    n_patterns: int = 3_000,
    report: Progress = silent,
) -> Bundle:
    """The second bundle, joined to the first one.

    Parameters
    ----------
    first, second
        The types of the first are the first ones of the second.
    source, groups
        Of patterns of the validation compounds of the second bundle's types, and these.
    rng
        Source of all randomness.
    n_patterns
        Of the second bundle's types, and as many others at most.

    Raises
    ------
    BundleError
        The bundles cannot answer together.
    """
    both = _Both(second, first)
    of_second = score_validation(both, source, groups, n_patterns, rng, report)
    of_first = _parts(both.heard, of_second)
    weight, offset = _mean_of(of_first[0], of_second.inside, of_second.target)
    joint = _joint(first.id, weight, offset)
    scores = replace(
        of_second,
        inside=joint.scores(of_first[0], of_second.inside),
        outside=joint.scores(of_first[1], of_second.outside),
        mixtures=joint.scores(of_first[2], of_second.mixtures),
    )
    calibration = Calibration(alpha=best_alpha(scores.inside, scores.target))
    calibration = fit_probability(scores.inside, scores.target, calibration)
    calibration = fit_unknown(scores, calibration)
    calibration = fit_thresholds(scores, calibration)
    calibration = with_composition(
        both, source, scores.indices, scores.inside, scores.target, calibration
    )
    joint = _for_first(replace(joint, calibration=calibration), scores, of_first, first)
    return second.changed(files={**second.files, JOINT: joint.to_bytes()})


def _parts(heard: list[Scores], like: ValidationScores) -> tuple[Scores, Scores, Scores]:
    """What was heard, cut into patterns of the types, of other structures, and mixtures."""
    whole = Scores.join(heard)
    sizes = [len(each.log_share) for each in (like.inside, like.outside, like.mixtures)]
    ends = np.cumsum(sizes)
    one, two, three = (
        Scores(*(array[end - size : end] for array in whole.arrays))
        for size, end in zip(sizes, ends, strict=True)
    )
    return one, two, three


def _mean_of(first: Scores, second: Scores, target: IntArray) -> tuple[float, float]:
    """Weight and offset of the first bundle with the least negative log-likelihood."""
    rows = np.arange(min(len(target), _ROWS))
    first, second = (Scores(*(a[rows] for a in each.arrays)) for each in (first, second))

    def loss(tried: FloatArray) -> float:
        weight, offset, of_score, of_similarity = tried
        if not 0.0 <= weight <= 1.0:
            return np.inf
        scores = _joint("", weight, offset).scores(first, second)
        logits = of_score * scores.log_share + of_similarity * scores.similarity
        return float(-log_softmax(logits)[rows, target[rows]].mean())

    found = minimize(loss, np.array([0.5, 0.0, 1.0, 0.5]), method="Nelder-Mead").x
    return round(float(found[0]), 3), round(float(found[1]), 3)


def _joint(first: str, weight: float, offset: float) -> Joint:
    """A joint of which nothing else is fitted yet."""
    nothing = Thresholds(0.0, 0.0, 0.0, 0.0)
    return Joint(first, weight, offset, Calibration(), (0.0, 0.0, 0.0, 1.0), nothing)


def _for_first(
    joint: Joint,
    scores: ValidationScores,
    alone: tuple[Scores, Scores, Scores],
    first: Bundle,
) -> Joint:
    """With what answers about the types of the first bundle need.

    Parameters
    ----------
    joint, scores
        Fitted for all types, and the joined scores.
    alone
        Scores of the first bundle for patterns of the types, of other structures, and mixtures.
    first
        This bundle.
    """
    n = len(first.types)
    own = scores.target < n
    unknown = [each.unknown_score(first.calibration) for each in alone]
    asked = Narrowed(n, np.zeros(0), joint.unknown_weights)

    def narrowed(whole: Scores, alone: FloatArray, rows: BoolArray) -> Scores:
        arrays = (array[rows] for array in whole.arrays)
        return Scores(*arrays, asked=replace(asked, unknown_alone=alone[rows]))

    every = np.ones(len(unknown[1]), dtype=np.bool_), np.ones(len(unknown[2]), dtype=np.bool_)
    inside = narrowed(scores.inside, unknown[0], own)
    others = [
        narrowed(scores.inside, unknown[0], ~own),
        narrowed(scores.outside, unknown[1], every[0]),
        narrowed(scores.mixtures, unknown[2], every[1]),
    ]
    asked = replace(asked, weights=_unknown_weights(inside, others, joint.calibration))
    inside = narrowed(scores.inside, unknown[0], own)
    found = fit_thresholds(
        replace(scores, inside=inside, target=scores.target[own]), joint.calibration
    )
    names = [each.name for each in fields(Thresholds)]
    return replace(
        joint,
        unknown_weights=asked.weights,
        of_first=Thresholds(**{name: getattr(found, name) for name in names}),
    )


def _unknown_weights(
    inside: Scores, others: list[Scores], calibration: Calibration
) -> tuple[float, ...]:
    """Weights of the unknown score of some types: both sides weigh the same."""
    parts = [each.logits_of_asked(calibration) for each in (inside, *others)]
    share = [1.0, *(_SHARES[i] for i in range(len(others)))]

    def loss(weights: FloatArray) -> float:
        value = 1e-4 * float((weights**2).sum())
        for number, (x, weight) in enumerate(zip(parts, share, strict=True)):
            if len(x):
                logit = weights[0] + x @ weights[1:]
                value += weight * float(np.logaddexp(0.0, logit if number == 0 else -logit).mean())
        return value

    found = minimize(loss, np.array([0.0, 0.3, 0.3, 0.3]), method="L-BFGS-B").x
    return tuple(round(float(each), 4) for each in found)
