"""Patterns that a bundle and its rivals are all asked about, prepared once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crystinet.core.errors import CrystinetError
from crystinet.core.progress import Progress, silent
from crystinet.evaluation.manifest import OK, key_of_row, read_manifest, read_measured
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.peaks import Peaks


@dataclass(frozen=True, slots=True, eq=False)
class PosedPattern:
    """One pattern and what it is.

    Attributes
    ----------
    prepared
        On the grid of the bundle; None where the file was refused, which counts as a wrong answer.
    peaks
        Its lines.
    target
        Column of its class among the classes of the bundle.
    key
        Its elements, see `crystinet.corpus.splits.compound_key`; empty where they are not known.
    """

    prepared: Pattern | None
    peaks: Peaks
    target: int
    key: str


def measured_cases(model: Model, folder: Path, *, report: Progress = silent) -> list[PosedPattern]:
    """Single phases of the bundle's classes in a folder with a ``manifest.csv``.

    Raises
    ------
    CorpusError
        The manifest cannot be used, see `crystinet.evaluation.manifest.read_manifest`.
    """
    column = _columns(model)
    rows = read_manifest(folder, types=column)
    chosen = [
        row
        for row in rows
        if row["quality"] == OK and row["in_catalogue"] != "no" and row["structure_type"] in column
    ]
    cases = []
    for done, row in enumerate(chosen):
        target, key = column[row["structure_type"]], key_of_row(row)
        try:
            sample = model.sample(read_measured(folder, row))
            cases.append(PosedPattern(sample.prepared, sample.peaks, target, key))
        except CrystinetError:
            cases.append(PosedPattern(None, Peaks(np.zeros(0), np.zeros(0), 0.0), target, key))
        report("measured patterns", done + 1, len(chosen))
    return cases


def _columns(model: Model) -> Mapping[str, int]:
    """Type name to column, also of types that are merged into a class."""
    return {
        name: column
        for column, entry in enumerate(model.bundle.types)
        for name in (entry.name, *entry.merged)
    }
