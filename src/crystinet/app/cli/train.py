"""``crystinet train``: from a data set to a model bundle."""

import math
import signal
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.cli.extras import TRAINING, need_extra
from crystinet.app.cli.settings import settings_from
from crystinet.core.errors import ConfigError

if TYPE_CHECKING:
    from crystinet.training.logs import Progress


def train(
    dataset: Annotated[Path, typer.Argument(help="Data set of `crystinet corpus build`.")],
    run: Annotated[Path, typer.Argument(help="Folder for checkpoints, log and the bundle.")],
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
      torchrun --nproc-per-node 2 -m crystinet train dataset.npz runs/second
    """  # noqa: D301
    need_extra("train", *TRAINING, what="Training")
    if tensorboard:
        need_extra("tensorboard", "tensorboard", what="--tensorboard")
    import torch

    from crystinet.app.cli.stages import StageBars
    from crystinet.corpus.dataset import Dataset
    from crystinet.crystals.catalogue import load_catalogue
    from crystinet.training.distributed import join_workgroup, leave_workgroup
    from crystinet.training.export import export_bundle
    from crystinet.training.loop import CHECKPOINT, Trainer, TrainingConfig
    from crystinet.training.plan import fit_plan, load_plan

    if (run / CHECKPOINT).exists() and not resume:
        raise ConfigError(
            f"{run} holds a checkpoint.", hint="Add --resume, or name another folder."
        )
    torch.set_num_threads(threads)
    plan, groups_from = load_plan(groups)
    given = {"patterns": patterns, "seed": seed, "workers": workers}
    settings = settings_from(
        TrainingConfig, config, {k: v for k, v in given.items() if v is not None}
    )
    fitted, data, warnings = fit_plan(plan, Dataset.load(dataset))
    workgroup = join_workgroup()
    if workgroup.leads:
        for warning in warnings:
            typer.echo(f"crystinet: warning: {warning}", err=True)
    trainer = Trainer(data, fitted, settings, run, workgroup=workgroup, tensorboard=tensorboard)
    if not (resume and trainer.resume()) and start_from is not None:
        trainer.start_from(start_from)
    # What a batch system sends before it ends a job is as good as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with StageBars() if workgroup.leads else nullcontext(_no_report) as report:

        def show(progress: "Progress") -> None:
            report("training", progress.patterns, settings.patterns, note=_note(progress))

        trainer.run(show)
        leave_workgroup()
        if not workgroup.leads:
            return 0
        export_bundle(
            trainer,
            load_catalogue(),
            run / "bundle",
            version=version,
            dataset_path=dataset,
            groups_from=groups_from,
            report=report,
        )
    typer.echo(f"Bundle written to {run / 'bundle'}", err=True)
    return 0


def _note(progress: "Progress") -> str:
    """What stands below the bar: smoothed loss and accuracy, validation, and speed."""
    validated = progress.validation_top1
    return (
        f"loss {progress.loss:.3f}, top-1 {progress.accuracy:.3f}, validation "
        f"{'-' if math.isnan(validated) else format(validated, '.3f')}, "
        f"{progress.patterns_per_second:.0f} patterns/s"
    )


def _no_report(stage: str, done: int, total: int, *, note: str = "") -> None:
    """Progress of the processes that do not lead."""
