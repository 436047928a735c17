"""Where no type stands out, fits of the first candidates help to say which comes first.

Networks propose several types that look alike: parents and derivatives, distortions, one lattice
with more or fewer atoms. Lattice and atoms of each, fitted to the whole pattern, tell many of them
apart. The verdict stays what it is, and what stands out is left alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.model.candidate import Candidate
from crystinet.model.identification import Identification, Verdict
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.fit.whole_pattern.composition import Composition
    from crystinet.fit.whole_pattern.refinement import Refinement

#: So many candidates are fitted, at most ...
MOST_FITTED = 3
#: ... of those whose probability is this part of the first one's: `fit.whole_pattern.ranking` gives
#: a fit too little weight to bring any other to the front.
LEAST_OF_FIRST = 0.03


def decided(
    sample: Sample,
    found: Identification,
    refinement: "Refinement",
    *,
    known: "Composition | None" = None,
    without: IntArray | None = None,
) -> Identification:
    """An uncertain answer with its first candidates in the order of networks and fits together.

    Parameters
    ----------
    sample
        Prepared for the model.
    found
        Any answer; it comes back unchanged where nothing is close.
    refinement
        Fits candidates.
    known
        What is known of the composition.
    without
        Numbers of compounds of the index that no fit starts from.
    """
    close = closest(found)
    if len(close) < 2:
        return found
    candidates = [((each.type, *each.merged), each.probability) for each in close]
    fits, scores = refinement.knowing(known).fitted(sample, candidates, without=without)
    probabilities = refinement.weighed(candidates, fits, scores)
    order = np.argsort(-probabilities, kind="stable").tolist()
    return with_first(found, order, probabilities[order])


def closest(found: Identification) -> tuple[Candidate, ...]:
    """Candidates that fits decide between: the first ones of an uncertain answer, or none."""
    named = found.further is not None and found.further.known
    if found.verdict is not Verdict.UNCERTAIN or named:
        return ()
    least = LEAST_OF_FIRST * found.candidates[0].probability
    first = found.candidates[:MOST_FITTED]
    return tuple(takewhile(lambda each: each.probability >= least, first))


def with_first(
    found: Identification, order: Sequence[int], probabilities: FloatArray | Sequence[float]
) -> Identification:
    """An answer with its first candidates in another order.

    Parameters
    ----------
    found
        The answer.
    order, probabilities
        Places, from 0, of the first candidates, and their probabilities, in the new order.
    """
    first = tuple(
        replace(found.candidates[place], probability=float(probability))
        for place, probability in zip(order, probabilities, strict=True)
    )
    return replace(found, candidates=(*first, *found.candidates[len(first) :]))
