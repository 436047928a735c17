"""The ``crystinet`` command: a thin shell over the use cases of `crystinet.app`.

A command's module is imported when it is called or shown (`crystinet.cli.program`), and imports
nothing heavy itself, so that ``--help`` is instant.
"""

import gc
import os
import sys
from typing import Annotated

import typer

from crystinet.cli.program import Program
from crystinet.cli.shell import EXIT_OK, ended_quietly, say
from crystinet.cli.streams import prepare_streams
from crystinet.core.version import __version__

app = typer.Typer(
    name="crystinet",
    cls=Program,
    help="Structure type of an unknown compound from one powder X-ray diffraction pattern.",
    epilog="Exit status: 0 all files processed, 2 a file or an option was refused, "
    "1 a fault of crystinet itself.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"crystinet {__version__}")
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
    # Imports make tens of thousands of objects that stay: to look through them for garbage again
    # and again takes a twentieth of the time of one answer.
    gc.set_threshold(300_000)
    prepare_streams()
    sys.exit(ended_quietly(_run))


def _run() -> int:
    try:
        return app(prog_name="crystinet", standalone_mode=False) or EXIT_OK
    except SystemExit as end:  # Typer ends so, with another status, where nobody reads its help
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
