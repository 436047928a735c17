"""Similarity of a pattern with the average pattern of each type, at the best lattice scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class SimilarityConfig:
    """How the cosine is searched over lattice scales.

    Attributes
    ----------
    coarsen
        Bins of the network's axis that are averaged into one.
    max_shift
        Largest shift to either side, in coarse bins.
    mapped
        Whether 0.5 + 0.5 cos is meant by the similarity, as in the published method.
    """

    coarsen: int = 2
    max_shift: int = 20
    mapped: bool = False


#: The published similarity: the points of the grid as they are, no search, 0.5 to 1.
PUBLISHED_SIMILARITY = SimilarityConfig(coarsen=1, max_shift=0, mapped=True)


def coarse(channels: Float32Array, *, factor: int) -> tuple[Float32Array, Float32Array]:
    """Intensity and mask of network inputs (b, c, n) on the coarse axis, each (b, n / factor).

    An input of one channel has no mask: then everything counts as measured.
    """
    b, c, n = channels.shape
    parts = channels[:, :, : n - n % factor].reshape(b, c, -1, factor)
    mask = np.ones((b, parts.shape[2]), dtype=np.float32)
    if c > 1:
        mask = (parts[:, 1].min(axis=-1) > 0.5).astype(np.float32)
    return (parts[:, 0].mean(axis=-1) * mask).astype(np.float32), mask


def shifted(rows: Float32Array, *, max_shift: int) -> Float32Array:
    """Copies of rows (b, n) shifted by -max_shift..max_shift: (b, 2 max_shift + 1, n)."""
    b, n = rows.shape
    padded = np.pad(rows, ((0, 0), (max_shift, max_shift)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, n, axis=1)
    return np.ascontiguousarray(windows).reshape(b, 2 * max_shift + 1, n)


def best_cosine(
    channels: Float32Array, averages: Float32Array, *, config: SimilarityConfig
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Largest cosine over shifts of the axis (mapped where so set), and the shift, each (b, t).

    A shift of the logarithmic axis is a change of the lattice scale, so a compound whose cell
    differs from the type's average by up to ``max_shift`` coarse bins is still compared line by
    line. Only measured bins count, for the pattern and for the average: the cosine of a short
    range is not punished for what was not measured. ``averages`` has shape (t, n / coarsen).
    """
    intensity, mask = coarse(channels, factor=config.coarsen)
    x = shifted(intensity, max_shift=config.max_shift)
    m = shifted(mask, max_shift=config.max_shift)
    dot = x @ averages.T  # (b, s, t)
    norm = np.sqrt((x * x).sum(axis=2, keepdims=True) * (m @ (averages * averages).T))
    cosine = np.divide(dot, norm, out=np.zeros_like(dot), where=norm > 1e-9)
    best = cosine.argmax(axis=1)  # (b, t)
    value = np.take_along_axis(cosine, best[:, None, :], axis=1)[:, 0, :]
    similarity = np.clip(value, 0.0, 1.0).astype(np.float64)
    if config.mapped:
        similarity = 0.5 + 0.5 * similarity
    return similarity, best - config.max_shift
