"""``crystinet train``: from a data set to a model bundle."""

import math
import signal
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.core.config import read_settings
from crystinet.core.errors import ConfigError
from crystinet.core.extras import TRAINING, need_extra

if TYPE_CHECKING:
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.training.distributed import Workgroup
    from crystinet.training.groups import Groups
    from crystinet.training.logs import Progress
    from crystinet.training.recipes.default.loop import TrainingConfig
    from crystinet.training.recipes.published.loop import PublishedConfig


class Recipe(StrEnum):
    """How a union is built and trained."""

    DEFAULT = "default"
    PAPER = "paper"


def train(
    dataset: Annotated[Path, typer.Argument(help="Data set of `crystinet corpus build`.")],
    run: Annotated[Path, typer.Argument(help="Folder for checkpoints, log and the bundle.")],
    recipe: Annotated[
        Recipe,
        typer.Option(
            help="default: nets on shared stages, taught what is not theirs. paper: the published "
            "method, separate nets of 1.9 million weights each."
        ),
    ] = Recipe.DEFAULT,
    patterns: Annotated[
        int | None,
        typer.Option(min=1, show_default="1000000", help="Patterns to train on in all."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(show_default="1", help="Of weights, sampling and augmentation."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0, show_default="0", help="Extra processes that render patterns, for a GPU."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            show_default=False,
            help="Settings other than the default ones, with the names of TrainingConfig; the "
            "options above win.",
        ),
    ] = None,
    groups: Annotated[
        str,
        typer.Option(
            metavar="published|PLAN.json",
            help="Which types share a network: the published groups, or a plan of `crystinet "
            "group`.",
        ),
    ] = "published",
    start_from: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            show_default=False,
            help="Start with the weights of another run with the same networks and types.",
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in the folder.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write events for TensorBoard into RUN.")
    ] = False,
    version: Annotated[str, typer.Option(help="Version to write into the bundle.")] = "0",
) -> int:
    """Train the RCNets, then write the bundle into RUN/bundle.

    Ctrl-C and SIGTERM leave a checkpoint; the same command with --resume goes on from it.
    torch's launcher runs it in several processes, one for each core or GPU.

    \b
    Example:
      crystinet train dataset.npz runs/first --patterns 1000000
      crystinet train dataset.npz runs/first --patterns 1000000 --resume
      crystinet train dataset.npz runs/small --config small.toml
      crystinet train dataset.npz runs/grouped --groups plan.json --tensorboard
      crystinet train dataset.npz runs/paper --recipe paper
      torchrun --nproc-per-node 2 -m crystinet train dataset.npz runs/second
    """  # noqa: D301
    need_extra("train", *TRAINING, what="Training")
    if tensorboard:
        need_extra("tensorboard", "tensorboard", what="--tensorboard")
    import torch

    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.training.distributed import join_workgroup
    from crystinet.training.plan import fit_plan, load_plan
    from crystinet.training.recipes.default.loop import TrainingConfig
    from crystinet.training.recipes.published.loop import PublishedConfig

    _check_folder(run, recipe, resume=resume)
    if recipe is Recipe.PAPER and (start_from is not None or tensorboard):
        raise ConfigError(
            "--recipe paper does not go with --start-from or --tensorboard.",
            hint="Leave them out.",
        )
    torch.set_num_threads(threads)
    plan, groups_from = load_plan(groups)
    options = {"patterns": patterns, "seed": seed, "workers": workers}
    given = {k: v for k, v in options.items() if v is not None}
    settings: TrainingConfig | PublishedConfig
    if recipe is Recipe.PAPER:
        settings = read_settings(PublishedConfig, config, given)
    else:
        settings = read_settings(TrainingConfig, config, given)
    fitted, data, warnings = fit_plan(plan, Dataset.load(dataset))
    workgroup = join_workgroup(days_to_wait=30 if recipe is Recipe.PAPER else None)
    if workgroup.leads:
        for warning in warnings:
            typer.echo(f"crystinet: warning: {warning}", err=True)
    # What a batch system sends before it ends a job is as good as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    job = _Job(data, fitted, run, workgroup, dataset, groups_from, version, resume=resume)
    if isinstance(settings, PublishedConfig):
        _train_paper(job, settings)
    else:
        _train_default(job, settings, start_from=start_from, tensorboard=tensorboard)
    if workgroup.leads:
        typer.echo(f"Bundle written to {run / 'bundle'}", err=True)
    return 0


@dataclass(frozen=True)
class _Job:
    """What both recipes need: data, groups, folder, processes, and facts for the bundle."""

    data: "Dataset"
    groups: "Groups"
    run: Path
    workgroup: "Workgroup"
    dataset: Path
    groups_from: str
    version: str
    resume: bool


def _train_default(
    job: _Job, settings: "TrainingConfig", *, start_from: Path | None, tensorboard: bool
) -> None:
    """Train and export."""
    from crystinet.cli.stages import StageBars
    from crystinet.crystals.catalogue import load_catalogue
    from crystinet.training.distributed import leave_workgroup
    from crystinet.training.recipes.default.export import export_bundle
    from crystinet.training.recipes.default.loop import Trainer

    trainer = Trainer(
        job.data, job.groups, settings, job.run, workgroup=job.workgroup, tensorboard=tensorboard
    )
    if not (job.resume and trainer.resume()) and start_from is not None:
        trainer.start_from(start_from)
    with StageBars() if job.workgroup.leads else nullcontext(_no_report) as report:

        def show(progress: "Progress") -> None:
            report("training", progress.patterns, settings.patterns, note=_note(progress))

        trainer.run(show)
        leave_workgroup()
        if job.workgroup.leads:
            export_bundle(
                trainer,
                load_catalogue(),
                job.run / "bundle",
                version=job.version,
                dataset_path=job.dataset,
                groups_from=job.groups_from,
                report=report,
            )


def _train_paper(job: _Job, settings: "PublishedConfig") -> None:
    """The same for the published recipe; several processes share the nets among themselves."""
    from crystinet.cli.stages import StageBars
    from crystinet.crystals.catalogue import load_catalogue
    from crystinet.training.distributed import leave_workgroup
    from crystinet.training.recipes.published.export import export_published
    from crystinet.training.recipes.published.run import PublishedProgress, PublishedRun

    nets = PublishedRun(job.data, job.groups, settings, job.run, workgroup=job.workgroup)
    if job.resume:
        nets.resume()
    with StageBars() if job.workgroup.leads else nullcontext(_no_report) as report:

        def show(progress: PublishedProgress) -> None:
            note = (
                f"net {progress.net}, loss {progress.loss:.3f}, top-1 {progress.accuracy:.3f}, "
                f"validation loss {_number(progress.validation_loss)}, "
                f"{progress.patterns_per_second:.0f} patterns/s"
            )
            report("training", progress.patterns, progress.total, note=note)

        nets.run(show)
        job.workgroup.wait()
        leave_workgroup()
        if job.workgroup.leads:
            nets.collect()
            export_published(
                nets,
                load_catalogue(),
                job.run / "bundle",
                version=job.version,
                dataset_path=job.dataset,
                groups_from=job.groups_from,
                report=report,
            )


def _check_folder(run: Path, recipe: Recipe, *, resume: bool) -> None:
    """Refuse a folder with a run of the other recipe, or one that is not to be gone on with."""
    from crystinet.training.recipes.default.checkpoint import CHECKPOINT
    from crystinet.training.recipes.published.loop import CHECKPOINTS

    found = {
        Recipe.DEFAULT: (run / CHECKPOINT).exists(),
        Recipe.PAPER: any(run.glob(CHECKPOINTS)),
    }
    if found[recipe] and not resume:
        raise ConfigError(
            f"{run} holds a checkpoint.", hint="Add --resume, or name another folder."
        )
    if any(found.values()) and not found[recipe]:
        raise ConfigError(f"{run} holds a run of another recipe.", hint="Name another folder.")


def _note(progress: "Progress") -> str:
    """What stands below the bar: smoothed loss and accuracy, validation, and speed."""
    return (
        f"loss {progress.loss:.3f}, top-1 {progress.accuracy:.3f}, validation "
        f"{_number(progress.validation_top1)}, {progress.patterns_per_second:.0f} patterns/s"
    )


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _no_report(stage: str, done: int, total: int, *, note: str = "") -> None:
    """Progress of the processes that do not lead."""
