"""The map of structure types: points coloured by group, with names that do not cover each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crystinet.core.arrays import FloatArray

if TYPE_CHECKING:
    from crystinet.training.plan import GroupPlan

FONT_POINTS = 7.0
_MARGIN_POINTS = 4.0  # between a point and its name
_LETTER = 0.62  # mean width of a letter, in sizes of the font
#: Where a name may stand: its left lower corner from its point, in widths and heights of the name,
#: and in margins.
_SIDES = tuple(
    (x, y, mx * step, my * step)
    for step in (1.0, 2.5, 4.0, 6.0)
    for x, y, mx, my in (
        (0.0, -0.5, 1.0, 0.0),
        (-1.0, -0.5, -1.0, 0.0),
        (-0.5, 0.0, 0.0, 1.0),
        (-0.5, -1.0, 0.0, -1.0),
        (0.0, 0.0, 0.7, 0.7),
        (-1.0, 0.0, -0.7, 0.7),
        (0.0, -1.0, 0.7, -0.7),
        (-1.0, -1.0, -0.7, -0.7),
    )
)


def draw_map(figure: Any, plan: "GroupPlan") -> None:
    """Draw the map of a plan into a matplotlib figure: a colour, a sign and a star a group."""
    axes = figure.add_subplot()
    signs = "osD^v<>P"
    for i, group in enumerate(plan.groups):
        xy = np.array([kind.place for kind in group.types])
        colour, sign = f"C{i % 10}", signs[(i // 10) % len(signs)]
        centre = xy.mean(axis=0)
        for x, y in xy:
            axes.plot([centre[0], x], [centre[1], y], color=colour, linewidth=0.5, alpha=0.45)
        label = f"group {group.number} ({len(group.types)})"
        axes.scatter(*xy.T, s=22, color=colour, marker=sign, label=label, zorder=3)
    _show_all(axes, np.array([kind.place for kind in plan.types]))
    axes.set_xlabel("UMAP 1")
    axes.set_ylabel("UMAP 2")
    axes.set_title(
        f"{len(plan.types)} structure types by their average patterns", fontsize="medium"
    )
    figure.legend(loc="outside right upper", fontsize="small")
    _write_names(figure, axes, plan)  # last: it needs the final layout


def _show_all(axes: Any, xy: FloatArray) -> None:
    """Limits with room for the names at the edges."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = np.maximum(high - low, 1.0) * (0.12, 0.05)
    axes.set_xlim(low[0] - room[0], high[0] + room[0])
    axes.set_ylim(low[1] - room[1], high[1] + room[1])


def _write_names(figure: Any, axes: Any, plan: "GroupPlan") -> None:
    figure.canvas.draw()  # lays the axes out, so that positions on the page are known
    points = axes.transData.transform([kind.place for kind in plan.types]) * 72.0 / figure.dpi
    names = [kind.name for kind in plan.types]
    colours = [f"C{i % 10}" for i, group in enumerate(plan.groups) for _ in group.types]
    places = [kind.place for kind in plan.types]
    corners = place_names(names, points)
    for name, colour, place, point, corner in zip(
        names, colours, places, points, corners, strict=True
    ):
        axes.annotate(
            name,
            place,
            xytext=tuple(corner - point),
            textcoords="offset points",
            fontsize=FONT_POINTS,
            color=colour,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "linewidth": 0.3, "color": "0.6", "shrinkA": 0},
        )


def place_names(names: Sequence[str], points: FloatArray) -> FloatArray:
    """Left lower corners of the names of points (n, 2), all in points of the page, (n, 2).

    One after the other takes the place beside its point that covers the least of the points and of
    the names before it; the nearest of equals.
    """
    corners = np.zeros((len(names), 2))
    boxes = np.concatenate([points - 2.5, points + 2.5], axis=1)  # the signs
    for i in np.argsort(points[:, 0], kind="stable"):
        size = np.array([_LETTER * FONT_POINTS * len(names[i]), FONT_POINTS])
        candidates = [
            points[i] + size * (x, y) + _MARGIN_POINTS * np.array([mx, my])
            for x, y, mx, my in _SIDES
        ]
        covered = [_overlap(np.concatenate([c, c + size]), boxes) for c in candidates]
        corners[i] = candidates[int(np.argmin(covered))]
        boxes = np.concatenate([boxes, [[*corners[i], *(corners[i] + size)]]])
    return corners


def _overlap(box: FloatArray, boxes: FloatArray) -> float:
    """Area that a box (left, bottom, right, top) shares with others (n, 4)."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    return float((np.maximum(width, 0.0) * np.maximum(height, 0.0)).sum())
