"""How value objects show themselves: in a notebook, as a table of pandas, as a drawing.

The libraries are imported where they are asked for, and said to be missing where they are not
installed.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import import_module
from typing import Any

from crystinet.core.extras import need_extra


def html_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; every text is escaped, since names come from files."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def html_lines(title: str, lines: Iterable[str] = ()) -> str:
    """A bold first line and others below it, escaped."""
    rest = "".join(f"<br>{escape(line)}" for line in lines if line)
    return f"<p><strong>{escape(title)}</strong>{rest}</p>"


def data_frame(columns: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Any:
    """A `pandas.DataFrame` of columns, or of rows.

    Raises
    ------
    MissingExtraError
        pandas is not installed.
    """
    need_extra("pandas", "pandas", what="A DataFrame")
    import pandas as pd

    return pd.DataFrame(columns)


def draw(what: str, value: object, target: Any) -> Any:
    """Let `crystinet.report.drawing` draw something, and return what it drew on.

    The one place where a lower row calls a higher one, by name and only when a person asks for a
    picture: so that ``pattern.plot()`` works and nothing else depends on matplotlib.

    Parameters
    ----------
    what
        Name of the function.
    value
        What is drawn.
    target
        The axes or the figure to draw on; None makes new ones.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    need_extra("report", "matplotlib", what="Drawing")
    return getattr(import_module("crystinet.report.drawing"), what)(value, target)
