"""The table of a benchmark: every rival on every set of patterns, for people and programs."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.plain import Document, plain
from crystinet.core.progress import Progress, silent
from crystinet.evaluation.benchmark.cases import PosedPattern
from crystinet.evaluation.benchmark.rivals import Rival, Way
from crystinet.evaluation.metrics import rank_of_truth, ranking_accuracy, wilson_interval

# Patterns that a rival is asked about at once.
_BATCH = 32


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """How often one rival was right on one set of patterns.

    Attributes
    ----------
    patterns_of
        The set.
    rival
        Who was asked, and how.
    patterns, classes
        How many of them count; none where the rival was not there.
    top1, top3, mean_over_classes
        Shares, 0 to 1; NaN of nothing.
    low, high
        Wilson's interval of ``top1`` at 95 %.
    note
        Why there are no figures; empty where there are.
    """

    patterns_of: str
    rival: str
    patterns: int
    classes: int
    top1: float
    top3: float
    mean_over_classes: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Rows of the table, and what they were computed from.

    Attributes
    ----------
    rows
        In the order of the sets, and of the rivals in each.
    provenance
        Versions, seeds and hashes, as words.
    """

    rows: tuple[BenchmarkRow, ...]
    provenance: Mapping[str, str]

    def to_dict(self) -> Document:
        """The document of ``benchmark --json``."""
        told: Document = plain(
            {"provenance": dict(self.provenance), "rows": [asdict(row) for row in self.rows]}
        )
        return told

    def to_csv(self) -> str:
        """A table with a line for each row, shares from 0 to 1; provenance in lines with ``#``."""
        out = io.StringIO()
        for name, text in self.provenance.items():
            out.write(f"# {name}: {text}\n")
        writer = csv.DictWriter(out, BenchmarkRow.__slots__, lineterminator="\n")
        writer.writeheader()
        for row in self.to_dict()["rows"]:
            writer.writerow(row)
        return out.getvalue()

    def to_markdown(self) -> str:
        """A table for a page, with the provenance below."""
        lines = ["| " + " | ".join(self.headings) + " |", "| --- | --- |" + " ---: |" * 5]
        lines += ["| " + " | ".join(row) + " |" for row in self.cells()]
        lines += ["", *(f"* {name}: {text}" for name, text in self.provenance.items())]
        return "\n".join(lines) + "\n"

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the columns that people read."""
        return _HEADINGS

    def cells(self) -> list[tuple[str, ...]]:
        """The rows as people read them, in the columns of ``headings``."""
        return [_cells(row) for row in self.rows]


_HEADINGS = ("patterns", "who is asked", "number", "top-1", "95 %", "top-3", "mean over classes")


def _cells(row: BenchmarkRow) -> tuple[str, ...]:
    if not row.patterns:
        return (row.patterns_of, f"{row.rival}: {row.note}", *["-"] * 5)
    return (
        row.patterns_of,
        row.rival,
        str(row.patterns),
        f"{row.top1:.1%}",
        f"{row.low:.1%} to {row.high:.1%}",
        f"{row.top3:.1%}",
        f"{row.mean_over_classes:.1%}",
    )


def judged_rows(
    patterns_of: str,
    cases: Sequence[PosedPattern],
    rivals: Sequence[Rival],
    *,
    report: Progress = silent,
) -> list[BenchmarkRow]:
    """Ask every rival about every case.

    A file that was refused counts as a wrong answer of everybody who would have been asked about
    it.

    Parameters
    ----------
    patterns_of
        Name of the set.
    cases
        The patterns.
    rivals
        Who is asked.
    report
        Told how many are done.
    """
    readable = [(case.prepared, case) for case in cases if case.prepared is not None]
    total, rows = len(rivals) * len(readable), []
    for number, rival in enumerate(rivals):
        found: list[list[FloatArray]] = [[] for _ in rival.ways]
        for start in range(0, len(readable), _BATCH):
            part = readable[start : start + _BATCH]
            for scores, more in zip(found, rival.answer(part), strict=True):
                scores.append(more)
            report("asking rivals", number * len(readable) + start + len(part), total)
        for way, scores in zip(rival.ways, found, strict=True):
            rows.append(_row(patterns_of, way, cases, scores))
    return rows


def absent(patterns_of: str, rival: str, note: str) -> BenchmarkRow:
    """Say that a rival was not there, and why."""
    none = float("nan")
    return BenchmarkRow(patterns_of, rival, 0, 0, none, none, none, none, none, note)


def _row(
    patterns_of: str, way: Way, cases: Sequence[PosedPattern], scores: Sequence[FloatArray]
) -> BenchmarkRow:
    """Sum up the scores of the readable cases; a refused one stands behind all classes."""
    readable = np.array([case.prepared is not None for case in cases], dtype=np.bool_)
    target = np.array([case.target for case in cases], dtype=np.int64)
    rank = np.full(len(cases), np.iinfo(np.int64).max)
    if scores:
        rank[readable] = rank_of_truth(np.concatenate(scores), target[readable])
    counts = np.array([bool(case.key) or not way.needs_elements for case in cases], dtype=np.bool_)
    figures = ranking_accuracy(rank[counts], target[counts])
    if not figures.patterns:
        return absent(patterns_of, way.name, "no pattern counts")
    low, high = wilson_interval(int((rank[counts] == 0).sum()), figures.patterns)
    return BenchmarkRow(patterns_of, way.name, **asdict(figures), low=low, high=high)
