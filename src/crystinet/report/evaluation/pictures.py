"""Kinds of pictures, as functions that draw into matplotlib axes.

Everything that is text or frame has the colour `INK`, which the page replaces by that of its text,
and the ground is transparent: one picture serves a light and a dark page.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray

INK = "#010203"
BLUE, ORANGE, GREEN, RED, GREY = "#3f8fd2", "#e8862e", "#35a36b", "#d9574a", "#8a8f98"

#: Lines of nets; beyond ten the strokes change too.
COLOURS = (
    "#3f8fd2",
    "#e8862e",
    "#35a36b",
    "#d9574a",
    "#9b78c8",
    "#a5745c",
    "#dc7fc0",
    "#8a8f98",
    "#b0b03a",
    "#2fb4c2",
)
_STROKES = ("-", "--", ":", "-.")

STYLE: Mapping[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": INK,
    "grid.alpha": 0.15,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,
}


def stroke(number: int) -> dict[str, str]:
    """Colour and stroke of the line of a net, counted from 0."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": _STROKES[number // len(COLOURS) % len(_STROKES)],
    }


def dots_with_intervals(
    axes: Any,
    names: Sequence[str],
    series: Mapping[str, Sequence[tuple[float, float, float]]],
) -> None:
    """Dots side by side for each name, with intervals: (value, low, high) as shares of 1."""
    place = np.arange(len(names))
    width = 0.5 / len(series)
    for i, (label, values) in enumerate(series.items()):
        value, low, high = 100.0 * np.array(values, dtype=np.float64).reshape(-1, 3).T
        at = place + (i - (len(series) - 1) / 2.0) * width
        error = np.clip(np.stack([value - low, high - value]), 0.0, None)
        look = {"color": COLOURS[i], "markersize": 6, "elinewidth": 1.6}
        axes.errorbar(at, value, yerr=error, fmt="os^"[i % 3], label=label, clip_on=False, **look)
    axes.set_xticks(place, names)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.grid(visible=False, axis="x")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(series))


def heat_map(
    axes: Any,
    values: FloatArray,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    largest: float = 1.0,
    number: str = "{:.0f}",
    least_written: float = 0.0,
    scale: float = 100.0,
) -> None:
    """Cells coloured by their value: blue above zero, red below, the stronger the larger.

    Values of at least ``least_written`` in size are written into their cells, times ``scale``.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    cells, colours = [], []
    for (i, j), value in np.ndenumerate(values):
        if not np.isfinite(value):
            axes.text(j, i, "–", ha="center", va="center", fontsize="x-small")
            continue
        depth = min(1.0, abs(value) / largest) if largest > 0.0 else 0.0
        if depth > 0.0:
            cells.append(Rectangle((j - 0.5, i - 0.5), 1.0, 1.0))
            red, green, blue = (0.12, 0.45, 0.78) if value > 0.0 else (0.85, 0.25, 0.2)
            colours.append((red, green, blue, 0.08 + 0.92 * depth))
        if abs(value) >= least_written:
            ink = "white" if depth > 0.55 else INK
            text = number.format(scale * value)
            axes.text(j, i, text, ha="center", va="center", color=ink, fontsize="x-small")
    axes.add_collection(PatchCollection(cells, facecolors=colours, edgecolors="none"))
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), columns, rotation=90 if len(columns) > 15 else 0)
    axes.set_yticks(range(len(rows)), rows)
    axes.grid(visible=False)


def histograms(
    axes: Any, edges: FloatArray, series: Mapping[str, FloatArray], *, logarithmic: bool = False
) -> None:
    """Shares (n,) in bins with edges (n + 1,) as filled steps, one colour for each series."""
    for label, colour in zip(series, (BLUE, ORANGE, GREEN, RED), strict=False):
        shares = 100.0 * series[label]
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.35)
        axes.stairs(shares, edges, color=colour, label=label)
    if logarithmic:
        axes.set_yscale("symlog", linthresh=1.0)
        axes.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        axes.set_ylim(0.0, 110.0)
    axes.set_xlim(float(edges[0]), float(edges[-1]))
