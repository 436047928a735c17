"""Similarity of a pattern with the average pattern of each type, at the best lattice scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import Float32Array, FloatArray
from crystinet.lines.shifts import Shifts, shifted_cosines


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

    @property
    def shifts(self) -> Shifts:
        """The shifts that are tried."""
        return Shifts(-self.max_shift, self.max_shift)


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


def best_cosine(
    channels: Float32Array,
    averages: Float32Array,
    *,
    config: SimilarityConfig,
    energy: FloatArray | None = None,
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Largest cosine over shifts of the axis (mapped where so set), and the shift, each (b, t).

    A compound whose cell differs from the type's average by up to ``max_shift`` coarse bins is
    still compared line by line. Only measured bins count, for the pattern and for the average: the
    cosine of a short range is not punished for what was not measured. ``averages`` has shape
    (t, n / coarsen). A positive shift says that the pattern's lattice is larger than the average's.
    ``energy`` is that of the averages, see `crystinet.lines.shifts.energy_of`.
    """
    intensity, mask = coarse(channels, factor=config.coarsen)
    cosine = shifted_cosines(intensity, mask, averages, shifts=config.shifts, energy=energy)
    best = cosine.argmax(axis=2)  # (b, t)
    value = np.take_along_axis(cosine, best[:, :, None], axis=2)[:, :, 0]
    similarity = np.clip(value, 0.0, 1.0).astype(np.float64)
    if config.mapped:
        similarity = 0.5 + 0.5 * similarity
    return similarity, best - config.max_shift
