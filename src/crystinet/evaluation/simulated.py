"""Accuracy on augmented patterns of compounds that no network was trained on."""

from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.evaluation.metrics import (
    RankingAccuracy,
    auroc,
    calibration_error,
    rank_of_truth,
    ranking_accuracy,
    share,
)
from crystinet.evaluation.sampling import HeldOutCompounds, full_range_source
from crystinet.evaluation.scoring import ScoreStore
from crystinet.model.formula_hint import FormulaHint
from crystinet.model.identification import Verdict
from crystinet.model.inference import Model
from crystinet.model.reliability import Calibration, candidate_set_size
from crystinet.model.scores import Scores
from crystinet.model.twins import named_twins
from crystinet.model.verdicts import verdict
from crystinet.training.draw.source import PatternSource


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
        Of the model with the bundle's alpha.
    alpha, by_alpha
        The bundle's alpha, and top-1 of the model for others.
    expected_calibration_error
        Of the first candidate's probability.
    set_coverage, set_size
        Share of the patterns whose type is in the candidate set, and its mean size.
    verdicts
        Share of the patterns called known, uncertain and unknown; ``known, correct`` is the share
        of those called known whose first candidate is right, and the last two count the patterns
        of other structures called known and unknown.
    twins
        Of the patterns called known after the rule of twins (`crystinet.model.twins`): their share,
        ``known``; the share of them whose first candidate is right, ``first right``; the share
        that names several types, ``pairs``; and the share whose type is among those named,
        ``coverage``.
    with_elements, with_formula
        The same as ``accuracy`` where the elements, or the formula, of the compound are given; None
        where the data set does not record them.
    screening, screening_with_formula
        Known against unknown; without the formula, and with it.
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
    twins: dict[str, float]
    with_elements: RankingAccuracy | None
    with_formula: RankingAccuracy | None
    screening: ScreeningAccuracy
    screening_with_formula: ScreeningAccuracy | None
    per_class: dict[str, tuple[int, float]]
    confusions: tuple[tuple[str, str, int], ...]

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedScores:
    """What the model says of one fully augmented pattern of each compound of a sample."""

    sample: HeldOutCompounds
    inside: Scores
    outside: Scores


def score_simulated(
    model: Model,
    dataset: Dataset,
    *,
    seed: int = 1,
    max_patterns: int = 6_000,
    source: PatternSource | None = None,
    store: ScoreStore | None = None,
    report: Progress = silent,
) -> SimulatedScores:
    """Score patterns of 5-110 degrees of the compounds of a `HeldOutCompounds`.

    Raises
    ------
    CorpusError
        The data set has no test compound of a class of the bundle.
    """
    sample = HeldOutCompounds.draw(dataset, model.bundle, seed=seed, max_patterns=max_patterns)
    source = source or full_range_source(model.bundle, dataset)
    score = partial((store or ScoreStore()).score, model=model, source=source, report=report)
    return SimulatedScores(
        sample=sample,
        inside=score("test compounds", indices=sample.inside, seed=(seed, 24)),
        outside=score("other structures", indices=sample.outside, seed=(seed, 25)),
    )


def evaluate_simulated(
    model: Model,
    dataset: Dataset,
    *,
    dataset_sha256: str = "",
    seed: int = 1,
    max_patterns: int = 6_000,
    report: Progress = silent,
) -> SimulatedReport:
    """Evaluate on one fully augmented pattern, 5-110 degrees, of each test compound.

    Inside are compounds of the test split known experimentally (at most ``max_patterns``);
    outside are test compounds that have none of the classes. ``dataset_sha256`` goes into the
    report.

    Raises
    ------
    CorpusError
        The data set has no test compound of a class of the bundle.
    """
    scores = score_simulated(model, dataset, seed=seed, max_patterns=max_patterns, report=report)
    return summarise_simulated(model, dataset, scores, dataset_sha256=dataset_sha256)


def summarise_simulated(
    model: Model, dataset: Dataset, scores: SimulatedScores, *, dataset_sha256: str = ""
) -> SimulatedReport:
    """Figures of merit of scores."""
    known, unknown, inside = scores.inside, scores.outside, scores.sample.inside
    target = scores.sample.target
    calibration = model.calibration
    r = known.reliability(calibration)
    p = known.probability(calibration)
    first = r.argmax(axis=1)
    rank = rank_of_truth(r, target)
    ranked = np.take_along_axis(p, np.argsort(-r, axis=1, kind="stable"), axis=1)
    size = np.array(
        [candidate_set_size(row, set_probability=calibration.set_probability) for row in ranked]
    )
    names = [entry.name for entry in model.bundle.types]
    with_elements = _with_composition(model, dataset, inside, known, amounts=False)
    with_formula = _with_composition(model, dataset, inside, known, amounts=True)
    others = _with_composition(model, dataset, scores.sample.outside, unknown, amounts=True)
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
        twins=_twins(known, target, names, calibration),
        with_elements=_accuracy(with_elements, target),
        with_formula=_accuracy(with_formula, target),
        screening=_screen(known.unknown_score(calibration), unknown.unknown_score(calibration)),
        screening_with_formula=_screen(with_formula[1], others[1])
        if with_formula and others
        else None,
        per_class=_per_class(first, target, names),
        confusions=_confusions(first, target, names),
    )


def _screen(inside: FloatArray, outside: FloatArray) -> ScreeningAccuracy:
    """Known against unknown by unknown scores, (b,) each."""
    return ScreeningAccuracy(
        patterns=len(outside),
        accuracy=0.5 * (share(inside < 0.5) + share(outside >= 0.5)),
        auroc=auroc(negatives=inside, positives=outside),
    )


def _accuracy(
    found: tuple[FloatArray, FloatArray] | None, target: IntArray
) -> RankingAccuracy | None:
    return None if found is None else ranking_accuracy(rank_of_truth(found[0], target), target)


def _verdicts(
    known: Scores, unknown: Scores, correct: BoolArray, calibration: Calibration
) -> dict[str, float]:
    inside, outside = (_verdicts_of(scores, calibration) for scores in (known, unknown))
    shares = {str(v): share(np.array([found is v for found in inside])) for v in Verdict}
    sure = np.array([found is Verdict.KNOWN for found in inside])
    shares["known, correct"] = share(correct[sure])
    for v in (Verdict.KNOWN, Verdict.UNKNOWN):
        shares[f"other structures, {v}"] = share(np.array([found is v for found in outside]))
    return shares


def _twins(
    known: Scores, target: IntArray, names: list[str], calibration: Calibration
) -> dict[str, float]:
    sure = [found is Verdict.KNOWN for found in _verdicts_of(known, calibration)]
    order = np.argsort(-known.reliability(calibration), axis=1, kind="stable")
    p = known.probability(calibration)
    right, several, covered = [], [], []
    for row in np.flatnonzero(sure):
        ranked = order[row]
        twins, tie = named_twins([names[t] for t in ranked], p[row, ranked].tolist())
        if tie:
            continue
        truth = names[target[row]]
        right.append(names[ranked[0]] == truth)
        several.append(bool(twins))
        covered.append(truth in (names[ranked[0]], *twins))
    return {
        "known": len(right) / len(target),
        "first right": share(np.array(right, dtype=np.bool_)),
        "pairs": share(np.array(several, dtype=np.bool_)),
        "coverage": share(np.array(covered, dtype=np.bool_)),
    }


def _verdicts_of(scores: Scores, calibration: Calibration) -> list[Verdict]:
    first = scores.reliability(calibration).argmax(axis=1)
    p = scores.probability(calibration)[np.arange(len(first)), first]
    score = scores.unknown_score(calibration)
    return [verdict(float(u), float(v), calibration)[0] for u, v in zip(score, p, strict=True)]


def _with_composition(
    model: Model, dataset: Dataset, indices: IntArray, scores: Scores, *, amounts: bool
) -> tuple[FloatArray, FloatArray] | None:
    """Reliabilities (b, t) and unknown scores (b,) where elements, or a formula, are given.

    None where the data set does not know them.
    """
    members = [dataset.members[i] for i in indices]
    calibration = model.calibration
    unknown = np.empty(len(members))
    reliability = np.empty((len(members), len(model.bundle.types)))
    for row, member in enumerate(members):
        if not member.formula:
            return None
        composition = composition_of(member.formula)
        elements = tuple(sorted(composition))
        formula = FormulaHint(elements, composition if amounts else None)
        hint = model.composition_hint(elements, formula)
        hinted, held = model.hinted(scores[row], hint, formula)
        reliability[row] = hinted.reliability(calibration)[0]
        unknown[row] = model.unknown_score(scores[row], hinted, held, hint)
    return reliability, unknown


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
