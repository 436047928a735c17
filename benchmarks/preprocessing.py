"""Preprocessing compared on measured patterns: what each step is worth.

Usage::

    python benchmarks/preprocessing.py FOLDER [--model BUNDLE] [--seed 0] [--rows WORD ...] [--json]
    python benchmarks/preprocessing.py FOLDER --found

FOLDER holds measured patterns and a ``manifest.csv``, as for ``crystinet evaluate --measured``.
Every row of the table identifies all of its patterns of quality ``ok`` with the same bundle; only
the preparation differs. The networks were trained with one preparation, that of the first row, and
not anew for the others: a row says what a change of the preparation alone does to this bundle, not
what networks trained with it could do.

The alternatives are

- *spikes*: up to three spikes of one or two points, a tenth to three times as high as the strongest
  line, are added to every pattern at random, and removed or left;
- *K-alpha2 subtracted* from all patterns of tubes, copper too;
- *background*: other stiffnesses (period) and another end of the iteration (tolerance);
- *smoothing*: none, or a window twice as wide;
- *direct beam*: a fall of 1 to 100 times the strongest line that decays over 0.2 to 1 degree, at
  random, is added to the begin of every pattern, and masked or left;
- *K-beta*: lines of a given share of K-alpha are added; K-beta is subtracted where the strongest
  lines agree about its share (``k_beta.py``), or left.

``--rows`` measures the first row and those whose names contain one of some words. ``--found`` only
lists the patterns, mixtures included, in which spikes, the direct beam or K-beta are found.
"""

import argparse
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
from crystinet.core.errors import CrystinetError
from crystinet.core.grid import DEFAULT_GRID
from crystinet.core.notes import NoteCode
from crystinet.evaluation.measured import MeasuredReport, evaluate_measured
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.patterns import Pattern, preprocess, read_pattern
from crystinet.patterns.k_alpha2 import subtract_k_alpha2
from crystinet.patterns.sample import Sample
from k_beta import find_k_beta, k_beta_of, without_k_beta

Change = Callable[[Pattern], Pattern]

DEFECTS = (NoteCode.SPIKES_REMOVED, NoteCode.DIRECT_BEAM_MASKED)


class Preparing(Model):
    """A model that changes measured patterns before it prepares them."""

    def __init__(
        self,
        base: Model,
        change: Change,
        *,
        after: Change | None = None,
        despike: bool = True,
        mask_beam: bool = True,
        **settings: Any,
    ):
        config = replace(base.bundle.preprocessing, **settings)
        super().__init__(replace(base.bundle, preprocessing=config))
        self._change, self._after = change, after or unchanged
        self._repairs = {"despike": despike, "mask_beam": mask_beam}

    def sample(self, pattern: Pattern) -> Sample:
        """Change a pattern, and preprocess it with the settings of this alternative."""
        bundle = self.bundle
        prepared = preprocess(
            self._change(pattern),
            grid=bundle.axis.grid,
            config=bundle.preprocessing,
            **self._repairs,
        )
        return Sample(pattern, self._after(prepared), bundle.axis.grid, bundle.preprocessing)


def unchanged(pattern: Pattern) -> Pattern:
    """Return the pattern itself."""
    return pattern


def add_spikes(seed: int) -> Change:
    """Make a function that adds up to three spikes, the same to the same pattern."""

    def change(pattern: Pattern) -> Pattern:
        rng = np.random.default_rng([seed, *pattern.name.encode()])
        spiky = pattern.intensity.copy()
        top = float(spiky.max() - np.median(spiky))
        for _ in range(rng.integers(1, 4)):
            first, width = rng.integers(3, len(spiky) - 4), rng.integers(1, 3)
            spiky[first : first + width] += top * 10.0 ** rng.uniform(-1.0, 0.5)
        return replace(pattern, intensity=spiky)

    return change


def add_direct_beam(seed: int) -> Change:
    """Make a function that adds the direct beam, the same to the same pattern.

    It begins with the range, or at the begin of the grid if the range begins before that.
    """

    def change(pattern: Pattern) -> Pattern:
        rng = np.random.default_rng([seed, *pattern.name.encode()])
        y, x = pattern.intensity, as_copper(pattern)
        top = float(y.max() - np.median(y)) * 10.0 ** rng.uniform(0.0, 2.0)
        decay = 10.0 ** rng.uniform(np.log10(0.2), 0.0)
        beyond = np.maximum(x - max(x[0], DEFAULT_GRID.start_deg), 0.0)
        return replace(pattern, intensity=y + top * np.exp(-beyond / decay))

    return change


def as_copper(pattern: Pattern) -> FloatArray:
    """2theta for the wavelength of the grid, degrees; 180 beyond its reach. Shape (n,)."""
    d_angstrom = d_from_two_theta(pattern.two_theta_deg, pattern.radiation.wavelength_angstrom)
    angles = two_theta_from_d(d_angstrom, DEFAULT_GRID.wavelength_angstrom)
    return np.where(np.isnan(angles), 180.0, angles)


def add_k_beta(weight: float) -> Change:
    """Make a function that adds K-beta lines to what stands above the lowest tenth."""

    def change(pattern: Pattern) -> Pattern:
        y = pattern.intensity
        lines = np.maximum(y - np.percentile(y, 10.0), 0.0)
        return replace(pattern, intensity=y + weight * k_beta_of(pattern.two_theta_deg, lines))

    return change


def strip_k_alpha2(pattern: Pattern) -> Pattern:
    """Subtract K-alpha2 above the lowest tenth of the intensities, whether it is there or not."""
    radiation = pattern.radiation
    if len(radiation.wavelengths_angstrom) < 2:
        return pattern
    first, second = radiation.wavelengths_angstrom[:2]
    inside = (pattern.two_theta_deg > 0.0) & (pattern.two_theta_deg < 175.0)
    x, y = pattern.two_theta_deg[inside], pattern.intensity[inside]
    floor = float(np.percentile(y, 10.0))
    alpha1 = subtract_k_alpha2(
        x, y - floor, wavelengths_angstrom=(first, second), ratio=radiation.weights[1]
    )
    return replace(
        pattern,
        two_theta_deg=x,
        intensity=alpha1 + floor,
        mask=pattern.mask[inside],
        radiation=replace(radiation, wavelengths_angstrom=(first,), weights=(1.0,)),
    )


def alternatives(base: Model, *, seed: int) -> Iterator[tuple[str, Model]]:
    """Name and model of each row."""
    period = base.bundle.preprocessing.background_period_deg
    window = base.bundle.preprocessing.smoothing_window_deg
    spikes = add_spikes(seed)
    yield "as it is", Preparing(base, unchanged)
    yield "spikes not looked for", Preparing(base, unchanged, despike=False)
    yield "1-3 spikes added, removed", Preparing(base, spikes)
    yield "1-3 spikes added, left", Preparing(base, spikes, despike=False)
    yield "K-alpha2 subtracted", Preparing(base, strip_k_alpha2)
    for factor in (0.5, 2.0, 4.0):
        name = f"background period {factor * period:g} deg"
        yield name, Preparing(base, unchanged, background_period_deg=factor * period)
    for tolerance in (1e-1, 1e-3):
        name = f"background tolerance {tolerance:g}"
        yield name, Preparing(base, unchanged, background_tolerance=tolerance)
    yield "no smoothing", Preparing(base, unchanged, smoothing_window_deg=1e-3)
    name = f"smoothing window {2.0 * window:g} deg"
    yield name, Preparing(base, unchanged, smoothing_window_deg=2.0 * window)
    beam = add_direct_beam(seed)
    yield "direct beam not looked for", Preparing(base, unchanged, mask_beam=False)
    yield "direct beam added, masked", Preparing(base, beam)
    yield "direct beam added, left", Preparing(base, beam, mask_beam=False)
    yield "K-beta subtracted where found", Preparing(base, unchanged, after=without_k_beta)
    for share in (0.02, 0.05, 0.15):
        name, change = f"K-beta of {100.0 * share:g} % added", add_k_beta(share)
        yield f"{name}, left", Preparing(base, change)
        yield f"{name}, subtracted", Preparing(base, change, after=without_k_beta)


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one alternative, shares from 0 to 1; see `MeasuredReport`."""

    preparation: str
    patterns: int
    top1: float
    top3: float
    macro: float
    rruff_top1: float
    outside: int
    outside_not_known: float
    correct_known: float
    known_correct: float
    mixtures: int
    mixtures_not_known: float
    changed: int

    @classmethod
    def of(cls, name: str, report: MeasuredReport, first: MeasuredReport) -> "Row":
        """Take the figures of a report; ``changed`` counts other answers than in the first one."""
        pairs = zip(report.answers, first.answers, strict=True)
        return cls(
            preparation=name,
            patterns=report.accuracy.patterns,
            top1=report.accuracy.top1,
            top3=report.accuracy.top3,
            macro=report.accuracy.mean_over_classes,
            rruff_top1=report.rruff.top1,
            outside=report.outside_patterns,
            outside_not_known=report.outside_not_known,
            correct_known=report.correct_known,
            known_correct=report.known_correct,
            mixtures=report.mixtures,
            mixtures_not_known=report.mixtures_not_known,
            changed=sum((a.answer, a.verdict) != (b.answer, b.verdict) for a, b in pairs),
        )


def measure(
    folder: Path, *, model: Path | None, seed: int, words: Sequence[str] = ()
) -> Iterator[Row]:
    """Evaluate the first alternative and those named by one of the words, all without words."""
    first = None
    for name, alternative in alternatives(Model(load_bundle(model)), seed=seed):
        if first and words and not any(word in name for word in words):
            continue
        report = evaluate_measured(alternative, folder)
        first = first or report
        yield Row.of(name, report, first)


def print_found(folder: Path) -> None:
    """List what is found in which pattern of quality ``ok`` and in which mixture."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        entries = [row for row in csv.DictReader(file) if row["quality"] in ("ok", "mixture")]
    n = 0
    for entry in entries:
        # "1.5406/1.5444": the strongest line is the first.
        strongest = entry["wavelength_angstrom"].partition("/")[0].strip()
        wavelength = float(strongest) if strongest[:1].isdigit() else None
        try:
            prepared = preprocess(
                read_pattern(folder / entry["file"], wavelength_angstrom=wavelength)
            )
        except CrystinetError as error:
            print(f"{entry['id']}: refused, {error.message}")
            continue
        n += 1
        found = [note.text for note in prepared.notes if note.code in DEFECTS]
        if weight := find_k_beta(prepared):
            found.append(f"K-beta, weight {weight:.4f}")
        if found:
            print(f"{entry['id']}: {'; '.join(found)}")
    print(f"{n} patterns")


def print_table(rows: list[Row]) -> None:
    """Print a Markdown table."""
    names = ["top-1", "top-3", "macro", "RRUFF", "outside not known", "correct known"]
    names += ["known correct", "mixtures not known"]
    print(
        f"{rows[0].patterns} patterns in the catalogue, {rows[0].outside} outside it, "
        f"{rows[0].mixtures} mixtures\n"
    )
    print("| preparation |", " | ".join(names), "| other answers or verdicts |")
    print("|" + " --- |" * (len(names) + 2))
    for row in rows:
        shares = [row.top1, row.top3, row.macro, row.rruff_top1]
        shares += [row.outside_not_known, row.correct_known, row.known_correct]
        shares.append(row.mixtures_not_known)
        cells = [f"{100.0 * share:.1f} %" for share in shares]
        print(f"| {row.preparation} |", " | ".join(cells), f"| {row.changed} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="measured patterns and their manifest.csv")
    parser.add_argument("--model", type=Path, help="bundle instead of the built-in one")
    parser.add_argument("--seed", type=int, default=0, help="of the added spikes")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--rows", nargs="*", default=(), help="words in the names of the rows")
    parser.add_argument("--found", action="store_true", help="only list what is found where")
    options = parser.parse_args()
    if options.found:
        print_found(options.folder)
        return
    rows = list(measure(options.folder, model=options.model, seed=options.seed, words=options.rows))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        print_table(rows)


if __name__ == "__main__":
    main()
