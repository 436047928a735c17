"""Likeness of patterns of unknown compounds: which are of the same unknown type.

Two patterns of one structure type share their lines up to the lattice scale; their intensities and
axial ratios differ from compound to compound. So patterns are compared in two ways: by the cosine
of their intensities at the best lattice scale, and by the cosine of their features, as the frozen
first stages of a bundle see them. docs/tutorials/unknowns.md says how well that groups them.
"""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray, IntArray
from crystinet.model.similarity import SimilarityConfig, best_cosine, coarse


@dataclass(frozen=True)
class LikenessConfig:
    """How patterns are compared and grouped; chosen with ``benchmarks/unknowns.py``.

    Attributes
    ----------
    max_shift
        Largest difference of the lattice scale, in coarse bins of the logarithmic axis.
    feature_weight
        Weight of the features' cosine against that of the intensities.
    least
        Mean likeness of the patterns of two groups above which they are one.
    """

    max_shift: int = 100
    feature_weight: float = 0.75
    least: float = 0.3


def likeness(
    inputs: Float32Array,
    features: Float32Array,
    *,
    coarsen: int,
    config: LikenessConfig = LikenessConfig(),
) -> FloatArray:
    """Likeness of each pair of patterns, at most 1; shape (n, n), symmetric.

    Parameters
    ----------
    inputs
        Network inputs, see `LogAxis.network_input`.
    features
        Whitened features less their mean over the types, shape (n, k), see `centred_features`.
    coarsen
        As in `SimilarityConfig`.
    """
    w = config.feature_weight
    shifts = SimilarityConfig(coarsen=coarsen, max_shift=config.max_shift)
    return (1.0 - w) * intensity_cosines(inputs, config=shifts) + w * cosines(features)


def intensity_cosines(inputs: Float32Array, *, config: SimilarityConfig) -> FloatArray:
    """Cosine of the intensities of each pair at the best lattice scale, over what both measured."""
    intensity, _ = coarse(inputs, factor=config.coarsen)
    rows = [
        best_cosine(inputs[i : i + 4], intensity, config=config)[0]
        for i in range(0, len(inputs), 4)
    ]
    one_way = np.concatenate(rows)
    # The mask of the row counts: of a short and a long range, what both measured decides.
    both: FloatArray = np.maximum(one_way, one_way.T)
    return both


def cosines(features: Float32Array) -> FloatArray:
    """Cosine of each pair of feature vectors (n, k)."""
    z = features.astype(np.float64)
    z /= np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    product: FloatArray = z @ z.T
    return product


def centred_features(
    pooled: Float32Array, *, whitening: Float32Array, centroids: Float32Array
) -> Float32Array:
    """Whitened features (n, k) of patterns, relative to the mean of the known types."""
    centred: Float32Array = pooled @ whitening - centroids.mean(axis=0)
    return centred


def group_by_likeness(alike: FloatArray, *, least: float) -> IntArray:
    """Number of the group of each pattern, (n,), by average linkage; the largest group is 0."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    n = len(alike)
    if n < 2:
        return np.zeros(n, dtype=np.int64)
    distance = np.maximum(1.0 - alike, 0.0)
    np.fill_diagonal(distance, 0.0)
    found = fcluster(
        linkage(squareform(distance, checks=False), "average"), 1.0 - least, "distance"
    )
    names, first, size = np.unique(found, return_index=True, return_counts=True)
    order = np.lexsort((first, -size))
    number = {int(names[k]): i for i, k in enumerate(order)}
    return np.array([number[int(k)] for k in found], dtype=np.int64)


def representative(alike: FloatArray) -> int:
    """The pattern of a group that is most like the others; the first of equals."""
    return int(alike.sum(axis=1).argmax())
