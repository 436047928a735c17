"""``crystinet explain``: what an answer rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.documents import explanation_document
from crystinet.cli.options import (
    AnodeOption,
    ColumnOption,
    JsonOption,
    ModelOption,
    RangeOption,
    limits,
    wavelength_option,
)
from crystinet.cli.shell import EXIT_OK, print_json, say
from crystinet.core.errors import ConfigError, MissingExtraError
from crystinet.core.plain import plain

if TYPE_CHECKING:
    from crystinet.model.explanation import Explanation
    from crystinet.model.type_map import TypeMap


def explain(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", show_default=False, help="Pattern file, or - for standard input."
        ),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="NAME",
            show_default=False,
            help="Explain this candidate instead of the answer.",
        ),
    ] = None,
    range_: RangeOption = None,
    score: Annotated[
        str,
        typer.Option(
            metavar="SCORE",
            help="What is differentiated: 'logit' of the type, or its 'share' ln(C p) of the "
            "union, which ranks the candidates.",
        ),
    ] = "logit",
    dataset: Annotated[
        Path | None,
        typer.Option(
            metavar="DATASET",
            show_default=False,
            help="Instead of FILE: the heat averaged over all compounds of --type in a data set "
            '(pip install "crystinet[train]").',
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the patterns of --dataset.")
    ] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PICTURE",
            show_default=False,
            help="Picture to write (.png, .pdf, .svg); NAME-explained.png here unless given. With "
            '--json there is one only where it is named. pip install "crystinet[report]".',
        ),
    ] = None,
    wavelength: Annotated[
        float | None,
        wavelength_option("Wavelength in angstrom, overriding what the file says."),
    ] = None,
    anode: AnodeOption = None,
    column: ColumnOption = None,
    elements: Annotated[
        str | None,
        typer.Option(
            metavar="SYMBOLS", show_default=False, help="Elements of the sample, where known: Fe,O."
        ),
    ] = None,
    as_json: JsonOption = False,
    model: ModelOption = None,
) -> int:
    """Show what an answer rests on: heat, matched and unexplained lines, sensitivity.

    \b
    Examples:
      crystinet explain sample.xy
      crystinet explain sample.xy --type Perovskite-GdFeO3 -o perovskite.png
      crystinet explain sample.xy --range 5,65 --json > why.json
      crystinet explain --type Olivine-Mg2SiO4 --dataset dataset.npz
    """  # noqa: D301
    if (file is None) == (dataset is None):
        raise ConfigError(
            "Give either FILE or --dataset, and not both.",
            hint="'crystinet explain --help' has examples.",
        )
    if dataset is not None:
        given = {
            "--range": range_,
            "--wavelength": wavelength,
            "--anode": anode,
            "--column": column,
            "--elements": elements,
        }
        _refuse_beside_dataset(type_, [name for name, value in given.items() if value is not None])
        picture = _picture(output, f"{type_}-explained.png", as_json=as_json)
        return _explain_type(
            str(type_),
            dataset,
            model=model,
            score=score,
            seed=seed,
            picture=picture,
            as_json=as_json,
        )
    assert file is not None  # noqa: S101 (for the type checker)
    from crystinet.app.explain import explain as explain_file
    from crystinet.cli.piped import with_standard_input
    from crystinet.model.composition import parse_elements

    picture = _picture(output, f"{_stem(file)}-explained.png", as_json=as_json)
    (source,) = with_standard_input([file])
    found = explain_file(
        source,
        type=type_,
        two_theta_range=limits(range_),
        score=score,
        wavelength_angstrom=wavelength,
        anode=anode,
        column=column,
        elements=None if elements is None else parse_elements(elements),
        model=model,
    )
    if picture is not None:
        from crystinet.app.pictures import draw_explanation

        draw_explanation(found, picture)
        say(f"Picture of {file.name}: {picture}", err=True)
    if as_json:
        print_json(explanation_document(str(file), found))
        return EXIT_OK
    _print_explanation(str(file), found)
    return EXIT_OK


def _stem(file: Path) -> str:
    """Of the file that the picture is named after."""
    return "pattern" if str(file) == "-" else file.stem


def _refuse_beside_dataset(type_: str | None, misplaced: list[str]) -> None:
    if type_ is None:
        raise ConfigError("--dataset needs --type.", hint="Name the type: --type Olivine-Mg2SiO4.")
    if misplaced:
        raise ConfigError(
            f"{' and '.join(misplaced)} are about a measured pattern, not about --dataset.",
            hint="Leave them out.",
        )


def _picture(output: Path | None, name: str, *, as_json: bool) -> Path | None:
    """Where the picture goes, if one is wanted; refuses what cannot be drawn before the work."""
    if output is None and as_json:
        return None
    from crystinet.app.pictures import check_picture

    picture = output or Path(name.replace("/", "_"))
    try:
        check_picture(picture)
    except MissingExtraError as error:
        raise MissingExtraError(
            error.message, hint=f"{error.hint} Or give --json for the numbers alone."
        ) from error
    return picture


def _explain_type(
    type_: str,
    dataset: Path,
    *,
    model: Path | None,
    score: str,
    seed: int,
    picture: Path | None,
    as_json: bool,
) -> int:
    """Average the heat over the compounds of a type."""
    from crystinet.app.explain_type import explain_type
    from crystinet.cli.stages import StageBars

    with StageBars() as bars:
        found = explain_type(
            type_, dataset, model=model, score=score, seed=seed, picture=picture, report=bars
        )
    if picture is not None:
        say(f"Picture of {found.type}: {picture}", err=True)
    if as_json:
        print_json(plain(found.to_dict()))
        return EXIT_OK
    _print_type_map(found)
    return EXIT_OK


def _print_type_map(found: "TypeMap") -> None:
    where = found.two_theta_deg[found.heat.argmax()]
    say(
        f"{found.type}: {found.compounds} compounds, {100.0 * found.ranked_first:.0f} % of their "
        f"patterns ranked first; mean heat highest at {where:.1f} degrees 2theta (as Cu K-alpha)."
    )


def _print_explanation(file: str, found: "Explanation") -> None:
    from crystinet.cli import tables

    console = tables.make_console()
    console.print(tables.explanation_text(file, found))
