"""All scores that the figures of a report are made from, computed once."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.errors import BundleError
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.evaluation.sampling import full_range_source, training_twins
from crystinet.evaluation.scoring import ScoreStore
from crystinet.evaluation.simulated import SimulatedScores, score_simulated
from crystinet.model.inference import Model
from crystinet.model.scores import Scores

#: Ends of the 2theta ranges whose accuracy is measured, degrees.
UPPER_ENDS = (50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 110.0)
LOWER_ENDS = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0)

#: Each range is judged on this part of the patterns that a study may have at most.
RANGE_PART = 6


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """New patterns of training compounds, to compare with those of test compounds.

    Attributes
    ----------
    places
        Rows (m,) of the test compounds whose class has training compounds.
    scores
        Of one new pattern of a training compound of the same class for each, (m, t).
    """

    places: IntArray
    scores: Scores


@dataclass(frozen=True, slots=True, eq=False)
class RangeScores:
    """Scores where only a part of 2theta was measured; the compounds are the sample's first."""

    start_deg: float
    stop_deg: float
    scores: Scores


@dataclass(frozen=True, slots=True, eq=False)
class PatternSplit:
    """The same patterns as the study's, scored by a bundle trained on a split by pattern.

    Attributes
    ----------
    model
        That bundle.
    inside, twins
        Its scores of the test compounds, which it has seen in training, and of the twins.
    """

    model: Model
    inside: Scores
    twins: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Scores of one bundle on one data set, and what they are scores of."""

    model: Model
    dataset: Dataset
    dataset_sha256: str
    seed: int
    simulated: SimulatedScores
    twins: Twins
    ranges: tuple[RangeScores, ...]
    pattern_split: PatternSplit | None


def run_study(
    model: Model,
    dataset: Dataset,
    *,
    dataset_sha256: str,
    store: ScoreStore,
    seed: int = 1,
    max_patterns: int = 6_000,
    pattern_split: Model | None = None,
    report: Progress = silent,
) -> Study:
    """Score everything; what ``store`` holds already is not computed again.

    Parameters
    ----------
    model, dataset, dataset_sha256
        The bundle, the data set and the SHA-256 of its file.
    store
        Where scores are kept.
    seed, max_patterns
        As in `score_simulated`.
    pattern_split
        A bundle of the same types, trained on a data set split pattern by pattern.
    report
        Called as ``report(stage, done, total)``.

    Raises
    ------
    CorpusError
        The data set has no test compound of a class of the bundle.
    BundleError
        ``pattern_split`` has other types or another axis.
    """
    if pattern_split is not None:
        _check_comparable(model, pattern_split)
    source = full_range_source(model.bundle, dataset)
    simulated = score_simulated(
        model,
        dataset,
        seed=seed,
        max_patterns=max_patterns,
        source=source,
        store=store,
        report=report,
    )
    inside = simulated.sample.inside
    places, twins = training_twins(dataset, inside, rng=np.random.default_rng([seed, 26]))
    score = partial(store.score, report=report)
    few = inside[: max(1, max_patterns // RANGE_PART)]
    return Study(
        model=model,
        dataset=dataset,
        dataset_sha256=dataset_sha256,
        seed=seed,
        simulated=simulated,
        twins=Twins(places, score("training compounds", model, source, twins, seed=(seed, 27))),
        ranges=tuple(
            RangeScores(
                start,
                stop,
                # The same stream for all ranges: they differ by the range alone.
                score(
                    f"{start:g}-{stop:g} degrees",
                    model,
                    source.cut(start, stop),
                    few,
                    seed=(seed, 28),
                ),
            )
            for start, stop in ranges_of(model.bundle.axis.grid)
        ),
        pattern_split=None
        if pattern_split is None
        else _score_split(pattern_split, dataset, inside, twins, store, seed, report),
    )


def _score_split(
    model: Model,
    dataset: Dataset,
    inside: IntArray,
    twins: IntArray,
    store: ScoreStore,
    seed: int,
    report: Progress,
) -> PatternSplit:
    source = full_range_source(model.bundle, dataset)
    score = partial(store.score, model=model, source=source, report=report)
    return PatternSplit(
        model=model,
        inside=score("test compounds, split by pattern", indices=inside, seed=(seed, 24)),
        twins=score("training compounds, split by pattern", indices=twins, seed=(seed, 27)),
    )


def ranges_of(grid: TwoThetaGrid) -> tuple[tuple[float, float], ...]:
    """The whole range of a grid, then shorter ones from its start and to its end, degrees."""
    first, last = round(grid.start_deg, 6), round(grid.stop_deg + grid.step_deg / 2.0, 1)
    upper = [(first, stop) for stop in UPPER_ENDS if first + 10.0 <= stop < last]
    lower = [(start, last) for start in LOWER_ENDS if first < start <= last - 10.0]
    return ((first, last), *upper, *lower)


def _check_comparable(model: Model, other: Model) -> None:
    mine, theirs = ([entry.number for entry in each.bundle.types] for each in (model, other))
    if mine != theirs:
        raise BundleError(
            "The bundle trained on a split by pattern has other types than the one judged.",
            hint="Train both with the same types, in the same groups.",
        )
