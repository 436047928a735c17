"""``crystinet train``: from a data set to a model bundle."""

import signal
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crystinet.core.config import read_settings
from crystinet.core.extras import TRAINING, need_extra
from crystinet.core.progress import silent
from crystinet.training.recipes.names import DEFAULT, PAPER


class RecipeName(StrEnum):
    """How a bundle is built and trained."""

    DEFAULT = DEFAULT
    PAPER = PAPER


def train(
    dataset: Annotated[Path, typer.Argument(help="Data set of `crystinet corpus build`.")],
    run: Annotated[Path, typer.Argument(help="Folder for checkpoints, log and the bundle.")],
    recipe: Annotated[
        RecipeName,
        typer.Option(
            help="default: nets on shared stages, taught what is not theirs. paper: the published "
            "method, separate nets of 1.9 million weights each."
        ),
    ] = RecipeName.DEFAULT,
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

    from crystinet.cli.stages import StageBars
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.model.bundle_files import save_bundle
    from crystinet.training.distributed import join_workgroup
    from crystinet.training.plan import fit_plan, load_plan
    from crystinet.training.recipes.recipe import TrainingJob, check_options, check_run_folder
    from crystinet.training.recipes.table import RECIPES, recipe_of

    chosen = recipe_of(recipe)
    check_run_folder(chosen, run, resume=resume, recipes=RECIPES)
    check_options(chosen, start_from=start_from, tensorboard=tensorboard)
    torch.set_num_threads(threads)
    plan, groups_from = load_plan(groups)
    options = {"patterns": patterns, "seed": seed, "workers": workers}
    given = {k: v for k, v in options.items() if v is not None}
    settings = read_settings(chosen.config_type, config, given)
    fitted, data, warnings = fit_plan(plan, Dataset.load(dataset))
    workgroup = join_workgroup(days_to_wait=chosen.days_to_wait)
    if workgroup.leads:
        for warning in warnings:
            typer.echo(f"crystinet: warning: {warning}", err=True)
    # What a batch system sends before it ends a job is as good as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    job = TrainingJob(
        dataset=data,
        groups=fitted,
        folder=run,
        dataset_path=dataset,
        workgroup=workgroup,
        groups_from=groups_from,
        version=version,
        resume=resume,
        start_from=start_from,
        tensorboard=tensorboard,
    )
    with StageBars() if workgroup.leads else nullcontext(silent) as report:
        bundle = chosen.train(job, settings, report)
    if bundle is not None:
        save_bundle(bundle, run / "bundle")
        typer.echo(f"Bundle written to {run / 'bundle'}", err=True)
    return 0
