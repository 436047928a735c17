"""Run the networks of a bundle: network inputs in, scores out."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from crystinet.model.bundle import Bundle
from crystinet.model.manifest import FEATURES
from crystinet.model.reliability import log_sigmoid, log_softmax_of_groups
from crystinet.model.scores import Scores
from crystinet.model.screening import pool
from crystinet.model.similarity import best_cosine

#: Patterns that are scored at once.
BATCH = 32
#: What is not finite makes no answer, see `crystinet.model.inference`; it needs no warnings on the
#: way there.
quiet = partial(np.errstate, over="ignore", invalid="ignore", divide="ignore")


def score_networks(bundle: Bundle, inputs: NDArray[np.float32]) -> Scores:
    """Run all nets of a bundle on network inputs (b, channels, length)."""
    with quiet():
        parts = [_score_batch(bundle, inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
    return Scores.join(parts)


def _score_batch(bundle: Bundle, inputs: NDArray[np.float32]) -> Scores:
    features = bundle.shared(inputs)[0] if bundle.has_shared else inputs
    outputs = [
        net(features if entry.input == FEATURES else inputs, first=2)
        for entry, net in zip(bundle.net_files, bundle.nets, strict=True)
    ]
    types = np.concatenate([t for t, _ in outputs], axis=1).astype(np.float64)
    confidences = np.concatenate([c for _, c in outputs], axis=1).astype(np.float64)
    sizes = np.array(list(bundle.group_sizes.values()))
    log_p = log_softmax_of_groups(types, sizes)
    log_confidence = np.repeat(log_sigmoid(confidences), sizes, axis=1)
    similarity, _ = best_cosine(
        inputs, bundle.averages, config=bundle.similarity, energy=bundle.averages_energy
    )
    distance, pooled = np.zeros_like(log_p), None
    if bundle.has_shared:
        pooled = pool(features)
        distance = bundle.feature_space.squared_distances(pooled)
    return Scores(
        log_share=log_p + log_confidence,
        similarity=similarity,
        confidence=np.exp(log_confidence),
        squared_distance=distance,
        pooled=pooled,
    )
