"""What an extension did: accuracy on the old types before and after, and on the new ones."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.evaluation.metrics import RankingAccuracy, auroc, rank_of_truth, ranking_accuracy
from crystinet.model.bundle import Bundle
from crystinet.model.identification import Verdict
from crystinet.model.inference import Model
from crystinet.model.reliability import Calibration
from crystinet.model.scores import Scores
from crystinet.model.verdicts import verdict
from crystinet.training.draw.source import PatternSource, RenderingConfig
from crystinet.training.extension.extend import Extended
from crystinet.training.scoring import score_compounds

#: The goals: accuracy that the old types may lose, and that the new types must reach where there
#: are so many compounds.
LARGEST_LOSS, LEAST_TOP1, FEWEST_COMPOUNDS = 0.005, 0.90, 20
#: Patterns of each new type that are drawn at least, of however few compounds.
_PATTERNS_PER_TYPE = 20


@dataclass(frozen=True, slots=True)
class BundleFigures:
    """Figures of one bundle.

    Attributes
    ----------
    old
        On held-out compounds of the old types.
    known_called_unknown, outside_called_known, auroc
        How patterns of old types and of structures of none of the types, old or new, are judged.
    new_called_known
        Share of the patterns of the new types with the verdict "known".
    """

    old: RankingAccuracy
    known_called_unknown: float
    outside_called_known: float
    auroc: float
    new_called_known: float


@dataclass(frozen=True, slots=True)
class NewType:
    """One new type: compounds in all, held-out ones, patterns of those, and accuracy on them.

    ``simulated`` is true where the held-out compounds are invented relatives.
    """

    compounds: int
    held_out: int
    patterns: int
    top1: float
    top3: float
    simulated: bool


@dataclass(frozen=True, slots=True)
class RegressionReport:
    """Before and after an extension, on the same patterns.

    Attributes
    ----------
    base, extended
        Ids of the bundles.
    unchanged
        SHA-256 of the files of the base that the new bundle holds as they were.
    before, after
        Figures of both.
    taken_for_new
        Share of the patterns of old types whose first candidate is a new type.
    new
        Name to figures of the new types.
    new_accuracy, new_accuracy_large
        On patterns of all new types, and of those with 20 compounds or more.
    references
        Whether the "held-out" old compounds are the very reference structures of the training.
    """

    base: str
    extended: str
    unchanged: Mapping[str, str]
    before: BundleFigures
    after: BundleFigures
    taken_for_new: float
    new: Mapping[str, NewType]
    new_accuracy: RankingAccuracy
    new_accuracy_large: RankingAccuracy
    references: bool

    @property
    def loss(self) -> float:
        """Top-1 accuracy on the old types before minus after."""
        return self.before.old.top1 - self.after.old.top1

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {**asdict(self), "loss": self.loss}


def regression_report(
    base: Bundle,
    extended: Extended,
    *,
    seed: int = 1,
    old_patterns: int = 1_500,
    report: Progress = silent,
) -> RegressionReport:
    """Judge an extension on fully augmented patterns of compounds that nothing was trained on.

    Old and new bundle judge the same patterns: the nets of the old one are in the new one
    unchanged, so its scores are the first columns of the new one's.
    """
    rng = np.random.default_rng([seed, 41])
    bundle, dataset = extended.bundle, extended.data.dataset
    rendering = RenderingConfig(preprocessing=bundle.preprocessing, grid=bundle.axis.grid)
    source, model = PatternSource(dataset, rendering, bundle.axis), Model(bundle)
    column = {entry.number: i for i, entry in enumerate(bundle.types)}
    classes = np.array([m.class_number for m in dataset.members])
    test = _test_compounds(dataset)
    is_new = np.isin(classes[test], extended.data.groups.columns)
    old_rows = rng.permutation(test[~is_new])[:old_patterns]
    new_rows = _repeated(test[is_new], classes)
    outside_rows = rng.permutation(dataset.select_outside(Split.TEST))[: old_patterns // 2]
    old, new, outside = (
        score_compounds(model, source, rows, rng=rng, report=report) if len(rows) else None
        for rows in (old_rows, new_rows, outside_rows)
    )
    n = len(base.types)
    target = np.array([column[c] for c in classes[old_rows]], dtype=np.int64)
    new_target = np.array([column[c] for c in classes[new_rows]], dtype=np.int64)
    rank = _ranks(new, bundle.calibration, new_target)
    large = np.array([_compounds(dataset, c) >= FEWEST_COMPOUNDS for c in classes[new_rows]], bool)
    first = _first(old, bundle.calibration)
    return RegressionReport(
        base=base.id,
        extended=bundle.id,
        unchanged=extended.unchanged,
        before=_side(_cut(old, n), target, _cut(new, n), _cut(outside, n), base.calibration),
        after=_side(old, target, new, outside, bundle.calibration),
        taken_for_new=float((first >= n).mean()) if len(first) else float("nan"),
        new={
            name: _new_type(dataset, number, classes[new_rows] == number, rank, new_rows)
            for number, name in extended.data.names.items()
        },
        new_accuracy=ranking_accuracy(rank, new_target),
        new_accuracy_large=ranking_accuracy(rank[large], new_target[large]),
        references=extended.data.only_references,
    )


def _test_compounds(dataset: Dataset) -> IntArray:
    """Held-out compounds that were made; of a class without any, those that were not."""
    made = dataset.select(Split.TEST, known_only=True)
    all_of_them = dataset.select(Split.TEST)
    classes = {dataset.members[i].class_number for i in made}
    others = [i for i in all_of_them if dataset.members[i].class_number not in classes]
    return np.concatenate([made, np.array(others, dtype=np.int64)])


def _repeated(rows: IntArray, classes: IntArray) -> IntArray:
    """Each held-out compound once, or as often as a type with few of them needs."""
    parts = [rows[:0]]
    for number in np.unique(classes[rows]):
        own = rows[classes[rows] == number]
        parts.append(np.tile(own, -(-_PATTERNS_PER_TYPE // len(own))))
    return np.concatenate(parts)


def _cut(scores: Scores | None, n: int) -> Scores | None:
    """Scores of the first n types alone."""
    if scores is None:
        return None
    return Scores(
        scores.log_share[:, :n],
        scores.similarity[:, :n],
        scores.confidence[:, :n],
        scores.squared_distance[:, :n],
    )


def _first(scores: Scores | None, calibration: Calibration) -> IntArray:
    if scores is None:
        return np.zeros(0, dtype=np.int64)
    first: IntArray = scores.reliability(calibration).argmax(axis=1)
    return first


def _ranks(scores: Scores | None, calibration: Calibration, target: IntArray) -> IntArray:
    if scores is None:
        return np.zeros(0, dtype=np.int64)
    return rank_of_truth(scores.reliability(calibration), target)


def _side(
    old: Scores | None,
    target: IntArray,
    new: Scores | None,
    outside: Scores | None,
    calibration: Calibration,
) -> BundleFigures:
    inside_score, outside_score = (
        np.zeros(0) if s is None else s.unknown_score(calibration) for s in (old, outside)
    )
    return BundleFigures(
        old=ranking_accuracy(_ranks(old, calibration, target), target),
        known_called_unknown=_share(old, calibration, Verdict.UNKNOWN),
        outside_called_known=_share(outside, calibration, Verdict.KNOWN),
        auroc=auroc(negatives=inside_score, positives=outside_score),
        new_called_known=_share(new, calibration, Verdict.KNOWN),
    )


def _share(scores: Scores | None, calibration: Calibration, wanted: Verdict) -> float:
    """Share of the patterns with a verdict."""
    if scores is None:
        return float("nan")
    first = _first(scores, calibration)
    p = scores.probability(calibration)[np.arange(len(first)), first]
    unknown = scores.unknown_score(calibration)
    found = [verdict(float(u), float(v), calibration)[0] for u, v in zip(unknown, p, strict=True)]
    return float(np.mean([each is wanted for each in found]))


def _compounds(dataset: Dataset, number: int) -> int:
    """Compounds of a class that were not invented."""
    return len(
        {
            m.formula or m.row_id
            for m in dataset.members
            if m.class_number == number and not m.is_invented
        }
    )


def _new_type(
    dataset: Dataset, number: int, rows: np.ndarray, rank: IntArray, members: IntArray
) -> NewType:
    held_out = np.unique(members[rows])
    own = rank[rows]
    return NewType(
        compounds=_compounds(dataset, number),
        held_out=len(held_out),
        patterns=len(own),
        top1=float((own == 0).mean()) if len(own) else float("nan"),
        top3=float((own < 3).mean()) if len(own) else float("nan"),
        simulated=any(dataset.members[i].is_invented for i in held_out),
    )
