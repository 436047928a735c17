"""Fit the calibration of a union on patterns of validation compounds."""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.corpus.splits import Split
from crystinet.model.reliability import (
    Calibration,
    log_sigmoid,
    log_softmax,
    unknown_features,
)
from crystinet.model.union import Scores, Union
from crystinet.training.groups import Groups
from crystinet.training.rendering import PatternSource, Report, score_compounds


def fit_calibration(
    union: Union,
    source: PatternSource,
    groups: Groups,
    *,
    rng: np.random.Generator,
    n_patterns: int = 3_000,
    report: Report = lambda stage, done, total: None,
) -> Calibration:
    """Alpha for the best top-1, then probabilities, then the unknown score."""
    dataset = source.dataset
    inside = rng.permutation(dataset.select(Split.VALIDATION))[:n_patterns]
    outside = rng.permutation(dataset.select_outside(Split.VALIDATION))[: n_patterns // 2]
    known = score_compounds(union, source, inside, rng=rng, report=report)
    unknown = score_compounds(union, source, outside, rng=rng, report=report)
    column_of = groups.column_of()
    target = np.array([column_of[dataset.members[i].class_number][0] for i in inside])
    calibration = Calibration(alpha=best_alpha(known, target))
    calibration = fit_probability(known, target, calibration)
    return fit_unknown(known, unknown, calibration)


def best_alpha(scores: Scores, target: IntArray) -> float:
    """Weight of the similarity with the most correct first candidates; the largest of equals."""
    alphas = np.linspace(0.0, 1.0, 21)
    hits = [
        (scores.reliability(Calibration(alpha=float(a))).argmax(axis=1) == target).mean()
        for a in alphas
    ]
    best = max(hits)
    return float(max(a for a, hit in zip(alphas, hits, strict=True) if hit >= best - 5e-4))


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


def fit_unknown(known: Scores, unknown: Scores, calibration: Calibration) -> Calibration:
    """Logistic regression of being outside the known types, both sides weighing the same."""
    features = [
        unknown_features(
            log_share=s.log_share,
            similarity=s.similarity,
            ranking_score=s.reliability(calibration),
        )
        for s in (known, unknown)
    ]

    def loss(weights: FloatArray) -> float:
        inside = -log_sigmoid(-(features[0] @ weights)).mean()
        outside = -log_sigmoid(features[1] @ weights).mean()
        return float(inside + outside + 1e-3 * (weights**2).sum())

    found = minimize(loss, np.zeros(4), method="BFGS").x
    a, b, c, d = (round(float(w), 5) for w in found)
    return replace(calibration, unknown_weights=(a, b, c, d))
