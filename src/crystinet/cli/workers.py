"""The option ``--cluster`` of commands that can work on other machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from crystinet.work.cluster import Cluster

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


@contextmanager
def optional_cluster(address: str | None) -> "Iterator[Cluster | None]":
    """Open the cluster that the option names, if it names one."""
    if address is None:
        yield None
        return
    from crystinet.work.cluster import open_cluster

    with open_cluster(address) as cluster:
        yield cluster
