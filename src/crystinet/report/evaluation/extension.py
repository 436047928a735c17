"""What an extension did, for people."""

from crystinet.evaluation.regression import (
    FEWEST_COMPOUNDS,
    LARGEST_LOSS,
    LEAST_TOP1,
    RegressionReport,
)


def extension_lines(report: RegressionReport) -> list[str]:
    """What an extension did, for people, as Markdown."""
    before, after = report.before, report.after
    sides = (before, after)
    told = (
        "reference structures that were trained on" if report.references else "held-out compounds"
    )
    rows = [
        ("old types, top-1", *(f"{s.old.top1:.1%}" for s in sides)),
        ("old types, top-3", *(f"{s.old.top3:.1%}" for s in sides)),
        ("old types, mean over classes", *(f"{s.old.mean_over_classes:.1%}" for s in sides)),
        ("old types called unknown", *(f"{s.known_called_unknown:.1%}" for s in sides)),
        ("other structures called known", *(f"{s.outside_called_known:.1%}" for s in sides)),
        ("known or unknown, AUROC", *(f"{s.auroc:.3f}" for s in sides)),
        ("new types called known", *(f"{s.new_called_known:.1%}" for s in sides)),
    ]
    lines = [
        f"Old types: {before.old.patterns} patterns of {told}, {before.old.classes} classes.",
        f"Top-1 changes by {-100.0 * report.loss:+.2f} points (at most "
        f"-{100.0 * LARGEST_LOSS:g} wanted); {report.taken_for_new:.1%} are taken for a new type.",
        "",
        "| | before | after |",
        "| --- | --- | --- |",
        *(f"| {name} | {one} | {other} |" for name, one, other in rows),
        "",
    ]
    return [
        *lines,
        *_lines_on_new_types(report),
        "",
        f"{len(report.unchanged)} files of the old bundle are unchanged (SHA-256).",
    ]


def _lines_on_new_types(report: RegressionReport) -> list[str]:
    a, large = report.new_accuracy, report.new_accuracy_large
    if not a.patterns:
        return ["New types: no compound of them was held out."]
    lines = [
        f"New types: {a.patterns} patterns, {a.classes} of {len(report.new)} types with held-out "
        f"compounds, top-1 {a.top1:.1%}, top-3 {a.top3:.1%}."
    ]
    if large.patterns:
        lines.append(
            f"With {FEWEST_COMPOUNDS} compounds or more: {large.classes} types, {large.patterns} "
            f"patterns, top-1 {large.top1:.1%} ({LEAST_TOP1:.0%} wanted), mean over types "
            f"{large.mean_over_classes:.1%}."
        )
    lines += [
        "",
        "| new type | compounds | held out | patterns | top-1 | top-3 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, t in report.new.items():
        invented = " (invented)" if t.simulated else ""
        figures = f"{t.top1:.1%} | {t.top3:.1%}" if t.patterns else "- | -"
        lines.append(
            f"| {name} | {t.compounds} | {t.held_out}{invented} | {t.patterns} | {figures} |"
        )
    return lines
