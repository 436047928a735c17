"""The average pattern of every type, as the bundle holds it."""

from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
from crystinet.model.bundle import Bundle
from crystinet.report.evaluation.basis import origin
from crystinet.report.evaluation.figure import Figure, Table
from crystinet.report.evaluation.pictures import stroke

_TICKS_D = (15.0, 10.0, 7.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.7, 1.5, 1.3, 1.2, 1.1, 1.0)
_TICKS_DEG = (10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0)
_PER_TYPE_INCHES = 0.42


def coarse_axis(bundle: Bundle) -> tuple[FloatArray, FloatArray]:
    """Centres of the bins of the average patterns: d in angstrom and 2theta in degrees, (n,)."""
    n, factor = bundle.averages.shape[1], bundle.similarity.coarsen
    wavelength = bundle.axis.grid.wavelength_angstrom
    edges = d_from_two_theta(bundle.axis.two_theta_edges[: n * factor + 1 : factor], wavelength)
    d = np.sqrt(edges[1:] * edges[:-1])
    return d, two_theta_from_d(d, wavelength)


def average_figures(bundle: Bundle) -> list[Figure]:
    """One figure for each net: the average patterns of its types."""
    return [_average_figure(bundle, net, i) for i, net in enumerate(bundle.group_sizes)]


def _average_figure(bundle: Bundle, net: int, number: int) -> Figure:
    columns = [i for i, entry in enumerate(bundle.types) if entry.net == net]
    names = [bundle.types[i].name for i in columns]
    d, two_theta = coarse_axis(bundle)
    patterns = bundle.averages[columns].astype(np.float64)
    data = str(bundle.training.get("dataset_sha256", "not recorded"))[:12]
    return Figure(
        key=f"averages-{net}",
        title=f"Average patterns of RCNet {net}",
        caption="Average of the augmented training patterns of each type, each shifted to the "
        f"lattice scale that fits best, on the networks' axis ({bundle.axis.kind}). Intensity as "
        "the networks see it (on bins, logarithmic above 2 % of the strongest point), 1 between "
        "two base lines. The similarity S is the cosine with these.",
        computed_on=f"Training patterns of the bundle's data set {data}, training split; "
        f"{origin(bundle)}.",
        paper="Average patterns of all types; UMAP and affinity propagation gave its ten groups.",
        tables=(
            Table.of(
                f"averages-{net}",
                "Average patterns",
                ("d / angstrom", "2theta / degrees", *names),
                zip(d, two_theta, *patterns, strict=True),
                shown=False,
            ),
        ),
        draw=lambda canvas: _draw(canvas, bundle, d, patterns, names, number),
        size_inches=(9.5, 1.0 + _PER_TYPE_INCHES * len(names)),
    )


def _draw(
    canvas: Any, bundle: Bundle, d: FloatArray, patterns: FloatArray, names: list[str], net: int
) -> None:
    axes = canvas.subplots()
    u = -np.log(d)
    colour = stroke(net)["color"]
    for row, pattern in enumerate(patterns):
        base = len(patterns) - 1 - row
        axes.plot(u, base + 0.95 * pattern, color=colour, linewidth=0.8)
    axes.set_yticks(np.arange(len(names))[::-1], names, fontsize="small")
    axes.set_ylim(-0.1, len(names))
    axes.set_xlim(float(u[0]), float(u[-1]))
    axes.grid(visible=False, axis="y")
    inside = [tick for tick in _TICKS_D if d[-1] <= tick <= d[0]]
    axes.set_xticks([-np.log(tick) for tick in inside], [f"{tick:g}" for tick in inside])
    axes.set_xlabel("d / Å")
    above = axes.secondary_xaxis("top")
    wavelength = bundle.axis.grid.wavelength_angstrom
    spacings = d_from_two_theta(np.array(_TICKS_DEG, dtype=np.float64), wavelength)
    angles = zip(_TICKS_DEG, spacings.tolist(), strict=True)
    shown = [(angle, spacing) for angle, spacing in angles if d[-1] <= spacing <= d[0]]
    above.set_xticks([-np.log(s) for _, s in shown], [f"{angle:g}" for angle, _ in shown])
    above.set_xlabel(f"2θ / degrees (λ = {wavelength:.5g} Å)")
