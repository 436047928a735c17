"""Figures on what accuracy depends on: the 2theta range, the other nets, compounds seen before."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.evaluation.metrics import rank_of_truth, ranking_accuracy, wilson_interval
from crystinet.evaluation.nets import ablation, ablation_of_all, correct_inside, shares_by_net
from crystinet.evaluation.study import RangeScores
from crystinet.model.inference import Model
from crystinet.model.scores import Scores
from crystinet.report.evaluation.basis import Basis, origin
from crystinet.report.evaluation.figure import Figure, Table, percent
from crystinet.report.evaluation.pictures import INK, dots_with_intervals, heat_map, stroke


def influence_figures(basis: Basis) -> list[Figure]:
    """All figures of this module, in the order of the report."""
    return [two_theta_range(basis), removed_nets(basis), leakage(basis)]


def two_theta_range(basis: Basis) -> Figure:
    """Accuracy of each net and of the union where only a part of 2theta was measured."""
    rows = {}
    n = 0
    for measured in basis.study.ranges:
        n = len(measured.scores.log_share)
        target = basis.target[:n]
        alone = correct_inside(measured.scores.log_share, target, basis.nets)
        first = measured.scores.reliability(basis.calibration).argmax(axis=1)
        rows[measured.start_deg, measured.stop_deg] = (
            (first == target).mean(),
            alone.mean(),
            *shares_by_net(alone, target, basis.nets),
        )
    columns = ("from / degrees", "to / degrees", "union", "all nets alone", *basis.net_labels)
    listed = [(*ends, *row) for ends, row in rows.items()]

    def draw(canvas: Any) -> None:
        curves = _curves(basis.study.ranges, rows)
        grid = canvas.subplots(1, 2, sharey=True)
        for axes, (name, (ends, values)) in zip(grid, curves.items(), strict=True):
            for i, label in enumerate(basis.net_labels):
                axes.plot(ends, 100.0 * values[:, 2 + i], marker=".", label=label, **stroke(i))
            axes.plot(ends, 100.0 * values[:, 0], color=INK, linewidth=2.4, label="union")
            axes.set_xlabel(f"{name} end of the measured range / degrees 2θ")
        grid[0].set_ylabel("patterns right / %")
        handles, labels = grid[0].get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside right center")

    return Figure(
        key="two-theta-range",
        title="Accuracy of each RCNet against the 2θ range",
        caption="Patterns are cut to a part of the range before they are prepared, as a shorter "
        "measurement would be; what was not measured is masked. Left, the range begins where the "
        "grid begins and ends earlier; right, it ends where the grid ends and begins later. Each "
        "net alone on patterns of its own types, and the union on all. Augmentation is the same "
        "for all ranges.",
        computed_on=basis.on(
            f"{n} simulated patterns for each range, fully augmented, one of each of the first {n} "
            "test compounds known experimentally, split by compound"
        ),
        paper="There each net was trained anew for each range: with an upper end below 90 degrees "
        "some groups lose much. Here the nets are the same for all ranges.",
        tables=(Table.of("two-theta-range", "Shares of patterns that are right", columns, listed),),
        draw=draw,
        size_inches=(9.5, 4.2),
    )


def _curves(
    ranges: tuple[RangeScores, ...], rows: Mapping[tuple[float, float], tuple[float, ...]]
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """For each end that moves: where it is, and the shares there."""
    first, last = ranges[0].start_deg, ranges[0].stop_deg
    upper = sorted((stop, row) for (start, stop), row in rows.items() if start == first)
    lower = sorted((start, row) for (start, stop), row in rows.items() if stop == last)
    return {
        name: (np.array([end for end, _ in found]), np.array([row for _, row in found]))
        for name, found in (("upper", upper), ("lower", lower))
    }


def removed_nets(basis: Basis) -> Figure:
    """Gain of the other groups where one net leaves the union."""
    target, nets = basis.target, basis.nets
    gains, tables = {}, []
    for label, alpha in basis.alphas.items():
        values = basis.reliability(basis.inside, alpha)
        gains[label] = ablation(values, target, nets)
        together = ablation_of_all(values, target, nets)
        rows = [
            (name, total, *row)
            for name, total, row in zip(basis.net_labels, together, gains[label], strict=True)
        ]
        tables.append(
            Table.of(
                f"ablation-alpha-{alpha:g}".replace(".", "_"),
                f"Gain in accuracy, {label}",
                ("removed", "all other groups", *(f"group of {n}" for n in basis.net_labels)),
                rows,
            )
        )
    for label, alpha in (("alpha 0", 0.0), ("alpha 0.7", 0.7)):
        values = basis.published(basis.inside, alpha)
        gains[f"{label}, published rule"] = gain = ablation(values, target, nets)
        tables.append(
            Table.of(
                f"ablation-published-alpha-{alpha:g}".replace(".", "_"),
                f"Gain in accuracy by the published rule of ranking, {label}",
                ("removed", *(f"group of {n}" for n in basis.net_labels)),
                [(name, *row) for name, row in zip(basis.net_labels, gain, strict=True)],
            )
        )
    shown = {k: gains[k] for k in ("alpha 0", "alpha 0.7")}
    return Figure(
        key="ablation",
        title="Ablation of each RCNet",
        caption="One net is removed (row): its types leave the ranking. How many percent points do "
        "the patterns of each other group (column) gain? A large number means that the removed net "
        "claimed them. Tables: also at the bundle's alpha and by the published rule, where only "
        "the winner of each net is ranked."
        + (" This bundle has one net: there is nothing to remove." if nets.max() == 0 else ""),
        computed_on=basis.on_test,
        paper="Group 1 gains about 17 % at alpha 0 and about 4 % at alpha 0.7 when RCNet #2 is "
        "removed.",
        tables=tuple(tables),
        draw=lambda canvas: _draw_ablation(canvas, shown, basis.net_numbers),
        size_inches=(9.5, 4.6),
    )


def _draw_ablation(canvas: Any, gains: dict[str, FloatArray], numbers: list[str]) -> None:
    found = np.concatenate([g[np.isfinite(g)] for g in gains.values()])
    largest = max(0.02, float(found.max(initial=0.0)))
    grid = canvas.subplots(1, len(gains), sharey=True, squeeze=False)[0]
    for axes, (label, gain) in zip(grid, gains.items(), strict=True):
        heat_map(
            axes,
            gain,
            rows=numbers,
            columns=numbers,
            largest=largest,
            number="{:.1f}",
            least_written=0.0005,
        )
        axes.set_title(f"{label}: gain / percent points")
        axes.set_xlabel("patterns of the group of RCNet")
    grid[0].set_ylabel("removed RCNet")


def leakage(basis: Basis) -> Figure:
    """Held-out compounds against new patterns of training compounds of the same classes."""
    study, places = basis.study, basis.study.twins.places
    target = basis.target[places]
    judges = [("split by compound", study.model, _rows(basis.inside, places), study.twins.scores)]
    if (other := study.pattern_split) is not None:
        judges.append(("split by pattern", other.model, _rows(other.inside, places), other.twins))
    rows = []
    for word, model, held, seen in judges:
        for kind, scores in (("held-out compounds", held), ("training compounds", seen)):
            row = _accuracy_row(scores, target, model)
            rows.append((word, model.bundle.id[:12], kind, len(target), *row))
    by_net = _leakage_by_net(basis, target)
    columns = ("bundle trained on a", "bundle", "patterns of", "patterns", "top-1", "low (95 %)")
    more = ("high (95 %)", "top-3", "mean over classes of top-1")

    def draw(canvas: Any) -> None:
        axes = canvas.subplots()
        held, seen = (
            [(s, *wilson_interval(round(s * n), n)) if n else (np.nan,) * 3 for n, s in column]
            for column in ([(n, a) for _, n, a, _ in by_net], [(n, b) for _, n, _, b in by_net])
        )
        series = {"held-out compounds": held, "training compounds, new patterns": seen}
        dots_with_intervals(axes, basis.net_numbers, series)
        axes.set_xlabel("RCNet of the right type")
        axes.set_ylabel("top-1 of the union / %")
        worst = np.nanmin([v[1] for v in (*held, *seen)]) if len(target) else 0.0
        axes.set_ylim(10.0 * np.floor(10.0 * worst), 100.0)

    names = ("net", "patterns", "held-out compounds", "training compounds", "difference")
    listed = [(label, n, a, b, b - a) for label, n, a, b in by_net]
    return Figure(
        key="leakage",
        title="Leakage: split by compound against split by pattern",
        caption=_leakage_words(rows, compared=other is not None),
        computed_on=basis.on(
            f"{len(target)} simulated patterns of test compounds known experimentally and "
            f"{len(target)} new ones of training compounds, as many of each class, fully "
            "augmented, whole range, no variants"
        )
        + (f" Compared: {origin(other.model.bundle)}." if other is not None else ""),
        paper="80.0 %, patterns of one compound on both sides of the split.",
        tables=(
            Table.of("leakage", "Accuracy of the union", (*columns, *more), rows),
            Table.of("leakage-groups", "Top-1 of the union by group", names, listed),
        ),
        draw=draw,
    )


def _leakage_words(rows: list[tuple[Any, ...]], *, compared: bool) -> str:
    gap = rows[1][4] - rows[0][4]
    words = (
        "A split by pattern, as the paper has it, puts patterns of nearly every compound on both "
        "sides: its test patterns are new patterns of compounds that were trained on. The networks "
        "here never see a pattern twice, so new patterns of training compounds are just that, and "
        "their accuracy is what a split by pattern would report: "
        f"{percent(rows[1][4])} instead of {percent(rows[0][4])} on compounds of the same classes "
        f"that were held out, {100.0 * gap:+.1f} points."
    )
    if compared:
        words += (
            " The second bundle was trained on a data set split by pattern: the compounds held out "
            f"from the first were in its training. On the same patterns it gets "
            f"{percent(rows[2][4])} of the compounds held out here and {percent(rows[3][4])} of "
            "the others."
        )
    return words


def _rows(scores: Scores, places: IntArray) -> Scores:
    return replace(
        scores,
        log_share=scores.log_share[places],
        similarity=scores.similarity[places],
        confidence=scores.confidence[places],
        squared_distance=scores.squared_distance[places],
    )


def _accuracy_row(scores: Scores, target: IntArray, model: Model) -> tuple[float, ...]:
    """Top-1 with its interval, top-3 and the mean over classes, with the union's own alpha."""
    rank = rank_of_truth(scores.reliability(model.bundle.calibration), target)
    found = ranking_accuracy(rank, target)
    interval = wilson_interval(int((rank == 0).sum()), len(rank))
    return found.top1, *interval, found.top3, found.mean_over_classes


def _leakage_by_net(basis: Basis, target: IntArray) -> list[tuple[str, int, float, float]]:
    calibration, places = basis.calibration, basis.study.twins.places
    count = np.bincount(basis.nets[target], minlength=len(basis.net_labels))
    held, seen = (
        shares_by_net(scores.reliability(calibration).argmax(axis=1) == target, target, basis.nets)
        for scores in (_rows(basis.inside, places), basis.study.twins.scores)
    )
    return [
        (label, int(n), float(a), float(b))
        for label, n, a, b in zip(basis.net_labels, count, held, seen, strict=True)
    ]
