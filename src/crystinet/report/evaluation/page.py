"""One HTML page of all figures, readable without a network, and their numbers as CSV files."""

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from crystinet.core.files import write_whole
from crystinet.core.plain import printable
from crystinet.core.progress import Progress, silent
from crystinet.report.evaluation.figure import Figure, TableValue
from crystinet.report.evaluation.svg import inline_svg

PAGE, DOCUMENT = "report.html", "report.json"


def write_report(
    folder: Path,
    figures: Sequence[Figure],
    *,
    title: str,
    provenance: Mapping[str, str],
    notes: Sequence[str] = (),
    report: Progress = silent,
) -> None:
    """Draw the figures and write the page and a CSV file of each table.

    CSV files of an earlier report in the folder, as its `DOCUMENT` names them, are removed first.

    Parameters
    ----------
    folder
        Exists, see `crystinet.core.files.make_folder`.
    figures
        The sections, in order.
    title, provenance, notes
        Head of the page: what it is, name and value of what it was made from, and warnings.
    report
        Called after each figure.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    pictures = {}
    for done, figure in enumerate(figures):
        pictures[figure.key] = Markup(inline_svg(figure))  # noqa: S704  # our own picture
        report("drawing figures", done + 1, len(figures))
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["cell"] = value_text
    template = (resources.files(__package__) / "page.html.j2").read_text("utf-8")
    page = environment.from_string(template).render(
        title=title, provenance=provenance, notes=notes, figures=figures, pictures=pictures
    )
    _remove_tables_of_earlier(folder)
    for figure in figures:
        for table in figure.tables:
            write_whole(folder / f"{table.name}.csv", table.csv_text())
    write_whole(folder / PAGE, page)


def _shown(value: object) -> object:
    """Text without control characters; what is markup already is our own."""
    return printable(value) if type(value) is str else value


def value_text(cell: TableValue) -> str:
    """A cell of a table for people."""
    if cell is None:
        return "–"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def _remove_tables_of_earlier(folder: Path) -> None:
    """Numbers of another report must not stand beside this page."""
    try:
        figures = json.loads((folder / DOCUMENT).read_text("utf-8"))["figures"]
        names = [name for figure in figures for name in figure["csv"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for name in names:
        if isinstance(name, str) and Path(name).name == name and name.endswith(".csv"):
            (folder / name).unlink(missing_ok=True)
