"""The ``crystinet`` command: a thin shell over the use cases of `crystinet.app`.

Nothing heavy is imported here or in the modules of the commands, so that ``--help`` is instant.
"""

import os
from typing import Annotated

import typer

from crystinet.cli.assign import assign
from crystinet.cli.corpus import corpus
from crystinet.cli.evaluate import evaluate
from crystinet.cli.explain import explain
from crystinet.cli.extend import extend
from crystinet.cli.group import group
from crystinet.cli.identify import identify
from crystinet.cli.pairs import pairs
from crystinet.cli.program import Program
from crystinet.cli.shell import accept_all_names, guarded
from crystinet.cli.simulate import simulate
from crystinet.cli.train import train
from crystinet.cli.types import types
from crystinet.cli.unknowns import unknowns
from crystinet.core.version import __version__

app = typer.Typer(
    name="crystinet",
    cls=Program,
    help="Structure type of an unknown compound from one powder X-ray diffraction pattern.",
    epilog="Exit status: 0 all files processed, 2 a file or an option was refused, "
    "1 a fault of crystinet itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    identify,
    unknowns,
    explain,
    types,
    assign,
    simulate,
    group,
    pairs,
    train,
    extend,
    evaluate,
):
    app.command()(guarded(command))
app.add_typer(corpus)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crystinet {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit with its status."""
    # NumPy's own threads fight with those of the network runtime for the same cores: without this,
    # a pattern takes ten times as long on a busy machine. Must come before NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    accept_all_names()
    app(prog_name="crystinet")
