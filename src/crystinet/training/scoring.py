"""What a model says about patterns that are drawn for it."""

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.progress import Progress, silent
from crystinet.model.inference import Model
from crystinet.model.scores import Scores
from crystinet.training.draw.source import PatternSource

#: Patterns that are drawn and scored at once.
BATCH = 64


def score_compounds(
    model: Model,
    source: PatternSource,
    indices: IntArray,
    *,
    rng: np.random.Generator,
    report: Progress = silent,
) -> Scores:
    """Scores of one augmented pattern of each compound; empty where there is none.

    Parameters
    ----------
    model
        What is asked.
    source
        Of the patterns.
    indices
        Compounds of its data set, shape (n,).
    rng
        Source of all randomness.
    report
        Told how many are scored.
    """
    parts = []
    if not len(indices):
        return Scores(*np.zeros((4, 0, len(model.scored.types))))
    for start in range(0, len(indices), BATCH):
        chosen = indices[start : start + BATCH]
        inputs = source.draw_inputs(chosen, impurities=rng.choice(indices, len(chosen)), rng=rng)
        parts.append(model.score(inputs))
        report("scoring patterns", start + len(chosen), len(indices))
    return Scores.join(parts)
