"""Options that several commands of ``crystinet corpus`` and others share."""

from typing import Annotated

import typer

from crystinet.cli.shell import numbers
from crystinet.core.arguments import as_range

ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        show_default=False,
        help="Work on the Dask cluster with this scheduler (tcp://host:8786), or on one of N "
        'processes here (local:N): pip install "crystinet[cluster]".',
    ),
]

KnownOnly = Annotated[
    bool, typer.Option("--known-only", help="Leave out compounds that nobody made.")
]


def limits(range_: str | None) -> tuple[float, float] | None:
    """The two angles of ``--range``; ConfigError for what is no range."""
    given = numbers(range_, count=2, option="--range")
    return None if given is None else as_range(given, name="--range")
