"""Which figures a report has."""

from crystinet.evaluation.measured import MeasuredReport
from crystinet.evaluation.simulated import SimulatedReport
from crystinet.evaluation.study import Study
from crystinet.model.bundle import Bundle
from crystinet.report.evaluation.accuracy import accuracy_figures
from crystinet.report.evaluation.averages import average_figures
from crystinet.report.evaluation.basis import Basis
from crystinet.report.evaluation.figure import Figure
from crystinet.report.evaluation.influence import influence_figures
from crystinet.report.evaluation.knowing import knowing_figures
from crystinet.report.evaluation.real import measured_figures
from crystinet.report.evaluation.summary import summary_figure


def report_figures(
    bundle: Bundle,
    *,
    study: Study | None,
    simulated: SimulatedReport | None,
    measured: MeasuredReport | None,
    manifest_sha256: str = "",
) -> list[Figure]:
    """All figures that can be made of what is given, in the order of the page.

    Parameters
    ----------
    bundle
        That was judged.
    study, simulated
        Scores on a data set and their summary; without them figures of simulated patterns are
        left out.
    measured, manifest_sha256
        Answers for a folder of measured patterns, and the SHA-256 of its manifest.
    """
    basis = Basis(study) if study is not None else None
    figures = [summary_figure(bundle, basis=basis, simulated=simulated, measured=measured)]
    if basis is not None:
        figures += [
            *accuracy_figures(basis),
            *knowing_figures(basis),
            *influence_figures(basis),
        ]
    if measured is not None:
        figures += measured_figures(measured, bundle, manifest_sha256=manifest_sha256)
    return [*figures, *average_figures(bundle)]
