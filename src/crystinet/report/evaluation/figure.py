"""What a figure of a report is: numbers, a picture drawn from them, and words that say of what."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TableValue = str | int | float | None

#: Draws into an empty matplotlib figure.
Draw = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers with names.

    Attributes
    ----------
    name
        Of the CSV file, without suffix; unique in a report.
    title
        What it is, for people.
    columns
        Their names, with units.
    rows
        One cell for each column; None where there is no number.
    shown
        The page shows it; a long table is in the CSV file and the JSON document only.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[TableValue, ...], ...]
    shown: bool = True

    @classmethod
    def of(
        cls,
        name: str,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        shown: bool = True,
    ) -> "Table":
        """Make a table of numbers of NumPy or Python; what is not finite becomes None."""
        plain = tuple(tuple(_plain(cell) for cell in row) for row in rows)
        return cls(name, title, tuple(columns), plain, shown)

    def csv_text(self) -> str:
        """The table as comma-separated values; an empty cell is no number."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}


@dataclass(frozen=True, slots=True)
class Figure:
    """One section of a report.

    Attributes
    ----------
    key
        Its anchor in the page, unique in a report.
    title
        Its heading.
    caption
        What is seen, and how to read it.
    computed_on
        Patterns, split, data set, seed and bundle.
    paper
        What the paper found; empty where it has no such figure.
    tables
        All numbers of the picture.
    draw, size_inches
        The picture; None where the tables are enough.
    """

    key: str
    title: str
    caption: str
    computed_on: str
    paper: str
    tables: tuple[Table, ...]
    draw: Draw | None = None
    size_inches: tuple[float, float] = field(default=(8.0, 4.0))

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "key": self.key,
            "title": self.title,
            "caption": self.caption,
            "computed_on": self.computed_on,
            "paper": self.paper,
            "tables": {table.name: table.to_dict() for table in self.tables},
            "csv": [f"{table.name}.csv" for table in self.tables],
        }


def percent(value: float | None, digits: int = 1) -> str:
    """A share as percent, "no pattern" where there is none."""
    if value is None or not math.isfinite(value):
        return "no pattern"
    return f"{100.0 * value:.{digits}f} %"


def _plain(cell: object) -> TableValue:
    value = cell.item() if isinstance(cell, np.generic) else cell
    if value is None or isinstance(value, str | int):
        return value
    if not isinstance(value, float):
        raise TypeError(f"A cell of a table is a {type(value).__name__}.")
    return round(value, 6) if math.isfinite(value) else None
