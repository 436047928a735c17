"""``crystinet extend``: teach a bundle further types, or take them away again."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.documents import Document, json_text, plain
from crystinet.cli.shell import print_json
from crystinet.core.config import read_settings
from crystinet.core.errors import ConfigError, FileMissingError
from crystinet.core.extras import need_extra

if TYPE_CHECKING:
    from crystinet.evaluation.regression import RegressionReport
    from crystinet.model.bundle import Bundle
    from crystinet.training.extension.extend import Extended, ExtensionConfig
    from crystinet.training.extension.sources import ExtensionSources

REPORT, CARD = "extension.json", "MODEL_CARD.md"


def extend(
    bundle: Annotated[
        Path, typer.Argument(help="Bundle to extend: a folder, or `default`. It stays as it is.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", show_default=False, help="Folder of the new bundle.")
    ],
    types: Annotated[
        list[str] | None,
        typer.Option(
            show_default=False,
            help="Type of the corpus to learn: a name, ranks of `corpus types`, or a file of "
            "these; may be repeated.",
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="STORE", show_default=False, help="Store of `crystinet corpus add`."),
    ] = None,
    dataset: Annotated[
        Path | None,
        typer.Option(
            show_default=False,
            help="Data set that the bundle was trained with; else one is made from the corpus, "
            "or from the catalogue's reference structures.",
        ),
    ] = None,
    cif: Annotated[
        list[Path] | None,
        typer.Option(
            show_default=False,
            help="CIF file of a type to learn, or a folder of them; with --name; may be repeated.",
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(show_default=False, help="Name of the type that --cif gives."),
    ] = None,
    remove: Annotated[
        str | None,
        typer.Option(
            metavar="NET",
            show_default=False,
            help="Take a net away instead: extension-1, or the number of a net of it.",
        ),
    ] = None,
    patterns: Annotated[
        int | None, typer.Option(min=1, show_default="24000", help="Patterns to train on.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, show_default="1", help="Decides on everything random.")
    ] = None,
    test_patterns: Annotated[
        int, typer.Option(min=1, help="At most so many held-out patterns of old types.")
    ] = 1_500,
    workers: Annotated[int, typer.Option(min=1, help="Processes that compute reflections.")] = 2,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            show_default=False,
            help="Settings other than the default ones, with the names of ExtensionConfig; the "
            "options above win.",
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option(show_default=False, help="Version to write into the bundle.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The report as one JSON document.")
    ] = False,
) -> int:
    """Train one more set of RCNets for new structure types, and write a larger bundle.

    No file of the old bundle changes; the report compares old and new bundle on held-out
    compounds. A call that was cut off goes on when it is repeated.

    \b
    Examples:
      crystinet extend default --types Cr2AlC --types W5Si3 --corpus corpus.sqlite -o larger
      crystinet extend default --types wanted.txt --corpus corpus.sqlite --dataset old.npz -o larger
      crystinet extend default --cif found.cif --name MyType --corpus corpus.sqlite -o larger
      crystinet extend larger --remove extension-1 -o former
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.model.bundle_files import MANIFEST, bundle_folder, load_bundle

    if (output / MANIFEST).exists() or (output.exists() and any(_listed(output))):
        raise ConfigError(f"{output} exists already.", hint="Name a new folder.")
    base = load_bundle(bundle_folder(bundle))
    if remove is not None:
        if types or cif or name:
            raise ConfigError(
                "--remove takes a net away and learns nothing.", hint="Use two calls."
            )
        return _remove(base, remove, output, as_json=as_json)
    need_extra("train", "torch", "onnx", "pyarrow", "numba", what="Training")
    import torch

    from crystinet.corpus.imagined.relatives import read_given_type
    from crystinet.training.extension.extend import ExtensionConfig
    from crystinet.training.extension.sources import ExtensionSources

    torch.set_num_threads(1)
    cifs, names = cif or [], name or []
    if len(cifs) != len(names):
        raise ConfigError(
            f"{len(cifs)} --cif and {len(names)} --name.", hint="Give one --name for each --cif."
        )
    sources = ExtensionSources(
        types=tuple(types or ()),
        given=tuple(read_given_type(n, path) for n, path in zip(names, cifs, strict=True)),
        corpus=corpus,
        dataset=dataset,
    )
    settings = read_settings(ExtensionConfig, config, {})
    settings = _with_options(settings, patterns=patterns, seed=seed, workers=workers)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    extended, report = _extend(
        base, sources, output, settings, version=version, test_patterns=test_patterns
    )
    return _tell(extended, report, output, as_json=as_json)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise FileMissingError(
            f"{folder} is no folder that can be written to.", hint="Name a new folder."
        ) from error


def _with_options(
    settings: "ExtensionConfig", *, patterns: int | None, seed: int | None, workers: int
) -> "ExtensionConfig":
    from dataclasses import replace

    if seed is not None:
        settings = settings.with_seed(seed)
    if patterns is not None:
        settings = replace(settings, features=replace(settings.features, patterns=patterns))
    return replace(settings, data=replace(settings.data, workers=workers))


def _extend(
    base: "Bundle",
    sources: "ExtensionSources",
    output: Path,
    settings: "ExtensionConfig",
    *,
    version: str | None,
    test_patterns: int,
) -> "tuple[Extended, RegressionReport]":
    """Work in a folder beside the new one, which appears only when it is complete."""
    import shutil

    from crystinet.cli.stages import StageBars
    from crystinet.evaluation.regression import regression_report, report_lines
    from crystinet.training.extension.extend import extend_bundle

    work = output.with_name(output.name + ".partial")
    finished = work / "bundle"
    shutil.rmtree(finished, ignore_errors=True)
    with StageBars() as bars:
        extended = extend_bundle(
            base, sources, finished, config=settings, work=work, version=version, report=bars
        )
        report = regression_report(
            base, extended, seed=settings.data.seed, old_patterns=test_patterns, report=bars
        )
    (finished / REPORT).write_text(json_text(plain(report.to_dict())), "utf-8")
    title = f"# Extension of the bundle {base.version} ({base.id[:12]})\n\n"
    card = f"{title}Id {extended.bundle.id}\n\n" + "\n".join(report_lines(report)) + "\n"
    (finished / CARD).write_text(card, "utf-8")
    if output.exists():
        output.rmdir()
    finished.rename(output)
    shutil.rmtree(work, ignore_errors=True)
    return extended, report


def _tell(extended: "Extended", report: "RegressionReport", output: Path, *, as_json: bool) -> int:
    from crystinet.evaluation.regression import report_lines

    if as_json:
        print_json(plain({"model": _model(extended.bundle), **report.to_dict()}))
    else:
        typer.echo("\n".join(report_lines(report)))
    typer.echo(f"Bundle written to {output}", err=True)
    return 0


def _remove(base: "Bundle", net: str, output: Path, *, as_json: bool) -> int:
    from crystinet.model.nets import remove_net

    smaller, former = remove_net(base, net, output)
    if as_json:
        print_json({"model": _model(smaller), "former": former})
    told = (
        "the bundle that was extended, to the last bit"
        if former
        else "its calibration is still that of the larger union"
    )
    typer.echo(f"Bundle {smaller.id[:12]} written to {output}: {told}.", err=True)
    return 0


def _model(bundle: "Bundle") -> Document:
    return {"id": bundle.id, "version": bundle.version}
