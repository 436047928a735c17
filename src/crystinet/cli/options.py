"""Options that several commands of ``crystinet corpus`` and others share."""

from typing import Annotated

import typer

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
