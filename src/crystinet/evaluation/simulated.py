"""Accuracy on augmented patterns of compounds that no network was trained on."""

from dataclasses import asdict, dataclass, replace

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.errors import CorpusError
from crystinet.corpus.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.evaluation.metrics import (
    RankingAccuracy,
    auroc,
    calibration_error,
    rank_of_truth,
    ranking_accuracy,
)
from crystinet.model.union import Scores, Union
from crystinet.training.rendering import PatternSource, RenderingConfig, Report, score_compounds


@dataclass(frozen=True, slots=True)
class ScreeningAccuracy:
    """Known against unknown, both sides weighing the same.

    ``accuracy`` is at unknown score 0.5; ``patterns`` counts the unknown ones.
    """

    patterns: int
    accuracy: float
    auroc: float


@dataclass(frozen=True, slots=True)
class SimulatedReport:
    """All figures of one evaluation on simulated patterns.

    Attributes
    ----------
    protocol
        What the patterns were.
    dataset_sha256
        Of the file that the compounds came from.
    accuracy
        Of the union with the bundle's alpha.
    alpha, by_alpha
        The bundle's alpha, and top-1 of the union for others.
    expected_calibration_error
        Of the first candidate's probability.
    screening
        Known against unknown.
    per_class
        Class name to (patterns, top-1).
    confusions
        The most frequent (true, taken for, patterns).
    """

    protocol: str
    dataset_sha256: str
    accuracy: RankingAccuracy
    alpha: float
    by_alpha: dict[str, float]
    expected_calibration_error: float
    screening: ScreeningAccuracy
    per_class: dict[str, tuple[int, float]]
    confusions: tuple[tuple[str, str, int], ...]

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)


def evaluate_simulated(
    union: Union,
    dataset: Dataset,
    *,
    dataset_sha256: str = "",
    seed: int = 1,
    max_patterns: int = 6_000,
    report: Report = lambda stage, done, total: None,
) -> SimulatedReport:
    """Evaluate on one fully augmented pattern, 5-110 degrees, of each test compound.

    Inside are compounds of the test split known experimentally (at most ``max_patterns``);
    outside are test compounds that have none of the classes. ``dataset_sha256`` goes into the
    report.
    """
    rng = np.random.default_rng([seed, 23])
    source = _source(union, dataset)
    inside = _draw(dataset.select(Split.TEST, known_only=True), max_patterns, rng)
    column = {entry.number: i for i, entry in enumerate(union.bundle.types)}
    inside = np.array(
        [i for i in inside if dataset.members[i].class_number in column], dtype=np.int64
    )
    if not len(inside):
        raise CorpusError(
            "The data set has no test compound of a class of this bundle.",
            hint="Evaluate with the data set that the bundle was trained with.",
        )
    target = np.array([column[dataset.members[i].class_number] for i in inside])
    known = score_compounds(union, source, inside, rng=rng, report=report)
    outside = _draw(dataset.select_outside(Split.TEST), max_patterns // 3, rng)
    screening = _screen(union, source, known, outside, rng, report)
    calibration = union.bundle.calibration
    r = known.reliability(calibration)
    p = known.probability(calibration)
    first = r.argmax(axis=1)
    names = [entry.name for entry in union.bundle.types]
    return SimulatedReport(
        protocol=f"{len(inside)} test compounds known experimentally, one fully augmented "
        "pattern each, 5-110 degrees, split by compound",
        dataset_sha256=dataset_sha256,
        accuracy=ranking_accuracy(rank_of_truth(r, target), target),
        alpha=calibration.alpha,
        by_alpha={
            f"{a:.1f}": float(
                (known.reliability(replace(calibration, alpha=a)).argmax(axis=1) == target).mean()
            )
            for a in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
        },
        expected_calibration_error=calibration_error(
            p[np.arange(len(p)), first], (first == target).astype(np.float64)
        ),
        screening=screening,
        per_class=_per_class(first, target, names),
        confusions=_confusions(first, target, names),
    )


def _source(union: Union, dataset: Dataset) -> PatternSource:
    config = RenderingConfig(preprocessing=union.bundle.preprocessing, grid=union.bundle.axis.grid)
    whole = replace(config.augmentation, truncated_share=0.0)
    return PatternSource(dataset, replace(config, augmentation=whole), union.bundle.axis)


def _draw(indices: IntArray, n: int, rng: np.random.Generator) -> IntArray:
    drawn: IntArray = rng.permutation(indices)[:n]
    return drawn


def _screen(
    union: Union,
    source: PatternSource,
    known: Scores,
    indices: IntArray,
    rng: np.random.Generator,
    report: Report,
) -> ScreeningAccuracy:
    scores = score_compounds(union, source, indices, rng=rng, report=report)
    outside = scores.unknown_score(union.bundle.calibration)
    inside = known.unknown_score(union.bundle.calibration)
    return ScreeningAccuracy(
        patterns=len(indices),
        accuracy=float(0.5 * ((inside < 0.5).mean() + (outside >= 0.5).mean())),
        auroc=auroc(negatives=inside, positives=outside),
    )


def _per_class(first: IntArray, target: IntArray, names: list[str]) -> dict[str, tuple[int, float]]:
    return {
        names[c]: (int((target == c).sum()), float((first[target == c] == c).mean()))
        for c in np.unique(target)
    }


def _confusions(
    first: IntArray, target: IntArray, names: list[str], n: int = 15
) -> tuple[tuple[str, str, int], ...]:
    wrong = first != target
    pairs, counts = np.unique(
        np.stack([target[wrong], first[wrong]], axis=1), axis=0, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")[:n]
    return tuple((names[pairs[i, 0]], names[pairs[i, 1]], int(counts[i])) for i in order)
