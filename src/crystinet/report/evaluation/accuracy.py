"""Figures on accuracy: of each net, against alpha, of classes, groups and ranges."""

from typing import Any

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.evaluation.metrics import rank_of_truth, ranking_accuracy, wilson_interval
from crystinet.evaluation.nets import (
    confusion,
    correct_inside,
    flow,
    most_populated,
    shares_by_net,
)
from crystinet.report.evaluation.basis import Basis
from crystinet.report.evaluation.figure import Figure, Table, percent
from crystinet.report.evaluation.pictures import BLUE, GREY, INK, ORANGE, dots_with_intervals
from crystinet.report.evaluation.pictures import heat_map as draw_heat_map

_STEPS = 21
#: Classes in the confusion matrix, as in the paper.
_CONFUSED = 30
_OUTCOMES = ("right type", "right group, wrong type", "wrong group")
_INTERVAL = "Lines are 95 % intervals (Wilson)."


def accuracy_figures(basis: Basis) -> list[Figure]:
    """All figures of this module, in the order of the report."""
    return [
        inside_nets(basis),
        union_against_alpha(basis),
        by_class(basis),
        confusion_matrix(basis),
        by_group(basis),
    ]


def _with_interval(flags: BoolArray) -> tuple[float, float, float]:
    n = len(flags)
    low, high = wilson_interval(int(flags.sum()), n)
    return (float(flags.mean()) if n else float("nan"), low, high)


def inside_nets(basis: Basis) -> Figure:
    """Accuracy of each net alone on the patterns of its own types, beside the union's."""
    nets, target, scores = basis.nets, basis.target, basis.inside
    alone = correct_inside(scores.log_share, target, nets)
    model = scores.reliability(basis.calibration).argmax(axis=1) == target
    mine = [nets[target] == i for i in range(len(basis.net_labels))]
    net_values = [_with_interval(alone[m]) for m in mine]
    union_values = [_with_interval(model[m]) for m in mine]
    rows = [
        (label, int((nets == i).sum()), int(mine[i].sum()), *net_values[i], *union_values[i])
        for i, label in enumerate(basis.net_labels)
    ]
    rows.append(("all", len(nets), len(target), *_with_interval(alone), *_with_interval(model)))
    interval = ("low (95 %)", "high (95 %)")
    columns = ("net", "types", "patterns", "net alone", *interval, "union", *interval)

    def draw(canvas: Any) -> None:
        axes = canvas.subplots()
        series = {"net alone": net_values, "union": union_values}
        dots_with_intervals(axes, basis.net_numbers, series)
        axes.set_xlabel("RCNet")
        axes.set_ylabel("patterns of its own types right / %")
        worst = np.nanmin([v[1] for v in (*net_values, *union_values)])
        axes.set_ylim(10.0 * np.floor(10.0 * worst), 100.0)

    return Figure(
        key="inside-nets",
        title="Accuracy inside each RCNet",
        caption="Each net is asked alone about patterns of its own types: is the type to which it "
        "gives the largest probability the right one? Beside it, how many of the same patterns the "
        f"whole union gets right. {_INTERVAL}",
        computed_on=basis.on_test,
        paper="RCNet #1: 99.89 % on its own group (split by pattern).",
        tables=(Table.of("inside-nets", "Shares of patterns that are right", columns, rows),),
        draw=draw,
    )


def union_against_alpha(basis: Basis) -> Figure:
    """Top-1 and top-3 for alpha from 0 to 1, and top-1 by the published rule of ranking."""
    target, scores = basis.target, basis.inside
    rows = []
    for alpha in np.linspace(0.0, 1.0, _STEPS):
        values = basis.reliability(scores, float(alpha))
        ours = ranking_accuracy(rank_of_truth(values, target), target)
        winners = basis.published(scores, float(alpha)).argmax(axis=1) == target
        rows.append(
            (round(float(alpha), 2), ours.top1, ours.top3, ours.mean_over_classes, winners.mean())
        )
    columns = ("alpha", "top-1", "top-3", "mean over classes of top-1", "top-1, published rule")
    own = basis.calibration.alpha

    def draw(canvas: Any) -> None:
        axes = canvas.subplots()
        alpha, *curves = np.array(rows, dtype=np.float64).T
        styles = ((BLUE, "-"), (BLUE, ":"), (GREY, "--"), (ORANGE, "-"))
        for name, curve, (colour, line) in zip(columns[1:], curves, styles, strict=True):
            axes.plot(alpha, 100.0 * curve, color=colour, linestyle=line, label=name)
        paper = {"color": INK, "markersize": 5, "clip_on": False, "label": "paper, top-1"}
        axes.plot([0.0, 0.7], [65.7, 80.0], "D", **paper)
        axes.axvline(own, color=INK, linewidth=0.8, alpha=0.5)
        axes.annotate(
            f"the bundle's alpha, {own:g}",
            (own, 0.02),
            xycoords=axes.get_xaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
        )
        axes.set_xlim(0.0, 1.0)
        axes.set_xlabel("alpha, weight of the similarity")
        axes.set_ylabel("accuracy / %")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))

    return Figure(
        key="alpha",
        title="Accuracy of the union against alpha",
        caption="Reliability R = alpha S + (1 - alpha) C p ranks all types: S similarity with the "
        "type's average pattern, C confidence of its net, p probability inside the net. The "
        "published rule ranks only the winner of each net, by R = alpha S + (1 - alpha) C.",
        computed_on=basis.on_test,
        paper="65.7 % at alpha 0 and 80.0 % at alpha 0.7, 91 classes (split by pattern).",
        tables=(Table.of("alpha", "Accuracy for each alpha", columns, rows),),
        draw=draw,
        size_inches=(8.5, 4.0),
    )


def by_class(basis: Basis) -> Figure:
    """Top-1 and top-3 of each class."""
    rank = rank_of_truth(basis.inside.reliability(basis.calibration), basis.target)
    labels = basis.net_labels
    rows = []
    for column, entry in enumerate(basis.bundle.types):
        own = rank[basis.target == column]
        low, high = wilson_interval(int((own == 0).sum()), len(own))
        top1, top3 = ((own < n).mean() if len(own) else None for n in (1, 3))
        net = labels[int(basis.nets[column])]
        rows.append((entry.number, entry.name, net, len(own), top1, low, high, top3))
    columns = ("class", "type", "net", "patterns", "top-1", "low (95 %)", "high (95 %)", "top-3")
    seen = sorted((r for r in rows if r[3]), key=lambda r: (r[4], r[1]))

    def draw(canvas: Any) -> None:
        axes = canvas.subplots()
        place = np.arange(len(seen))
        top1, low, high = (100.0 * np.array([r[i] for r in seen], float) for i in (4, 5, 6))
        axes.hlines(place, low, high, color=BLUE, alpha=0.5)
        axes.plot(top1, place, "o", color=BLUE, markersize=4)
        axes.set_yticks(place, [f"{r[1]} ({r[3]})" for r in seen], fontsize="x-small")
        axes.set_ylim(-0.7, len(seen) - 0.3)
        axes.set_xlim(0.0, 101.0)
        axes.set_xlabel("top-1 / %")

    absent = len(rows) - len(seen)
    return Figure(
        key="classes",
        title="Accuracy of each class",
        caption=f"Top-1 at the bundle's alpha, the weakest class at the bottom; the number of "
        f"patterns stands after the name. {_INTERVAL}"
        + (f" {absent} of {len(rows)} classes have no test compound." if absent else ""),
        computed_on=basis.on_test,
        paper="",
        tables=(Table.of("classes", "Every class", columns, rows),),
        draw=draw,
        size_inches=(8.0, 1.0 + 0.15 * len(seen)),
    )


def confusion_matrix(basis: Basis) -> Figure:
    """Who is taken for whom, among the most populated classes."""
    first = basis.inside.reliability(basis.calibration).argmax(axis=1)
    counts = confusion(first, basis.target, n_types=len(basis.names))
    kept = most_populated(counts, _CONFUSED)
    names = [basis.names[c] for c in kept]
    elsewhere = counts[kept].sum(axis=1) - counts[np.ix_(kept, kept)].sum(axis=1)
    matrix = np.column_stack([counts[np.ix_(kept, kept)], elsewhere])
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    headings = (*names, "any other")

    def draw(canvas: Any) -> None:
        size = matrix.sum(axis=1)
        rows = [f"{name} ({n})" for name, n in zip(names, size, strict=True)]
        axes = canvas.subplots()
        draw_heat_map(axes, shares, rows=rows, columns=headings, least_written=0.005)
        axes.set_xlabel("first candidate")
        axes.set_ylabel("right type (patterns)")

    columns = ("right type", *headings)
    listed = [(name, *row) for name, row in zip(names, matrix, strict=True)]
    everything = [(name, *row) for name, row in zip(basis.names, counts, strict=True)]
    covered = matrix.sum() / len(basis.target)
    return Figure(
        key="confusion",
        title=f"Confusion matrix of the {len(kept)} most populated classes",
        caption=f"Rows are right types, columns first candidates, cells percent of the row at the "
        f"bundle's alpha. The classes with the most test compounds are shown; they hold "
        f"{percent(covered)} of the patterns.",
        computed_on=basis.on_test,
        paper="A figure of its 30 most populated types; all 91 classes together: 80.0 %.",
        tables=(
            Table.of("confusion", "Patterns, classes shown", columns, listed, shown=False),
            Table.of(
                "confusion-all",
                "Patterns, all classes",
                ("right type", *basis.names),
                everything,
                shown=False,
            ),
        ),
        draw=draw,
        size_inches=(9.6, 9.6) if len(kept) > 15 else (8.0, 5.5),
    )


def by_group(basis: Basis) -> Figure:
    """Of each group's patterns: right type, right group but wrong type, wrong group."""
    nets, target = basis.nets, basis.target
    tables, parts = [], {}
    for label, alpha in basis.alphas.items():
        values = basis.reliability(basis.inside, alpha)
        first = values.argmax(axis=1)
        right = shares_by_net(first == target, target, nets)
        own = shares_by_net(nets[first] == nets[target], target, nets)
        parts[label] = np.stack([right, own - right, 1.0 - own], axis=1)
        name = f"{alpha:g}".replace(".", "_")
        counts = flow(values, target, nets)
        tables.append(
            Table.of(
                f"groups-alpha-{name}",
                f"Patterns of each group and where their first candidate stands, {label}",
                ("group of", *_OUTCOMES, *(f"to {n}" for n in basis.net_labels)),
                [
                    (n, *share, *row)
                    for n, share, row in zip(basis.net_labels, parts[label], counts, strict=True)
                ],
            )
        )
    return Figure(
        key="groups",
        title="Group by group",
        caption="Of the patterns of each group: the union gives the right type; the right group "
        "but another type of it; a type of another group. The tables also say of which.",
        computed_on=basis.on_test,
        paper="A figure group by group; all groups together: 65.7 % by confidence alone, 80.0 % at "
        "alpha 0.7.",
        tables=tuple(tables),
        draw=lambda canvas: _draw_groups(canvas, parts, basis.net_numbers),
        size_inches=(9.0, 3.6),
    )


def _draw_groups(canvas: Any, parts: dict[str, FloatArray], numbers: list[str]) -> None:
    colours = (BLUE, GREY, ORANGE)
    grid = canvas.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    for axes, (label, shares) in zip(grid, parts.items(), strict=True):
        left = np.zeros(len(numbers))
        for share, word, colour in zip(shares.T, _OUTCOMES, colours, strict=True):
            width = 100.0 * np.nan_to_num(share)
            axes.barh(range(len(numbers)), width, left=left, color=colour, label=word)
            left += width
        axes.set_title(label)
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("patterns / %")
        axes.grid(visible=False, axis="y")
    grid[0].set_yticks(range(len(numbers)), numbers)
    grid[0].invert_yaxis()
    grid[0].set_ylabel("RCNet of the right type")
    handles, labels = grid[0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=3)
