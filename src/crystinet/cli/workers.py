"""The option ``--cluster`` of commands that can work on other machines."""

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
