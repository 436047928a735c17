"""Fit and networks together: which candidate it is, and which others fit as well."""

import math
from collections.abc import Sequence

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.fit.whole_pattern.candidate import CandidateFit, free_numbers_of

#: Weights of the logarithm of the networks' probability, of the score of the fit, and of each free
#: number of the fit, fitted on fully augmented patterns of validation compounds
#: (`benchmarks/fit_held_out.py weights`).
NETWORKS, FIT, NUMBER = 1.0, 0.045, 0.026
#: A score that is worse than the best by more than this says no more than that: starts may be far
#: from the truth.
MOST = 40.0
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
        return together(before, [math.inf] * len(fits), [0] * len(fits))
    return together(before, scores, [free_numbers_of(f) for f in fits])


def together(
    probabilities: Sequence[float], scores: Sequence[float], numbers: Sequence[int]
) -> FloatArray:
    """Probabilities of candidates by networks and fit, shape (n,); they add up to what they had.

    Parameters
    ----------
    probabilities
        Of the networks, (n,).
    scores
        Of the fits, (n,), the lower the better; infinite where there is none.
    numbers
        Free numbers of the fits, (n,): of fits that are alike, the simpler one counts more. What
        has no fit is no simpler than the others.
    """
    before = np.maximum(np.array(probabilities, dtype=np.float64), _LEAST)
    fits = np.array(scores, dtype=np.float64)
    finite = np.isfinite(fits)
    best = float(fits[finite].min()) if finite.any() else 0.0
    worse = np.where(finite, np.minimum(np.where(finite, fits, 0.0) - best, MOST), MOST)
    if not finite.any():
        worse[:] = 0.0
    free = np.array(numbers, dtype=np.float64)
    free[~finite] = free[finite].max() if finite.any() else 0.0
    logarithm = NETWORKS * np.log(before) - FIT * worse - NUMBER * free
    weight = np.exp(logarithm - logarithm.max())
    found: FloatArray = weight / weight.sum() * float(np.sum(probabilities))
    return found


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
