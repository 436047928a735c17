"""Several candidates of one sample: all are fitted, and what is said of one knows the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.progress import Progress, silent
from crystinet.fit.whole_pattern.answer import Fit
from crystinet.fit.whole_pattern.candidate import CandidateFit, comparable_scores, last_angle_of
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.ranking import (
    as_good,
    clearly_better,
    in_units_of_misfit,
    weighed,
)
from crystinet.fit.whole_pattern.refinement import Refinement, no_line_of
from crystinet.patterns.sample import Sample


@dataclass(frozen=True, slots=True)
class RankedFit:
    """A candidate in the order of networks and fits together.

    Attributes
    ----------
    number
        Its place among those that were given, from 0.
    probability
        Of networks and fit together.
    fit
        None where no line of the type lies in the range.
    """

    number: int
    probability: float
    fit: Fit | None


def best_fit(
    refinement: Refinement,
    sample: Sample,
    candidates: Sequence[tuple[Sequence[str], float]],
    *,
    progress: Progress = silent,
) -> Fit:
    """Fit several candidates and refine the one that networks and fits together prefer.

    Parameters
    ----------
    refinement
        What fits.
    sample
        The pattern.
    candidates
        Type and what is merged into it, and the probability of the networks.
    progress
        Told what is being fitted.

    Raises
    ------
    InvalidPatternError
        No line of any candidate lies in the range.
    """
    fits, scores = fitted_candidates(refinement, sample, candidates, progress=progress)
    for i in np.argsort(-weighed(candidates, fits, scores), kind="stable").tolist():
        if (found := fits[i]) is not None:
            return _compared(refinement, sample, found, candidates, scores, i, progress=progress)
    raise no_line_of("any candidate")


def ranked_fits(
    refinement: Refinement,
    sample: Sample,
    candidates: Sequence[tuple[Sequence[str], float]],
    *,
    progress: Progress = silent,
) -> tuple[RankedFit, ...]:
    """Fit several candidates and put them in the order of networks and fits together.

    Parameters
    ----------
    refinement, sample, candidates, progress
        As for `best_fit`.
    """
    fits, scores = fitted_candidates(refinement, sample, candidates, progress=progress)
    probabilities = weighed(candidates, fits, scores)
    order = np.argsort(-probabilities, kind="stable").tolist()
    return tuple(
        RankedFit(
            i,
            float(probabilities[i]),
            None
            if (found := fits[i]) is None
            else _compared(refinement, sample, found, candidates, scores, i, progress=progress),
        )
        for i in order
    )


def fit_of_type(
    refinement: Refinement,
    sample: Sample,
    names: Sequence[str],
    *,
    rivals: Sequence[tuple[Sequence[str], float]] = (),
    progress: Progress = silent,
) -> Fit:
    """Fit the structure of a type that was asked for, and say which of others fit as well.

    A cubic parent has most lines of its distorted derivatives, and these can take any pattern of
    the parent: on its own either would be borne out.

    Parameters
    ----------
    refinement
        What fits.
    sample
        The pattern.
    names
        The type and what is merged into it.
    rivals
        Candidates that it is compared with, as those of `best_fit`.
    progress
        Told what is being fitted.

    Raises
    ------
    InvalidPatternError
        No line of the type lies in the range.
    """
    candidates = [(names, 1.0), *rivals]
    fits, scores = fitted_candidates(refinement, sample, candidates, progress=progress)
    if (found := fits[0]) is None:
        raise no_line_of(names[0])
    return _compared(refinement, sample, found, candidates, scores, 0, progress=progress)


def fitted_candidates(
    refinement: Refinement,
    sample: Sample,
    candidates: Sequence[tuple[Sequence[str], float]],
    *,
    without: IntArray | None = None,
    progress: Progress = silent,
) -> tuple[list[CandidateFit | None], list[float]]:
    """Fits of all candidates, and their scores, the lower the better.

    Parameters
    ----------
    refinement, sample, candidates, progress
        As for `best_fit`.
    without
        Numbers of compounds of the index that no fit starts from.
    """
    points = PatternPoints.of(sample)
    fits = []
    for number, (names, _) in enumerate(candidates):
        progress("fit", number, len(candidates), note=names[0])
        fits.append(refinement.candidate(sample, names, points=points, without=without))
    scores = comparable_scores(fits)
    if any(found is not None and not found.contradicts for found in fits):
        # What cannot hold the formula is no better, however well it fits.
        scores = [
            math.inf if found is not None and found.contradicts else score
            for found, score in zip(fits, scores, strict=True)
        ]
    compared = points.up_to(last_angle_of(fits) + 1e-6)
    independent = len(compared) / compared.correlated
    return fits, in_units_of_misfit(scores, independent=independent)


def _compared(
    refinement: Refinement,
    sample: Sample,
    found: CandidateFit,
    candidates: Sequence[tuple[Sequence[str], float]],
    scores: Sequence[float],
    number: int,
    *,
    progress: Progress,
) -> Fit:
    """The answer for one candidate, knowing the others."""
    return refinement.answer(
        sample,
        found,
        ambiguous_with=tuple(candidates[i][0][0] for i in as_good(scores, number)),
        better=tuple(candidates[i][0][0] for i in clearly_better(scores, number)),
        progress=progress,
    )
