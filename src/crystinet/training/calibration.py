"""Fit the calibration of a model on patterns of validation compounds."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.progress import Progress, silent
from crystinet.corpus.splits import Split
from crystinet.model.inference import Model
from crystinet.model.reliability import Calibration, log_sigmoid, log_softmax
from crystinet.model.scores import Scores
from crystinet.model.screening import FEATURES, LOWEST_LOG
from crystinet.training.draw.source import PatternSource
from crystinet.training.groups import Groups
from crystinet.training.scoring import score_compounds

#: Share of the correct answers that may fail to be called known, and share of the patterns of known
#: types that may be called unknown; on validation compounds.
_NOT_KNOWN, _CALLED_UNKNOWN = 0.06, 0.02
#: Of the weights of the unknown score, for the mean square; with the unit of ln(C p) chosen by
#: cross-validation over the compounds.
_PENALTY, _SHARE_UNIT = 3e-4, 10.0
#: Share of the patterns in whose candidate set the right type is.
_COVERAGE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class ValidationScores:
    """Scores of patterns of validation compounds.

    Attributes
    ----------
    indices, inside, target
        Of the bundle's types: compounds, scores, and the column of the right type, (n,).
    outside
        Of other structures.
    mixtures
        Of two phases of the bundle's types in one pattern.
    """

    indices: IntArray
    inside: Scores
    target: IntArray
    outside: Scores
    mixtures: Scores


def fit_calibration(
    model: Model,
    source: PatternSource,
    groups: Groups,
    *,
    rng: np.random.Generator,
    n_patterns: int = 3_000,
    report: Progress = silent,
) -> Calibration:
    """Alpha for the best ranking, then probabilities, the unknown score and its thresholds."""
    scores = score_validation(model, source, groups, n_patterns, rng, report)
    calibration = Calibration(alpha=best_alpha(scores.inside, scores.target))
    calibration = fit_probability(scores.inside, scores.target, calibration)
    calibration = fit_unknown(scores, calibration)
    calibration = fit_thresholds(scores, calibration)
    return with_composition(
        model, source, scores.indices, scores.inside, scores.target, calibration
    )


def fit_published_calibration(
    model: Model,
    source: PatternSource,
    groups: Groups,
    *,
    alpha: float,
    r0: float,
    rng: np.random.Generator,
    n_patterns: int = 1_000,
    report: Progress = silent,
) -> Calibration:
    """The published rule with its alpha and R0, which are not fitted.

    Fitted are the probability, the candidate set and the weight of the elements, which the
    published method does not have. Known is what is above R0, and nothing is uncertain.
    """
    calibration = published_calibration(groups, alpha=alpha, r0=r0)
    indices = rng.permutation(source.dataset.select(Split.VALIDATION))[:n_patterns]
    if not len(indices):
        return calibration
    target = _columns(source, groups, indices)
    inside = score_compounds(model, source, indices, rng=rng, report=report)
    calibration = fit_probability(inside, target, calibration)
    calibration = replace(
        calibration, set_probability=_set_probability(inside, target, calibration)
    )
    return with_composition(model, source, indices, inside, target, calibration)


def published_calibration(groups: Groups, *, alpha: float, r0: float) -> Calibration:
    """The published rule before anything is fitted: the unknown score is 0.5 at R0."""
    return Calibration(
        alpha=alpha,
        winners_of=groups.sizes,
        r0=r0,
        known_below=0.5,
        unknown_above=0.5,
        certain_above=0.0,
    )


def _columns(source: PatternSource, groups: Groups, indices: IntArray) -> IntArray:
    column_of, members = groups.column_of(), source.dataset.members
    return np.array([column_of[members[i].class_number][0] for i in indices])


def with_composition(
    model: Model,
    source: PatternSource,
    indices: IntArray,
    scores: Scores,
    target: IntArray,
    calibration: Calibration,
) -> Calibration:
    """With the weight of the elements, where the data set records them."""
    elements = [source.dataset.members[i].elements for i in indices]
    if not all(elements):
        return calibration
    composition = model.bundle.composition
    likelihood = np.stack([composition.log_likelihood(each) for each in elements])
    return fit_composition_weight(scores, target, likelihood, calibration)


def score_validation(
    model: Model,
    source: PatternSource,
    groups: Groups,
    n_patterns: int,
    rng: np.random.Generator,
    report: Progress,
) -> ValidationScores:
    """Scores of patterns of validation compounds, of other structures and of mixtures."""
    dataset = source.dataset
    inside = rng.permutation(dataset.select(Split.VALIDATION))[:n_patterns]
    outside = rng.permutation(dataset.select_outside(Split.VALIDATION))[:n_patterns]
    augmentation = source.config.augmentation
    mixed = replace(augmentation, impurity_share=1.0, impurity_amount=1.0)
    mixer = PatternSource(dataset, replace(source.config, augmentation=mixed), source.axis)
    few = inside[: n_patterns // 4]
    return ValidationScores(
        indices=inside,
        inside=score_compounds(model, source, inside, rng=rng, report=report),
        target=_columns(source, groups, inside),
        outside=score_compounds(model, source, outside, rng=rng, report=report),
        mixtures=score_compounds(model, mixer, few, rng=rng, report=report),
    )


def best_alpha(scores: Scores, target: IntArray) -> float:
    """Weight of the similarity with the best mean of 1 / rank of the right type.

    The rank counts as well as the first place: a similarity that decides about nothing but the
    order of the improbable types drives the right one out of the first three. Of weights that are
    as good (5e-4) the largest.
    """
    alphas = np.linspace(0.0, 1.0, 21)
    merits = []
    for alpha in alphas:
        r = scores.reliability(Calibration(alpha=float(alpha)))
        own = r[np.arange(len(target)), target][:, None]
        merits.append((1.0 / (1 + (r > own).sum(axis=1))).mean())
    best = max(merits)
    return float(max(a for a, m in zip(alphas, merits, strict=True) if m >= best - 5e-4))


def fit_probability(scores: Scores, target: IntArray, calibration: Calibration) -> Calibration:
    """Weights of the logits of the probability with the least negative log-likelihood."""
    rows = np.arange(len(target))

    def loss(weights: FloatArray) -> float:
        logits = weights[0] * scores.log_share + weights[1] * scores.similarity
        return float(-log_softmax(logits)[rows, target].mean())

    found = minimize(loss, np.array([1.0, 1.0]), method="Nelder-Mead").x
    return replace(
        calibration,
        score_weight=round(float(found[0]), 5),
        similarity_weight=round(float(found[1]), 5),
    )


def fit_unknown(scores: ValidationScores, calibration: Calibration) -> Calibration:
    """Logistic regression of being no single phase of a known type.

    Both sides weigh the same; mixtures are a quarter of the other side, since calling one of two
    phases known is less wrong than calling a phase known that is not there. Where there are no
    other structures, or no mixtures, the rest of the other side stands for all of it.
    """
    parts = [scores.inside, scores.outside, scores.mixtures]
    features = [
        np.hstack([part.screening_features(calibration), np.maximum(part.log_share, LOWEST_LOG)])
        for part in parts
    ]
    n = len(FEATURES)
    spread = np.concatenate(features).std(axis=0)
    spread[spread < 1e-6] = 1.0  # what never changes, as the constant
    spread[n:] = _SHARE_UNIT
    sides = [x / spread for x in features]
    weight_of = _weights_of_sides([len(side) for side in sides])

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        value = _PENALTY * float((weights[1:] ** 2).sum())
        slope = 2.0 * _PENALTY * weights
        slope[0] = 0.0
        for x, weight, sign in zip(sides, weight_of, (1.0, -1.0, -1.0), strict=True):
            if len(x):
                wrong = sign * (x @ weights)
                value -= weight * float(log_sigmoid(-wrong).mean())
                slope += weight * sign * (np.exp(log_sigmoid(wrong)) @ x) / len(x)
        return value, slope

    found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread
    return replace(
        calibration,
        unknown_weights=tuple(round(float(w), 6) for w in found[:n]),
        unknown_share_weights=tuple(round(float(w), 5) for w in found[n:]),
    )


def _weights_of_sides(sizes: list[int]) -> tuple[float, float, float]:
    """Weights of patterns of the types, of other structures, and of mixtures."""
    _, outside, mixtures = sizes
    parts = (0.75 if outside else 0.0, 0.25 if mixtures else 0.0)
    total = sum(parts) or 1.0
    return 1.0, parts[0] / total, parts[1] / total


def fit_thresholds(scores: ValidationScores, calibration: Calibration) -> Calibration:
    """Where the verdicts change, and how much probability a candidate set needs."""
    inside, target = scores.inside, scores.target
    r, p = inside.reliability(calibration), inside.probability(calibration)
    unknown = inside.unknown_score(calibration)
    rows, first = np.arange(len(target)), r.argmax(axis=1)
    correct = (first == target) & (p[rows, first] > calibration.certain_above)
    # A model that is right nowhere calls nothing known.
    known_below = float(np.quantile(unknown[correct], 1.0 - _NOT_KNOWN)) if correct.any() else 0.0
    unknown_above = max(known_below, float(np.quantile(unknown, 1.0 - _CALLED_UNKNOWN)))
    return replace(
        calibration,
        known_below=round(known_below, 4),
        unknown_above=round(unknown_above, 4),
        set_probability=_set_probability(inside, target, calibration),
    )


def _set_probability(scores: Scores, target: IntArray, calibration: Calibration) -> float:
    """How much probability a candidate set needs to hold the right type often enough."""
    r, p = scores.reliability(calibration), scores.probability(calibration)
    rows = np.arange(len(target))
    ranked = np.take_along_axis(p, np.argsort(-r, axis=1, kind="stable"), axis=1)
    rank = (r > r[rows, target][:, None]).sum(axis=1)
    # The set must reach the right type: its probability is what comes before it, and a little.
    before = np.cumsum(ranked, axis=1)[rows, rank] - ranked[rows, rank]
    needed = float(np.quantile(before, _COVERAGE))
    # Where the first candidate alone is right often enough, unsure answers still get a set.
    return round(min(max(needed + 1e-4, _COVERAGE), 1.0), 4)


def fit_composition_weight(
    scores: Scores, target: IntArray, log_likelihood: FloatArray, calibration: Calibration
) -> Calibration:
    """Weight of the elements with the least negative log-likelihood.

    ``log_likelihood`` is ln p(elements | type) of each pattern's compound, (n, t).
    """
    rows = np.arange(len(target))

    def loss(weight: float) -> float:
        logits = calibration.score_weight * (scores.log_share + weight * log_likelihood)
        logits = logits + calibration.similarity_weight * scores.similarity
        return float(-log_softmax(logits)[rows, target].mean())

    weights = np.linspace(0.0, 1.5, 31)
    return replace(
        calibration, composition_weight=round(float(min(weights, key=lambda w: loss(float(w)))), 3)
    )
