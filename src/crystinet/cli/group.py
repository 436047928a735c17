"""``crystinet group``: which structure types share a network."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.outcome import EXIT_OK
from crystinet.cli.shell import print_json
from crystinet.core.extras import GROUPING, need_extra

if TYPE_CHECKING:
    from crystinet.training.plan import GroupPlan


def group(
    dataset: Annotated[
        Path, typer.Argument(show_default=False, help="Data set of `crystinet corpus build`.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PLAN.json",
            show_default=False,
            help="Write the plan here, for `crystinet train --groups`.",
        ),
    ] = None,
    groups: Annotated[int, typer.Option(min=1, metavar="N", help="Number of groups.")] = 10,
    seed: Annotated[
        int, typer.Option(min=0, help="Of patterns, map and groups: equal seed, equal plan.")
    ] = 1,
    patterns: Annotated[
        int, typer.Option(min=1, metavar="N", help="Augmented patterns in each average.")
    ] = 120,
    published: Annotated[
        bool, typer.Option("--published", help="The published groups, with their map.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURE", show_default=False, help="Draw the map: .png, .svg or .pdf."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as JSON.")] = False,
) -> int:
    """Group structure types by how much their patterns resemble.

    Average pattern of each type over augmented training patterns, UMAP to two dimensions, affinity
    propagation. Types without a training compound are left out.

    \b
    Examples:
      crystinet group dataset.npz -o plan.json --plot map.png
      crystinet group dataset.npz -o plan.json --groups 8 --seed 3
      crystinet train dataset.npz runs/grouped --groups plan.json
    """  # noqa: D301 (the backspace keeps the lines below apart)
    need_extra("train", *GROUPING, what="Grouping")
    if plot is not None:
        from crystinet.report.plots import check_picture

        check_picture(plot)
    from crystinet.app.service import write_text
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.training.grouping import GroupingConfig, make_plan

    if output is not None:
        _check_folder(output)
    data = Dataset.load(dataset)
    with dataset.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    config = GroupingConfig(groups=groups, seed=seed, patterns_per_type=patterns)
    with StageBars() as report:
        plan = make_plan(data, config, dataset_sha256=digest, published=published, report=report)
    if output is not None:
        write_text(output, plan.to_json())
    if plot is not None:
        from crystinet.report.plots import plot_group_map

        plot_group_map(plan, plot)
    for kind in plan.left_out:
        typer.echo(f"crystinet: warning: {kind.name} is left out: no training compound.", err=True)
    if as_json:
        print_json(plan.to_dict())
    else:
        typer.echo("\n".join(_lines(plan)))
    return EXIT_OK


def _check_folder(path: Path) -> None:
    """Refuse an output that could not be written, before the work is done."""
    from crystinet.core.errors import FileMissingError

    if path.is_dir() or not path.absolute().parent.is_dir():
        raise FileMissingError(f"Cannot write {path}.", hint="Name a file in a folder that exists.")


def _lines(plan: "GroupPlan") -> Iterator[str]:
    """Yield the groups and what is to be said of them, for people."""
    for each in plan.groups:
        yield f"Group {each.number}: {', '.join(kind.name for kind in each.types)}"
    told = plan.provenance
    if told["nearest_in_group"] is not None:
        yield f"Types whose most similar type is in their group: {told['nearest_in_group']:.0%}"
    if "adjusted_rand_index_to_published" in told:
        yield (
            f"Published groups: {told['nearest_in_published_group'] or 0.0:.0%}; adjusted Rand "
            f"index between both: {told['adjusted_rand_index_to_published']:.2f}"
        )
