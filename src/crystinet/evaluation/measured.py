"""Accuracy on a folder of measured patterns with a manifest that says what each is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from crystinet.core.errors import CrystinetError
from crystinet.core.progress import Progress, silent
from crystinet.evaluation.manifest import MIXTURE, is_of_rruff, read_manifest, read_measured
from crystinet.evaluation.metrics import RankingAccuracy, calibration_error, ranking_accuracy
from crystinet.fit.line_check import LineCheck
from crystinet.model.identification import Verdict
from crystinet.model.inference import Model


@dataclass(frozen=True, slots=True)
class MeasuredAnswer:
    """One measured pattern: the truth, the answer, and the place of the truth in the ranking.

    ``rank`` counts from 1 and is 0 where the truth is no class of the bundle; ``in_set`` says
    whether the truth is in the candidate set, ``mixture`` that the sample had several phases;
    ``error`` is empty unless the pattern was refused.
    """

    id: str
    truth: str
    source: str
    answer: str
    rank: int
    probability: float
    unknown_score: float
    verdict: str
    in_set: bool = False
    mixture: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class MeasuredReport:
    """All figures of one evaluation on measured patterns.

    Those of quality ``ok`` are single phases; those of quality ``mixture`` count for nothing but
    the share of mixtures called known.

    Attributes
    ----------
    accuracy
        Of patterns whose type is in the catalogue, all sources together; a refused pattern counts
        as wrong.
    rruff
        The same for the published RRUFF patterns alone.
    outside_not_known
        Share of patterns of other types that are not called ``known``.
    correct_known
        Share of the correctly identified ones that are called ``known``.
    known_correct
        Share of the patterns in the catalogue called ``known`` whose first candidate is right.
    calibration_error
        Of the first candidate's probability, on the patterns in the catalogue.
    set_coverage
        Share of the patterns in the catalogue whose type is in the candidate set.
    mixtures, mixtures_not_known
        Patterns of several phases, and the share not called ``known``.
    per_type
        Type name to (patterns, top-1).
    answers
        Every pattern.
    """

    accuracy: RankingAccuracy
    rruff: RankingAccuracy
    outside_patterns: int
    outside_not_known: float
    correct_known: float
    known_correct: float
    calibration_error: float
    set_coverage: float
    mixtures: int
    mixtures_not_known: float
    per_type: dict[str, tuple[int, float]]
    answers: tuple[MeasuredAnswer, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)


def evaluate_measured(
    model: Model, folder: Path, *, check: LineCheck | None = None, report: Progress = silent
) -> MeasuredReport:
    """Identify every single phase and every mixture that ``folder/manifest.csv`` names.

    Raises
    ------
    CorpusError
        Where the manifest is missing or lacks a column, or names a type or a wavelength that there
        is not.
    """
    class_of = {
        name: entry.name for entry in model.bundle.types for name in (entry.name, *entry.merged)
    }
    rows = read_manifest(folder, types=class_of)
    answers = []
    for done, row in enumerate(rows):
        answers.append(_answer(model, folder, row, class_of=class_of, check=check))
        report("measured patterns", done + 1, len(rows))
    mixtures = [a for a in answers if a.mixture and not a.error]  # a refusal is no verdict
    inside = [a for a in answers if a.rank and not a.mixture]
    outside = [a for a in answers if not a.rank and not a.mixture and not a.error]
    known = [a for a in inside if a.verdict == Verdict.KNOWN]
    correct = [a for a in inside if a.rank == 1]
    rruff = [a for a in inside if is_of_rruff(a.id)]
    return MeasuredReport(
        accuracy=_accuracy(inside),
        rruff=_accuracy(rruff),
        outside_patterns=len(outside),
        outside_not_known=_share([a.verdict != Verdict.KNOWN for a in outside]),
        correct_known=_share([a.verdict == Verdict.KNOWN for a in correct]),
        known_correct=_share([a.rank == 1 for a in known]),
        calibration_error=calibration_error(
            np.array([a.probability for a in inside]),
            np.array([a.rank == 1 for a in inside], dtype=np.float64),
        ),
        set_coverage=_share([a.in_set for a in inside]),
        mixtures=len(mixtures),
        mixtures_not_known=_share([a.verdict != Verdict.KNOWN for a in mixtures]),
        per_type={
            truth: (
                sum(a.truth == truth for a in inside),
                _share([a.rank == 1 for a in inside if a.truth == truth]),
            )
            for truth in sorted({a.truth for a in inside})
        },
        answers=tuple(answers),
    )


def _answer(
    model: Model,
    folder: Path,
    row: dict[str, str],
    *,
    class_of: Mapping[str, str],
    check: LineCheck | None,
) -> MeasuredAnswer:
    truth = class_of.get(row["structure_type"], "") if row["in_catalogue"] != "no" else ""
    try:
        pattern = read_measured(folder, row)
        sample = model.sample(pattern)
        (found,) = (check or model).identify([sample])
    except CrystinetError as error:
        return MeasuredAnswer(
            id=row["id"],
            truth=truth,
            source=row.get("source", ""),
            answer="",
            rank=len(model.bundle.types) + 1 if truth else 0,
            probability=0.0,
            unknown_score=1.0,
            verdict="refused",
            mixture=row["quality"] == MIXTURE,
            error=error.message,
        )
    names = [candidate.type for candidate in found.candidates]
    return MeasuredAnswer(
        id=row["id"],
        truth=truth,
        source=row.get("source", ""),
        answer=names[0],
        rank=names.index(truth) + 1 if truth else 0,
        probability=round(found.candidates[0].probability, 4),
        unknown_score=round(found.unknown_score, 4),
        verdict=str(found.verdict),
        in_set=truth in found.candidate_set,
        mixture=row["quality"] == MIXTURE,
    )


def _accuracy(answers: list[MeasuredAnswer]) -> RankingAccuracy:
    names = sorted({a.truth for a in answers})
    return ranking_accuracy(
        np.array([a.rank - 1 for a in answers], dtype=np.int64),
        np.array([names.index(a.truth) for a in answers], dtype=np.int64),
    )


def _share(flags: list[bool]) -> float:
    return sum(flags) / len(flags) if flags else float("nan")
