"""Answers to disturbed patterns, counted: which stay known, and which become known and wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document, plain
from crystinet.core.progress import Progress, silent
from crystinet.evaluation.manifest import OK, read_manifest, read_measured
from crystinet.evaluation.robustness.disturbances import DISTURBANCES, Disturbance, added
from crystinet.fit.line_check import LineCheck
from crystinet.model.identification import Identification, Verdict
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample

#: Sums of two patterns: heights of their strongest lines.
RATIOS = (1.0, 0.5, 0.25)
#: Pairs that are drawn for sums.
PAIRS = 60
# Wavelengths that agree to this part are one.
_SAME_WAVELENGTH = 1e-3


@dataclass(frozen=True, slots=True)
class RobustnessRow:
    """What became of the answers under one disturbance.

    Attributes
    ----------
    table, name
        As those of `Disturbance`; sums are the table "mixtures".
    patterns
        Of types of the bundle; for sums, of all pairs.
    first_right
        The first candidate is right, whatever the verdict; for sums, is one of both.
    known_right, known_wrong
        Called *known*, the first candidate right or wrong.
    stay_known
        Of those that are known and right as measured, so many still are.
    flips
        Known and right as measured, and now *known* as another type.
    other_patterns, other_known
        Patterns of other types, and how many of them are called *known*.
    refused
        Patterns of both kinds that were left out, or are none any more.
    """

    table: str
    name: str
    patterns: int
    first_right: int
    known_right: int
    known_wrong: int
    stay_known: int
    flips: int
    other_patterns: int
    other_known: int
    refused: int


@dataclass(frozen=True, slots=True)
class Robustness:
    """The tables, and what they were computed from.

    Attributes
    ----------
    rows
        Patterns as measured come first.
    seed
        Of random factors and of pairs.
    """

    rows: tuple[RobustnessRow, ...]
    seed: int

    def to_dict(self) -> Document:
        """Plain data for JSON."""
        told: Document = plain({"seed": self.seed, "rows": [asdict(row) for row in self.rows]})
        return told


@dataclass(frozen=True, slots=True)
class _Case:
    """A measured single phase: its class, empty where the bundle has none, and the sample."""

    truth: str
    sample: Sample


def evaluate_robustness(
    model: Model,
    check: LineCheck,
    folder: Path,
    *,
    seed: int = 1,
    pairs: int = PAIRS,
    disturbances: Sequence[Disturbance] = DISTURBANCES,
    report: Progress = silent,
) -> Robustness:
    """Disturb the single phases that ``folder/manifest.csv`` names, and identify them again.

    Parameters
    ----------
    model
        Who is asked.
    check
        The checks of its answers.
    folder
        Of measured patterns, with a manifest as `crystinet.evaluation.manifest.read_manifest` takes
        it.
    seed
        Of random factors and of pairs; each disturbance has its own stream of random numbers.
    pairs
        Sums of two patterns of different types, both of the bundle, and as many of one of them and
        one of another type. The second is added 1 : 1, 1 : 0.5 and 1 : 0.25.
    disturbances
        What is done, first nothing.
    report
        Told what is done.

    Raises
    ------
    CorpusError
        The manifest is missing or wrong.
    """
    cases = list(_cases(model, folder))
    asked = len(disturbances) * len(cases) + 2 * len(RATIOS) * pairs
    done = 0
    rows: list[RobustnessRow] = []
    before: list[Identification | None] = []
    for number, each in enumerate(disturbances):
        rng = np.random.default_rng([seed, number])
        found = []
        for case in cases:
            found.append(_answer(model, check, each.disturb(case.sample, rng)))
            done += 1
            report("disturbed patterns", done, asked)
        before = before or found
        rows.append(_row(each.table, each.name, cases, found, before))
    for name, drawn in _pairs(cases, pairs=pairs, seed=seed).items():
        for ratio in RATIOS:
            answers = []
            for first, second in drawn:
                total = added(first.sample, second.sample, ratio)
                answers.append(_answer(model, check, total))
                done += 1
                report("disturbed patterns", done, asked)
            rows.append(_row_of_sums(f"{name}, 1 : {ratio:g}", drawn, answers))
    return Robustness(tuple(rows), seed)


def _cases(model: Model, folder: Path) -> Iterable[_Case]:
    """Readable single phases; those that are refused as they are say nothing here."""
    class_of = {
        name: entry.name for entry in model.bundle.types for name in (entry.name, *entry.merged)
    }
    for row in read_manifest(folder, types=class_of):
        if row["quality"] != OK or row.get("use") == "refusal":
            continue
        inside = row["in_catalogue"] != "no"
        try:
            sample = model.sample(read_measured(folder, row))
        except CrystinetError:
            continue
        yield _Case(class_of.get(row["structure_type"], "") if inside else "", sample)


def _answer(model: Model, check: LineCheck, pattern: Pattern | None) -> Identification | None:
    """The checked answer; None where the pattern is refused."""
    if pattern is None:
        return None
    try:
        (found,) = check.identify([model.sample(pattern)])
    except CrystinetError:
        return None
    return found


def _is_known(found: Identification | None) -> bool:
    return found is not None and found.verdict is Verdict.KNOWN


def _is_right(found: Identification | None, *truths: str) -> bool:
    return found is not None and found.candidates[0].type in truths


def _row(
    table: str,
    name: str,
    cases: Sequence[_Case],
    answers: Sequence[Identification | None],
    before: Sequence[Identification | None],
) -> RobustnessRow:
    inside = [(c.truth, a, b) for c, a, b in zip(cases, answers, before, strict=True) if c.truth]
    outside = [a for c, a in zip(cases, answers, strict=True) if not c.truth]
    sure = [(t, a) for t, a, b in inside if _is_known(b) and _is_right(b, t)]
    return RobustnessRow(
        table=table,
        name=name,
        patterns=len(inside),
        first_right=sum(_is_right(a, t) for t, a, _ in inside),
        known_right=sum(_is_known(a) and _is_right(a, t) for t, a, _ in inside),
        known_wrong=sum(_is_known(a) and not _is_right(a, t) for t, a, _ in inside),
        stay_known=sum(_is_known(a) and _is_right(a, t) for t, a in sure),
        flips=sum(_is_known(a) and not _is_right(a, t) for t, a in sure),
        other_patterns=len(outside),
        other_known=sum(_is_known(a) for a in outside),
        refused=sum(a is None for a in answers),
    )


def _pairs(
    cases: Sequence[_Case], *, pairs: int, seed: int
) -> dict[str, list[tuple[_Case, _Case]]]:
    """Pairs of different classes at one wavelength, drawn with replacement; none where none are."""
    rng = np.random.default_rng([seed, 1000])
    inside = [case for case in cases if case.truth]
    drawn = {}
    for name, seconds in (
        ("two types", inside),
        ("a type and another structure", [case for case in cases if not case.truth]),
    ):
        possible = [
            (first, second)
            for first in inside
            for second in seconds
            if first.truth != second.truth and _one_wavelength(first.sample, second.sample)
        ]
        chosen = rng.integers(len(possible), size=pairs) if possible else ()
        drawn[name] = [possible[i] for i in chosen]
    return drawn


def _one_wavelength(first: Sample, second: Sample) -> bool:
    return abs(first.wavelength_angstrom / second.wavelength_angstrom - 1.0) < _SAME_WAVELENGTH


def _row_of_sums(
    name: str,
    pairs: Sequence[tuple[_Case, _Case]],
    answers: Sequence[Identification | None],
) -> RobustnessRow:
    told = [({a.truth, b.truth}, found) for (a, b), found in zip(pairs, answers, strict=True)]
    right = [(_is_known(found), _is_right(found, *truths)) for truths, found in told]
    return RobustnessRow(
        table="mixtures",
        name=name,
        patterns=len(pairs),
        first_right=sum(one for _, one in right),
        known_right=sum(known and one for known, one in right),
        known_wrong=sum(known and not one for known, one in right),
        stay_known=0,
        flips=0,
        other_patterns=0,
        other_known=0,
        refused=sum(found is None for found in answers),
    )
