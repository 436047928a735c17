"""The main numbers beside the paper's and the targets."""

from crystinet.evaluation.measured import MeasuredReport
from crystinet.evaluation.metrics import share
from crystinet.evaluation.nets import correct_inside
from crystinet.evaluation.simulated import SimulatedReport
from crystinet.model.bundle import Bundle
from crystinet.report.evaluation.basis import Basis, origin
from crystinet.report.evaluation.figure import Figure, Table

_COLUMNS = ("what", "this bundle", "paper", "target")


def summary_figure(
    bundle: Bundle,
    *,
    basis: Basis | None,
    simulated: SimulatedReport | None,
    measured: MeasuredReport | None,
) -> Figure:
    """Table of what the report found, each with what it is compared with."""
    rows: list[tuple[object, ...]] = []
    if basis is not None and simulated is not None:
        rows += _simulated_rows(basis, simulated)
    if measured is not None:
        rows += _measured_rows(measured)
    parts = [basis.on_both] if basis else []
    parts += [f"{len(measured.answers)} measured patterns; {origin(bundle)}."] if measured else []
    return Figure(
        key="summary",
        title="Summary",
        caption="Shares of 1, and areas. The paper splits its data by pattern, this report by "
        "compound: see leakage. Its figures are for its own bundle and data.",
        computed_on=" ".join(parts),
        paper="in the table.",
        tables=(Table.of("summary", "Main numbers", _COLUMNS, rows),),
    )


def _simulated_rows(basis: Basis, report: SimulatedReport) -> list[tuple[object, ...]]:
    alone = correct_inside(basis.inside.log_share, basis.target, basis.nets)
    first = basis.nets == 0
    mine = basis.nets[basis.target] == 0
    label = basis.net_labels[0]
    hinted = report.with_elements
    return [
        (f"top-1, alpha {report.alpha:g} of the bundle", report.accuracy.top1, None, None),
        ("top-1, alpha 0.7", report.by_alpha["0.7"], 0.8, None),
        ("top-1, confidence alone (alpha 0)", report.by_alpha["0.0"], 0.657, None),
        ("top-3", report.accuracy.top3, None, None),
        ("mean over classes of top-1", report.accuracy.mean_over_classes, None, None),
        ("top-1, elements given", hinted.top1 if hinted else None, None, None),
        (f"{label} alone on its {first.sum()} types", share(alone[mine]), 0.9989, None),
        ("all nets alone", share(alone), None, None),
        ("known or unknown, unknown score at 0.5", report.screening.accuracy, 0.891, 0.95),
        ("known or unknown, AUROC", report.screening.auroc, None, 0.98),
        ("called known", report.verdicts["known"], None, None),
        ("of these right", report.verdicts["known, correct"], None, None),
        ("calibration error", report.expected_calibration_error, None, None),
    ]


def _measured_rows(report: MeasuredReport) -> list[tuple[object, ...]]:
    return [
        ("measured, all sources, top-1", report.accuracy.top1, None, None),
        ("measured, RRUFF of the paper, top-1", report.rruff.top1, 0.813, None),
        ("measured, other types not called known", report.outside_not_known, None, None),
        ("measured, mixtures not called known", report.mixtures_not_known, None, None),
    ]
