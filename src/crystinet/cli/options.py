"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crystinet.cli.shell import numbers
from crystinet.core.arguments import as_range
from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.radiation import Radiation, parse_wavelength

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

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

ModelOption = Annotated[
    Path | None,
    typer.Option(
        metavar="BUNDLE",
        show_default=False,
        help="Which types are known: default, extended (24 more), wide (969), or the "
        "folder of a bundle. "
        "With its id it is that bundle or an error: default@5be5fa59a45e.",
    ),
]

RangeOption = Annotated[
    str | None,
    typer.Option(
        "--range",
        metavar="LO,HI",
        show_default=False,
        help="Use only this range of 2theta, in degrees as measured (5,65); the rest counts as "
        "not measured.",
    ),
]

KnownOnly = Annotated[
    bool, typer.Option("--known-only", help="Leave out compounds that nobody made.")
]


def limits(range_: str | None) -> tuple[float, float] | None:
    """The two angles of ``--range``; ConfigError for what is no range."""
    given = numbers(range_, count=2, option="--range")
    return None if given is None else as_range(given, name="--range")


def wavelength_of(text: str) -> float:
    """What ``--wavelength`` was given; words that are none are an error of the command line."""
    try:
        return parse_wavelength(text)
    except InvalidWavelengthError as error:
        raise typer.BadParameter(error.message) from error


def anode_of(text: str) -> str:
    """What ``--anode`` was given; words that are none are an error of the command line."""
    try:
        Radiation.of_anode(text)
    except InvalidWavelengthError as error:
        raise typer.BadParameter(error.message) from error
    return text


def wavelength_option(text: str) -> Any:
    """Option ``--wavelength``, in angstrom or as an anode; ``text`` says what it is for."""
    return typer.Option(
        "--wavelength",
        metavar="ANGSTROM",
        show_default=False,
        parser=wavelength_of,
        help=f"{text} 1,5406 and an anode (Mo) are understood too.",
    )


AnodeOption = Annotated[
    str | None,
    typer.Option(
        "--anode",
        metavar="ELEMENT",
        show_default=False,
        parser=anode_of,
        help="Anode of the X-ray tube, instead of --wavelength: Cu, Mo, Co, Fe, Cr, Ag.",
    ),
]

ColumnOption = Annotated[
    str | None,
    typer.Option(
        "--column",
        metavar="NAME",
        show_default=False,
        help="Column with the intensity, by its name or number (from 1), in tables of several.",
    ),
]
