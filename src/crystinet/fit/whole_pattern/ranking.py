"""Fit and networks together: which candidate it is, and which others fit as well."""

import math
from collections.abc import Sequence

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.fit.whole_pattern.candidate import CandidateFit

#: What the logarithm of the score of a fit counts against that of the networks' probability,
#: fitted on 500 fully augmented patterns of validation compounds (`benchmarks/fit_held_out.py
#: weights`). The number of free parameters says nothing beside them there.
FIT = 1.05
#: A score that is worse than the best by more than this factor, as a logarithm, says no more than
#: that: starts may be far from the truth. A fit that is missing counts as one so much worse.
MOST = 3.0
#: Where even the best fit leaves this weighted R factor, no fit describes the pattern: a strong
#: texture, a phase more. Which of them leaves least says nothing of the type then. Chosen with
#: the measured patterns in sight.
NOTHING_FITS = 0.5
#: Fits whose scores differ by less than this are equally good, by more than the second number
#: clearly not.
AS_GOOD, BETTER = 3.0, 10.0
#: How often the sites of the right type cannot hold the formula of the sample.
CANNOT_HOLD = 0.013
_LEAST = 1e-6


def in_units_of_misfit(scores: Sequence[float], *, independent: float) -> list[float]:
    """Scores by which fits are compared, in units of what even the best of them misses.

    Where no fit describes the pattern to what is expected of profiles, differences between them
    say less.

    Parameters
    ----------
    scores
        Of the fits, (n,); infinite where there is none.
    independent
        Number of independent observations: what the best score is expected to be at most.
    """
    best = min(scores, default=math.inf)
    unit = max(1.0, best / independent) if math.isfinite(best) else 1.0
    return [score / unit for score in scores]


def weighed(
    candidates: Sequence[tuple[Sequence[str], float]],
    fits: Sequence[CandidateFit | None],
    scores: Sequence[float],
) -> FloatArray:
    """Probabilities of candidates by networks and fits together, (n,).

    Networks decide alone where no fit describes the pattern.

    Parameters
    ----------
    candidates
        Type and what is merged into it, and the probability of the networks.
    fits, scores
        Of the candidates, see `crystinet.fit.whole_pattern.comparison.fitted_candidates`.
    """
    before = [
        p * (CANNOT_HOLD if found is not None and found.contradicts else 1.0)
        for (_, p), found in zip(candidates, fits, strict=True)
    ]
    if min((found.residual for found in fits if found is not None), default=1.0) > NOTHING_FITS:
        return together(before, [math.inf] * len(fits))
    return together(before, scores)


def together(probabilities: Sequence[float], scores: Sequence[float]) -> FloatArray:
    """Probabilities of candidates by networks and fit, shape (n,); they add up to what they had.

    How many times a score is that of the best counts, not the difference: what textures and
    impurities leave is left by all fits.

    Parameters
    ----------
    probabilities
        Of the networks, (n,).
    scores
        Of the fits, (n,), the lower the better; infinite where there is none.
    """
    before = np.maximum(np.array(probabilities, dtype=np.float64), _LEAST)
    said = np.log(before) - FIT * _times_worse(scores)
    weight = np.exp(said - said.max())
    found: FloatArray = weight / weight.sum() * float(np.sum(probabilities))
    return found


def _times_worse(scores: Sequence[float]) -> FloatArray:
    """Logarithm of each score against the best, (n,); 0 for all where there is no fit."""
    fits = np.array(scores, dtype=np.float64)
    finite = np.isfinite(fits)
    if not finite.any():
        return np.zeros(len(fits))
    logarithm = np.log(np.maximum(np.where(finite, fits, 1.0), 1.0))
    worse = np.minimum(logarithm - logarithm[finite].min(), MOST)
    return np.where(finite, worse, MOST)


def as_good(scores: Sequence[float], number: int) -> list[int]:
    """Other candidates whose fits are as good as that of one, or somewhat better."""
    own = scores[number]
    if not math.isfinite(own):
        return []
    return [
        i for i, score in enumerate(scores) if i != number and own - BETTER <= score < own + AS_GOOD
    ]


def clearly_better(scores: Sequence[float], number: int) -> list[int]:
    """Other candidates whose fits are better than that of one beyond doubt."""
    own = scores[number]
    return [i for i, score in enumerate(scores) if i != number and score < own - BETTER]
