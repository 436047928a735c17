"""Accuracy on augmented patterns of compounds that no network was trained on."""

from dataclasses import asdict, dataclass, replace

import numpy as np

from crystinet.core.arrays import BoolArray, IntArray
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
from crystinet.model.identification import Verdict
from crystinet.model.reliability import Calibration, candidate_set_size
from crystinet.model.union import Scores, Union, verdict
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
    set_coverage, set_size
        Share of the patterns whose type is in the candidate set, and its mean size.
    verdicts
        Share of the patterns called known, uncertain and unknown; ``known, correct`` is the share
        of those called known whose first candidate is right, and the last two count the patterns
        of other structures called known and unknown.
    with_elements
        The same as ``accuracy`` where the elements of the compound are given; None where the data
        set does not record them.
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
    set_coverage: float
    set_size: float
    verdicts: dict[str, float]
    with_elements: RankingAccuracy | None
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
    unknown = score_compounds(union, source, outside, rng=rng, report=report)
    calibration = union.bundle.calibration
    r = known.reliability(calibration)
    p = known.probability(calibration)
    first = r.argmax(axis=1)
    rank = rank_of_truth(r, target)
    ranked = np.take_along_axis(p, np.argsort(-r, axis=1, kind="stable"), axis=1)
    size = np.array(
        [candidate_set_size(row, set_probability=calibration.set_probability) for row in ranked]
    )
    names = [entry.name for entry in union.bundle.types]
    return SimulatedReport(
        protocol=f"{len(inside)} test compounds known experimentally, one fully augmented "
        "pattern each, 5-110 degrees, split by compound",
        dataset_sha256=dataset_sha256,
        accuracy=ranking_accuracy(rank, target),
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
        set_coverage=float((rank < size).mean()),
        set_size=float(size.mean()),
        verdicts=_verdicts(known, unknown, first == target, calibration),
        with_elements=_with_elements(union, dataset, inside, known, target),
        screening=_screen(known, unknown, calibration),
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


def _screen(known: Scores, unknown: Scores, calibration: Calibration) -> ScreeningAccuracy:
    inside, outside = known.unknown_score(calibration), unknown.unknown_score(calibration)
    return ScreeningAccuracy(
        patterns=len(outside),
        accuracy=float(0.5 * ((inside < 0.5).mean() + (outside >= 0.5).mean())),
        auroc=auroc(negatives=inside, positives=outside),
    )


def _verdicts(
    known: Scores, unknown: Scores, correct: BoolArray, calibration: Calibration
) -> dict[str, float]:
    inside, outside = (_verdicts_of(scores, calibration) for scores in (known, unknown))
    shares = {str(v): float(np.mean([found is v for found in inside])) for v in Verdict}
    sure = np.array([found is Verdict.KNOWN for found in inside])
    shares["known, correct"] = float(correct[sure].mean()) if sure.any() else float("nan")
    for v in (Verdict.KNOWN, Verdict.UNKNOWN):
        shares[f"other structures, {v}"] = float(np.mean([found is v for found in outside]))
    return shares


def _verdicts_of(scores: Scores, calibration: Calibration) -> list[Verdict]:
    first = scores.reliability(calibration).argmax(axis=1)
    p = scores.probability(calibration)[np.arange(len(first)), first]
    score = scores.unknown_score(calibration)
    return [verdict(float(u), float(v), calibration)[0] for u, v in zip(score, p, strict=True)]


def _with_elements(
    union: Union, dataset: Dataset, indices: IntArray, scores: Scores, target: IntArray
) -> RankingAccuracy | None:
    elements = [dataset.members[i].elements for i in indices]
    if not all(elements):
        return None
    hints = np.stack([union.composition_hint(each) for each in elements])
    hinted = replace(scores, log_share=scores.log_share + hints)
    r = hinted.reliability(union.bundle.calibration)
    return ranking_accuracy(rank_of_truth(r, target), target)


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
