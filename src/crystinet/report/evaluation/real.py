"""Figures on measured patterns."""

from typing import Any

import numpy as np

from crystinet.evaluation.measured import MeasuredAnswer, MeasuredReport
from crystinet.evaluation.metrics import RankingAccuracy, auroc, wilson_interval
from crystinet.model.bundle import Bundle
from crystinet.model.identification import Verdict
from crystinet.report.evaluation.basis import origin
from crystinet.report.evaluation.figure import Figure, Table, percent
from crystinet.report.evaluation.pictures import BLUE, GREY, ORANGE, RED

_REFUSED = "refused"


def measured_figures(
    report: MeasuredReport, bundle: Bundle, *, manifest_sha256: str
) -> list[Figure]:
    """All figures of this module, in the order of the report."""
    on = (
        f"{len(report.answers)} measured patterns of single phases and mixtures, none trained on; "
        f"RRUFF patterns cut at 90 degrees; manifest {manifest_sha256[:12]}; {origin(bundle)}."
    )
    return [_accuracy(report, on), _verdicts(report, on)]


def _accuracy(report: MeasuredReport, on: str) -> Figure:
    def row(name: str, a: RankingAccuracy) -> tuple[object, ...]:
        interval = wilson_interval(round(a.top1 * a.patterns) if a.patterns else 0, a.patterns)
        return (name, a.patterns, a.classes, a.top1, *interval, a.top3, a.mean_over_classes)

    columns = ("source", "patterns", "types", "top-1", "low (95 %)", "high (95 %)", "top-3")
    types = [
        (name, n, top1, *wilson_interval(round(top1 * n), n))
        for name, (n, top1) in report.per_type.items()
    ]

    def draw(canvas: Any) -> None:
        axes = canvas.subplots()
        place = np.arange(len(types))
        right = np.array([round(n * top1) for _, n, top1, *_ in types])
        count = np.array([n for _, n, *_ in types])
        axes.barh(place, right, color=BLUE, label="right")
        axes.barh(place, count - right, left=right, color=ORANGE, label="wrong")
        axes.set_yticks(place, [name for name, *_ in types])
        axes.set_ylim(len(types) - 0.4, -0.6)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("patterns")
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower right")

    return Figure(
        key="measured",
        title="Measured patterns of known types",
        caption=f"Top-1 of all sources {percent(report.accuracy.top1)} of "
        f"{report.accuracy.patterns}; of the RRUFF patterns published with the method "
        f"{percent(report.rruff.top1)} of {report.rruff.patterns}. A refused pattern counts as "
        "wrong.",
        computed_on=on,
        paper="81.3 % of 80 RRUFF patterns (65), 15 types.",
        tables=(
            Table.of(
                "measured",
                "Accuracy",
                (*columns, "mean over types of top-1"),
                [row("all sources", report.accuracy), row("RRUFF of the paper", report.rruff)],
            ),
            Table.of(
                "measured-types",
                "By type",
                ("type", "patterns", "top-1", "low (95 %)", "high (95 %)"),
                types,
            ),
            _patterns(report),
        ),
        draw=draw if types else None,
        size_inches=(8.0, 0.9 + 0.2 * len(types)),
    )


def _patterns(report: MeasuredReport) -> Table:
    asked = ("id", "source", "right type")
    answered = ("first candidate", "place of the right type", "probability", "unknown score")
    columns = (*asked, *answered, "verdict", "in the candidate set", "error")
    rows = [
        (
            *(a.id, a.source, _truth(a), a.answer, a.rank or None),
            *(a.probability, a.unknown_score, a.verdict, "yes" if a.in_set else "no", a.error),
        )
        for a in sorted(report.answers, key=lambda a: (_truth(a), a.id))
    ]
    return Table.of("measured-patterns", "Every pattern", columns, rows)


def _truth(answer: MeasuredAnswer) -> str:
    return "mixture" if answer.mixture else answer.truth or "other"


def _verdicts(report: MeasuredReport, on: str) -> Figure:
    single = [a for a in report.answers if not a.mixture]
    kinds = {
        "known types": [a for a in single if a.rank],
        "other types": [a for a in single if not a.rank],
        "mixtures": [a for a in report.answers if a.mixture],
    }
    words = (*(str(v) for v in Verdict), _REFUSED)
    counts = {
        kind: [sum(a.verdict == word for a in answers) for word in words]
        for kind, answers in kinds.items()
    }
    scores = {
        kind: np.array([a.unknown_score for a in answers if not a.error])
        for kind, answers in kinds.items()
    }
    area = auroc(negatives=scores["known types"], positives=scores["other types"])

    def draw(canvas: Any) -> None:
        axes = canvas.subplots()
        place = np.arange(len(counts))
        left = np.zeros(len(counts))
        table = np.array(list(counts.values()), dtype=np.float64)
        shares = 100.0 * table / np.maximum(1.0, table.sum(axis=1, keepdims=True))
        for word, share, colour in zip(words, shares.T, (BLUE, GREY, ORANGE, RED), strict=True):
            axes.barh(place, share, left=left, color=colour, label=word)
            left += share
        axes.set_yticks(place, [f"{kind} ({sum(row)})" for kind, row in counts.items()])
        axes.invert_yaxis()
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("patterns / %")
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(words))

    return Figure(
        key="measured-verdicts",
        title="Verdicts on measured patterns",
        caption="Single phases of known types should be called known, other types and mixtures "
        f"should not. Not called known: {percent(report.outside_not_known)} of other types, "
        f"{percent(report.mixtures_not_known)} of mixtures. Of those of known types called known, "
        f"{percent(report.known_correct)} are right. AUROC of the unknown score, known against "
        f"other types: {'no pattern' if np.isnan(area) else f'{area:.3f}'}.",
        computed_on=on,
        paper="",
        tables=(
            Table.of(
                "measured-verdicts",
                "Patterns",
                ("patterns of", "patterns", *words),
                [(kind, sum(row), *row) for kind, row in counts.items()],
            ),
        ),
        draw=draw,
        size_inches=(8.0, 2.2),
    )
