"""``crystinet train``: from a data set to a model bundle."""

import signal
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from crystinet.core.errors import ConfigError, MissingExtraError


def train(
    dataset: Annotated[Path, typer.Argument(help="Data set of `crystinet corpus build`.")],
    run: Annotated[Path, typer.Argument(help="Folder for checkpoints, log and the bundle.")],
    patterns: Annotated[int, typer.Option(min=1, help="Patterns to train on in all.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Of weights, sampling and augmentation.")] = 1,
    workers: Annotated[
        int, typer.Option(min=0, help="Extra processes that render patterns, for a GPU.")
    ] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in the folder.")
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
      torchrun --nproc-per-node 2 -m crystinet train dataset.npz runs/second
    """  # noqa: D301
    _need_torch()
    import torch

    from crystinet.app.cli.stages import StageBars
    from crystinet.corpus.dataset import Dataset
    from crystinet.crystals.catalogue import load_catalogue
    from crystinet.training.distributed import join_workgroup, leave_workgroup
    from crystinet.training.export import export_bundle
    from crystinet.training.groups import published_groups
    from crystinet.training.loop import CHECKPOINT, Progress, Trainer, TrainingConfig

    if (run / CHECKPOINT).exists() and not resume:
        raise ConfigError(
            f"{run} holds a checkpoint.", hint="Add --resume, or name another folder."
        )
    torch.set_num_threads(threads)
    catalogue = load_catalogue()
    config = TrainingConfig(patterns=patterns, seed=seed, workers=workers)
    data = Dataset.load(dataset)
    workgroup = join_workgroup()
    trainer = Trainer(data, published_groups(catalogue), config, run, workgroup=workgroup)
    if resume:
        trainer.resume()
    # What a batch system sends before it ends a job is as good as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with StageBars() if workgroup.leads else nullcontext(_no_report) as report:

        def show(progress: Progress) -> None:
            note = (
                f"loss {progress.loss:.3f}, top-1 {progress.accuracy:.3f}, "
                f"validation {progress.validation_top1:.3f}, {progress.patterns_per_second:.0f}/s"
            )
            report("training", progress.patterns, patterns, note=note)

        trainer.run(show)
        leave_workgroup()
        if not workgroup.leads:
            return 0
        export_bundle(
            trainer, catalogue, run / "bundle", version=version, report=report, dataset_path=dataset
        )
    typer.echo(f"Bundle written to {run / 'bundle'}", err=True)
    return 0


def _no_report(stage: str, done: int, total: int, *, note: str = "") -> None:
    """Progress of the processes that do not lead."""


def _need_torch() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("torch", "onnx", "pyarrow", "numba") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"Training needs {', '.join(missing)}.",
            hint='Install them with: pip install "crystinet[train]"',
        )
