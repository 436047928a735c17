"""Patterns that a bundle and its rivals are all asked about, prepared once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.errors import CrystinetError
from crystinet.core.progress import Progress, silent
from crystinet.core.radiation import Radiation
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import compound_key
from crystinet.evaluation.manifest import OK, key_of_row, read_manifest, read_measured
from crystinet.evaluation.sampling import HeldOutCompounds, full_range_source
from crystinet.evaluation.scoring import CHUNK
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.peaks import Peaks, find_peaks
from crystinet.training.scoring import BATCH


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


def simulated_cases(
    model: Model, dataset: Dataset, *, seed: int, patterns: int, report: Progress = silent
) -> list[PosedPattern]:
    """One fully augmented pattern of each held-out compound, those of ``crystinet evaluate``.

    Raises
    ------
    CorpusError
        The data set has no test compound of a class of the bundle.
    """
    sample = HeldOutCompounds.draw(dataset, model.bundle, seed=seed, max_patterns=patterns)
    prepared = _drawn(model, dataset, sample.inside, seed=seed, report=report)
    return [
        PosedPattern(
            pattern,
            find_peaks(pattern, noise=0.0),
            int(target),
            compound_key(composition_of(dataset.members[i].formula)),
        )
        for pattern, target, i in zip(prepared, sample.target, sample.inside, strict=True)
    ]


def _columns(model: Model) -> Mapping[str, int]:
    """Type name to column, also of types that are merged into a class."""
    return {
        name: column
        for column, entry in enumerate(model.bundle.types)
        for name in (entry.name, *entry.merged)
    }


def _drawn(
    model: Model, dataset: Dataset, indices: IntArray, *, seed: int, report: Progress
) -> list[Pattern]:
    """Prepared patterns, from the streams of random numbers that `ScoreStore.score` draws from."""
    source, radiation = full_range_source(model.bundle, dataset), Radiation.of_anode("Cu")
    angles = source.config.grid.two_theta_deg
    found = []
    for number, start in enumerate(range(0, len(indices), CHUNK)):
        chunk = indices[start : start + CHUNK]
        rng = np.random.default_rng([seed, 24, number])
        for first in range(0, len(chunk), BATCH):
            chosen = chunk[first : first + BATCH]
            rows, masks = source.draw(chosen, impurities=rng.choice(chunk, len(chosen)), rng=rng)
            found += [
                Pattern(angles, row.astype(np.float64), radiation, mask)
                for row, mask in zip(rows, masks, strict=True)
            ]
            report("drawing patterns", len(found), len(indices))
    return found
