"""What each lever brings: train variants at equal effort, and judge them on held-out compounds.

Usage::

    python benchmarks/ablation.py dataset.npz FOLDER (--patterns N | --cpu-seconds S)
                                  [--only VARIANT]... [--seed 1] [--test-patterns 1000]
                                  [--paper-batch 16] [--json]

Variants (all of them unless ``--only`` names some):

- *paper*: the published recipe, `crystinet train --recipe paper`, in batches of ``--paper-batch``
  patterns: each of its ten nets gets about a tenth of the patterns only, and large batches would
  leave it a handful of steps;
- *default*: the recipe of this package;
- *no negatives*: default, without the loss for patterns of other groups and outside structures
  (``negative_weight`` 0), and without drawing outside structures;
- *no union loss*: default, without the cross-entropy over all types of all nets
  (``union_weight`` 0);
- *deeper*: default, with the further blocks and the attention of the bundle in the package
  (decision 13), from the first pattern on instead of grown;
- *2theta axis*: default, with bins uniform in 2theta instead of ln(1/d), and so without the search
  for the lattice scale in the similarity.

Equal effort is the same number of patterns (``--patterns``), or the same processor time
(``--cpu-seconds``: a probe measures how long a pattern of each variant takes, rendering included,
and the number of patterns follows). Patterns and processor seconds that were really spent are in
the table. All see the same data set, augmentation and seed, in one process and one thread.

What is finished stays in FOLDER/VARIANT; the same command goes on where it stopped. The patterns of
the test are the same for every variant that sees the same grid.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from crystinet.cli.stages import StageBars
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.simulated import evaluate_simulated
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import save_bundle
from crystinet.model.inference import Model
from crystinet.model.representation import LinearAxis
from crystinet.training.export import ExportEffort
from crystinet.training.groups import published_groups
from crystinet.training.logs import RunState
from crystinet.training.recipes.default.export import export_bundle
from crystinet.training.recipes.default.loop import Trainer, TrainingConfig
from crystinet.training.recipes.published.export import export_published
from crystinet.training.recipes.published.loop import PublishedConfig
from crystinet.training.recipes.published.run import PublishedRun, PublishedState

Config = TrainingConfig | PublishedConfig
Run = Trainer | PublishedRun
RESULT, SPENT = "result.json", "spent.json"
#: Steps of the probe: those before the clock runs compile and fill caches.
_WARM_STEPS, _TIMED_STEPS = 2, 4
#: As in docs/explanation/recipes.md.
_DEEPER: dict[str, Any] = {"deeper": (0, 0, 0, 0, 1, 0, 1, 1), "attention_after": (4, 6, 7)}
_COLUMNS = ("patterns", "CPU s", "top-1", "top-3", "mean over classes", "AUROC known/unknown")


def variants(seed: int, *, paper_batch: int) -> dict[str, Config]:
    """Settings of each variant."""
    default = TrainingConfig(seed=seed)
    alone = replace(default.rendering, outside_share=0.0)
    return {
        "paper": PublishedConfig(
            seed=seed, batch_size=paper_batch, validations=5, validation_patterns=100
        ),
        "default": default,
        "no negatives": replace(
            default, loss=replace(default.loss, negative_weight=0.0), rendering=alone
        ),
        "no union loss": replace(default, loss=replace(default.loss, union_weight=0.0)),
        "deeper": replace(default, net=replace(default.net, **_DEEPER)),
        "2theta axis": replace(default, axis=LinearAxis.kind),
    }


def make_run(data: Dataset, config: Config, folder: Path) -> Run:
    """A run of either recipe, which goes on from its checkpoint."""
    groups = published_groups(load_catalogue())
    if isinstance(config, PublishedConfig):
        run: Run = PublishedRun(data, groups, config, folder)
    else:
        # Validation does not choose the weights here, so it would only cost time.
        run = Trainer(data, groups, replace(config, validation_every=10**9), folder)
    run.resume()
    return run


class _Enough(Exception):
    """The probe has seen enough."""


def seconds_per_pattern(data: Dataset, config: Config, folder: Path) -> float:
    """Processor seconds that a variant needs for a pattern, from a few steps."""
    times: list[tuple[float, int]] = []

    def count(progress: RunState | PublishedState) -> None:
        times.append((time.process_time(), progress.patterns))
        if len(times) > _WARM_STEPS + _TIMED_STEPS:
            raise _Enough

    enough = config.batch_size * (_WARM_STEPS + _TIMED_STEPS + 1) * 100
    run = make_run(data, replace(config, patterns=enough), folder)
    try:
        run.run(count)
    except _Enough:
        pass
    (start, first), (end, last) = times[_WARM_STEPS], times[-1]
    return (end - start) / (last - first)


def train(run: Run, folder: Path, show: Callable[[str, int, int], None]) -> float:
    """Train to the end; processor seconds of this and all earlier calls in this folder."""
    path = folder / SPENT
    before = float(json.loads(path.read_text())) if path.exists() else 0.0
    started = time.process_time()

    def report(progress: RunState | PublishedState) -> None:
        show("training", progress.patterns, run.config.patterns)

    try:
        run.run(report)
    finally:
        spent = before + time.process_time() - started
        path.write_text(json.dumps(spent))
    return spent


def export(run: Run, dataset: Path, show: Callable[..., None]) -> Bundle:
    """The bundle of a run, fitted with less effort than usual."""
    effort = ExportEffort(averaged_per_class=24, features_per_class=12, calibration_patterns=300)
    options: dict[str, Any] = {"version": "ablation", "dataset_path": dataset, "effort": effort}
    catalogue = load_catalogue()
    if isinstance(run, PublishedRun):
        return export_published(run, catalogue, report=show, **options)
    return export_bundle(run, catalogue, report=show, **options)


def measure(
    name: str, config: Config, options: argparse.Namespace, data: Dataset
) -> dict[str, Any]:
    """Train, export and judge one variant, or read what an earlier call found."""
    folder = options.folder / name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULT
    effort = {
        "patterns": options.patterns,
        "cpu_seconds": options.cpu_seconds,
        "seed": options.seed,
        "test_patterns": options.test_patterns,
        **({"batch": config.batch_size} if name == "paper" else {}),
    }
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text())
        if found["effort"] != effort:
            raise SystemExit(f"{folder} was trained with {found['effort']}: name another folder.")
        return found
    planned = folder / "patterns.json"
    if not planned.exists():
        n = options.patterns
        if n is None:
            n = round(options.cpu_seconds / seconds_per_pattern(data, config, folder / "probe"))
        planned.write_text(json.dumps(n))
    config = replace(config, patterns=int(json.loads(planned.read_text())))
    with StageBars() as bars:

        def show(stage: str, done: int, total: int, *, note: str = "") -> None:
            bars(f"{name}: {stage}", done, total, note=note)

        run = make_run(data, config, folder)
        spent = train(run, folder, show)
        bundle = export(run, options.dataset, show)
        save_bundle(bundle, folder / "bundle")
        report = evaluate_simulated(
            Model(bundle), data, seed=options.seed, max_patterns=options.test_patterns, report=show
        )
    accuracy = report.accuracy
    values = (
        run.patterns,
        spent,
        accuracy.top1,
        accuracy.top3,
        accuracy.mean_over_classes,
        report.screening.auroc,
    )
    result = {
        "variant": name,
        "effort": effort,
        "bundle": bundle.id,
        "test patterns": accuracy.patterns,
        "classes": accuracy.classes,
        "other structures": report.screening.patterns,
        **dict(zip(_COLUMNS, values, strict=True)),
        "top-1 by alpha": report.by_alpha,
    }
    path.write_text(json.dumps(result, indent=1))
    return result


def print_table(results: list[dict[str, Any]]) -> None:
    """Print a Markdown table."""
    print(f"| variant | {' | '.join(_COLUMNS)} |\n| --- |{' --- |' * len(_COLUMNS)}")
    for row in results:
        shares = " | ".join(f"{row[c]:.1%}" for c in _COLUMNS[2:5])
        print(
            f"| {row['variant']} | {row['patterns']} | {row['CPU s']:.0f} | {shares} | "
            f"{row[_COLUMNS[5]]:.3f} |"
        )
    if results:
        row = results[0]
        print(
            f"\n{row['test patterns']} test compounds of {row['classes']} classes, "
            f"{row['other structures']} other structures."
        )


def main() -> None:
    """Train and judge what is not finished yet, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dataset", type=Path, help="data set of `crystinet corpus build`")
    parser.add_argument("folder", type=Path, help="for runs and results")
    effort = parser.add_mutually_exclusive_group(required=True)
    effort.add_argument("--patterns", type=int, help="equal number of patterns")
    effort.add_argument("--cpu-seconds", type=float, help="equal processor time of the training")
    parser.add_argument("--only", action="append", metavar="VARIANT", help="instead of all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--test-patterns", type=int, default=1_000)
    parser.add_argument(
        "--paper-batch", type=int, default=16, help="batch size of the paper recipe"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen = variants(options.seed, paper_batch=options.paper_batch)
    unknown = [name for name in options.only or () if name not in chosen]
    if unknown:
        parser.error(f"no variant {', '.join(unknown)}; there are {', '.join(chosen)}")
    torch.set_num_threads(1)
    data = Dataset.load(options.dataset)
    results = [
        measure(name, config, options, data)
        for name, config in chosen.items()
        if name in (options.only or chosen)
    ]
    if options.json:
        print(json.dumps(results, indent=1))
    else:
        print_table(results)


if __name__ == "__main__":
    main()
