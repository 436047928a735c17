"""``crystinet train``: from a data set to a model bundle."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.train import RecipeName
from crystinet.cli.shell import EXIT_OK, say, terminable


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
            metavar="RUN|BUNDLE",
            show_default=False,
            help="Start with the weights of another run with the same networks and types, or with "
            "the shared stages of a bundle and its networks of groups that both have.",
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
    from crystinet.app import train as use_case
    from crystinet.cli.stages import StageBars

    with terminable(), StageBars() as bars:
        trained = use_case.train(
            dataset,
            run,
            recipe=recipe,
            settings=config,
            patterns=patterns,
            seed=seed,
            workers=workers,
            groups=groups,
            start_from=start_from,
            threads=threads,
            resume=resume,
            tensorboard=tensorboard,
            version=version,
            report=bars,
            warn=lambda warning: say(f"crystinet: warning: {warning}", err=True),
        )
    if trained.bundle is not None:
        say(f"Bundle written to {trained.folder}", err=True)
    return EXIT_OK
