"""Is the compound of a type that the bundle knows at all? Features for the unknown score.

Confidence alone is not enough: a net may be sure of a pattern that is far from everything it was
trained on. So the score also looks at how far the pattern's features are from those of the types
(Mahalanobis distance with one covariance for all types: Lee et al., NeurIPS 31 (2018) 7167), at the
evidence for all types together (the free energy of Liu et al., NeurIPS 33 (2020) 21464), and at
what the average pattern of the best type leaves unexplained.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray, IntArray

#: What `screening_features` returns, in order.
FEATURES = (
    "constant",
    "best share",
    "all shares",
    "margin",
    "entropy",
    "best confidence",
    "second confidence",
    "similarity",
    "distance to the best type",
    "distance to the nearest type",
)

#: Logarithms of shares and confidences below this say no more.
LOWEST_LOG = -15.0


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Where the types lie in the space of the shared features.

    Attributes
    ----------
    whitening
        Shape (f, k): makes the features' covariance inside a type the unit matrix.
    centroids
        Whitened mean features of each type, shape (t, k).
    """

    whitening: Float32Array
    centroids: Float32Array

    @cached_property
    def _squares(self) -> Float32Array:
        """Of the distances of the centroids from the origin, (t,)."""
        squares: Float32Array = (self.centroids**2).sum(axis=1)
        return squares

    def squared_distances(self, pooled: Float32Array) -> FloatArray:
        """Squared Mahalanobis distance of pooled features (b, f) from every type, (b, t)."""
        z = pooled @ self.whitening
        squares = (z**2).sum(axis=1)[:, None] + self._squares
        distances: FloatArray = np.maximum(squares - 2.0 * z @ self.centroids.T, 1e-6)
        return distances.astype(np.float64)

    @classmethod
    def fit(cls, pooled: Float32Array, types: IntArray, *, n_types: int) -> "FeatureSpace":
        """Means and the common covariance of pooled features (n, f) of patterns of known types.

        A type with few patterns is drawn towards the mean of all, and the covariance towards a
        multiple of the unit matrix by a twentieth, so that neither follows single patterns.
        """
        x = pooled.astype(np.float64)
        count = np.bincount(types, minlength=n_types)[:, None]
        sums = np.zeros((n_types, x.shape[1]))
        np.add.at(sums, types, x)
        means = (sums + 0.5 * x.mean(axis=0)) / (count + 0.5)
        rest = x - means[types]
        covariance = rest.T @ rest / len(x)
        covariance += 0.05 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        values, vectors = np.linalg.eigh(covariance)
        whitening = vectors / np.sqrt(values)
        return cls(whitening.astype(np.float32), (means @ whitening).astype(np.float32))


def pool(features: Float32Array) -> Float32Array:
    """Mean and maximum over the axis of shared features (b, c, 1, n), shape (b, 2 c)."""
    return np.concatenate([features.mean(axis=(2, 3)), features.max(axis=(2, 3))], axis=1)


def screening_features(
    *,
    log_share: FloatArray,
    similarity: FloatArray,
    log_confidence: FloatArray,
    squared_distance: FloatArray,
    best: IntArray,
) -> FloatArray:
    """What the unknown score is made of, (b, f): see `FEATURES`.

    Parameters
    ----------
    log_share, similarity, squared_distance
        Of every type, shape (b, t).
    log_confidence
        ln C of every net, shape (b, m).
    best
        Column of the first candidate, shape (b,).
    """
    rows = np.arange(len(best))
    ordered = np.sort(log_share, axis=1)
    confidence = np.sort(log_confidence, axis=1)
    total = np.logaddexp.reduce(log_share, axis=1)
    share = log_share - total[:, None]
    second = confidence[:, -2] if confidence.shape[1] > 1 else np.full(len(best), LOWEST_LOG)
    runner_up = ordered[:, -2] if ordered.shape[1] > 1 else np.full(len(best), LOWEST_LOG)
    return np.stack(
        [
            np.ones(len(best)),
            np.maximum(log_share[rows, best], LOWEST_LOG),
            np.maximum(total, LOWEST_LOG),
            np.minimum(ordered[:, -1] - runner_up, -LOWEST_LOG),
            -(np.exp(share) * share).sum(axis=1),
            np.maximum(confidence[:, -1], LOWEST_LOG),
            np.maximum(second, LOWEST_LOG),
            similarity[rows, best],
            np.log(squared_distance[rows, best]),
            np.log(squared_distance.min(axis=1)),
        ],
        axis=1,
    )
