"""``crystinet group``: which structure types share a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.grouping import GROUPS, PATTERNS_PER_TYPE, Grouping, group_types
from crystinet.cli.shell import EXIT_OK, print_json, say


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
    groups: Annotated[int, typer.Option(min=1, metavar="N", help="Number of groups.")] = GROUPS,
    seed: Annotated[
        int, typer.Option(min=0, help="Of patterns, map and groups: equal seed, equal plan.")
    ] = 1,
    patterns: Annotated[
        int, typer.Option(min=1, metavar="N", help="Augmented patterns in each average.")
    ] = PATTERNS_PER_TYPE,
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
    from crystinet.cli.stages import StageBars

    with StageBars() as bars:
        found = group_types(
            dataset,
            groups=groups,
            seed=seed,
            patterns=patterns,
            published=published,
            output=output,
            picture=plot,
            report=bars,
        )
    for name in found.left_out:
        say(f"crystinet: warning: {name} is left out: no training compound.", err=True)
    if as_json:
        print_json(found.to_dict())
    else:
        say("\n".join(_lines(found)))
    return EXIT_OK


def _lines(found: Grouping) -> Iterator[str]:
    """Yield the groups and what is to be said of them, for people."""
    for each in found.plan.groups:
        yield f"Group {each.number}: {', '.join(kind.name for kind in each.types)}"
    told = found.plan.provenance
    if told["nearest_in_group"] is not None:
        yield f"Types whose most similar type is in their group: {told['nearest_in_group']:.0%}"
    if "adjusted_rand_index_to_published" in told:
        yield (
            f"Published groups: {told['nearest_in_published_group'] or 0.0:.0%}; adjusted Rand "
            f"index between both: {told['adjusted_rand_index_to_published']:.2f}"
        )
