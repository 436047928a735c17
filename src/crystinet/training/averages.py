"""Average patterns of structure types, from augmented patterns of training compounds."""

from dataclasses import replace

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray
from crystinet.core.progress import Progress, silent
from crystinet.corpus.splits import Split
from crystinet.model.similarity import SimilarityConfig, best_cosine, coarse
from crystinet.training.draw.source import PatternSource
from crystinet.training.groups import Groups

_ROUNDS = 3


def whole_range(source: PatternSource) -> PatternSource:
    """The same source with patterns of the whole 2theta range, of the compound alone."""
    whole = replace(source.config.augmentation.whole_range(), impurity_share=0.0)
    config = replace(source.config, augmentation=whole)
    return PatternSource(source.dataset, config, source.axis, device=source.device)


def average_patterns(
    source: PatternSource,
    groups: Groups,
    *,
    similarity: SimilarityConfig,
    per_class: int,
    rng: np.random.Generator,
    report: Progress = silent,
) -> FloatArray:
    """Average training pattern of each type on the coarse axis, (t, n), maximum 1.

    The types are those of ``groups``, in the order of its columns; one without a training compound
    has zeros. ``source`` should draw patterns of the whole range, see `whole_range`.
    """
    train = source.dataset.select(Split.TRAIN)
    numbers = np.array([source.dataset.members[i].class_number for i in train])
    rows = np.zeros((len(groups.columns), source.axis.length // similarity.coarsen))
    for column, number in enumerate(groups.columns):
        members = train[numbers == number]
        if len(members):
            chosen = rng.choice(members, per_class, replace=len(members) < per_class)
            inputs = source.draw_inputs(chosen, impurities=chosen, rng=rng)
            rows[column] = average_of(inputs, similarity=similarity)
        report("average patterns", column + 1, len(groups.columns))
    return rows


def average_of(inputs: Float32Array, *, similarity: SimilarityConfig) -> FloatArray:
    """Average of the patterns of one type on the coarse axis, (n,), maximum 1.

    Each of the network inputs (b, 2, n_bins) is shifted to fit the average before it is averaged
    again, since compounds of one type differ in their lattice scale; without this the lines of the
    average are smeared out.
    """
    intensity, mask = coarse(inputs, factor=similarity.coarsen)
    average = intensity.sum(axis=0) / np.maximum(mask.sum(axis=0), 1.0)
    for _ in range(_ROUNDS):
        x, m = aligned(inputs, average, similarity=similarity)
        average = x.sum(axis=0) / np.maximum(m.sum(axis=0), 1.0)
    scaled: FloatArray = (average / max(average.max(), 1e-9)).astype(np.float64)
    return scaled


def aligned(
    inputs: Float32Array, average: FloatArray, *, similarity: SimilarityConfig
) -> tuple[Float32Array, Float32Array]:
    """Intensity and mask of network inputs (b, 2, n_bins), shifted to fit an average, (b, n)."""
    intensity, mask = coarse(inputs, factor=similarity.coarsen)
    _, shift = best_cosine(inputs, average[None].astype(np.float32), config=similarity)
    place, picked = shift[:, 0] + similarity.max_shift, np.arange(len(inputs))
    length = intensity.shape[1]
    x = similarity.shifts.moved(intensity, length=length)[picked, place]
    m = similarity.shifts.moved(mask, length=length)[picked, place]
    return x, m


def similarities(averages: FloatArray, *, max_shift: int) -> FloatArray:
    """Cosine of every average pattern with every other at the best lattice scale, (t, t).

    ``averages`` (t, n) may be shifted by ``max_shift`` bins to either side; the result is
    symmetric, 0 to 1, with ones on the diagonal.
    """
    rows = averages.astype(np.float32)
    channels = np.stack([rows, np.ones_like(rows)], axis=1)
    config = SimilarityConfig(coarsen=1, max_shift=max_shift)
    cosine, _ = best_cosine(channels, rows, config=config)
    both: FloatArray = np.maximum(cosine, cosine.T)
    np.fill_diagonal(both, 1.0)
    return both
