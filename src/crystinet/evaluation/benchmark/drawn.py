"""Simulated patterns that a bundle and its rivals are asked about, drawn as in an evaluation."""

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.progress import Progress, silent
from crystinet.core.radiation import Radiation
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import compound_key
from crystinet.evaluation.benchmark.cases import PosedPattern
from crystinet.evaluation.sampling import HeldOutCompounds, full_range_source
from crystinet.evaluation.scoring import CHUNK
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.peaks import find_peaks
from crystinet.training.scoring import BATCH


def simulated_cases(
    model: Model, dataset: Dataset, *, seed: int, patterns: int, report: Progress = silent
) -> list[PosedPattern]:
    """One fully augmented pattern of each held-out compound, those of ``crystinet evaluate``.

    Raises
    ------
    CorpusError
        The data set has no test compound of a class of the bundle.
    """
    sample = HeldOutCompounds.draw(dataset, model.bundle, seed=seed, max_patterns=patterns)
    prepared = _drawn(model, dataset, sample.inside, seed=seed, report=report)
    return [
        PosedPattern(
            pattern,
            find_peaks(pattern, noise=0.0),
            int(target),
            compound_key(composition_of(dataset.members[i].formula)),
        )
        for pattern, target, i in zip(prepared, sample.target, sample.inside, strict=True)
    ]


def _drawn(
    model: Model, dataset: Dataset, indices: IntArray, *, seed: int, report: Progress
) -> list[Pattern]:
    """Prepared patterns, from the streams of random numbers that `ScoreStore.score` draws from."""
    source, radiation = full_range_source(model.bundle, dataset), Radiation.of_anode("Cu")
    angles = source.config.grid.two_theta_deg
    found = []
    for number, start in enumerate(range(0, len(indices), CHUNK)):
        chunk = indices[start : start + CHUNK]
        rng = np.random.default_rng([seed, 24, number])
        for first in range(0, len(chunk), BATCH):
            chosen = chunk[first : first + BATCH]
            rows, masks = source.draw(chosen, impurities=rng.choice(chunk, len(chosen)), rng=rng)
            found += [
                Pattern(angles, row.astype(np.float64), radiation, mask)
                for row, mask in zip(rows, masks, strict=True)
            ]
            report("drawing patterns", len(found), len(indices))
    return found
