"""Pictures of explanations; needs matplotlib."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.plain import in_percent
from crystinet.report.plots import label_axes, make_figure, save_figure

if TYPE_CHECKING:
    from crystinet.model.explanation import Explanation
    from crystinet.model.inference import Model
    from crystinet.model.type_map import TypeMap

_SIZE_INCHES = (10.0, 6.5)
_MATCHED, _UNEXPLAINED = "tab:green", "tab:red"
_MOST_PERCENT = 250.0  # of a score that rises where a part is left out; more is cut off
_MARKS = 1.06  # where lines are marked, above a pattern that is 1 high


def plot_explanation(found: "Explanation", path: Path) -> None:
    """Draw an explanation.

    Above, the pattern as the networks see it over the heat (where the network looked), the average
    pattern of the type downwards from zero, and a mark on each line: green where the type has it,
    red where not. Below, what is left of the type's score when a window around each angle is left
    out; red where another type would then be the answer.

    Parameters
    ----------
    found
        From `crystinet.explain`.
    path
        The picture; its suffix names the format.

    Raises
    ------
    MissingExtraError, ConfigError, FileMissingError
        As `crystinet.report.plots.plot_pattern`.
    """
    figure = make_figure(path, _SIZE_INCHES)
    explanation_on(figure, found)
    save_figure(figure, path)


def explanation_on(figure: Any, found: "Explanation") -> None:
    """Draw on a figure what `plot_explanation` writes into a file."""
    above, below = figure.subplots(2, 1, height_ratios=(3.0, 1.0), sharex=True)
    x = found.two_theta_deg
    shade = _shade(above, x, found.heat)
    figure.colorbar(shade, ax=above, label="where the network looked (heat)", pad=0.01)
    x_gapped, (intensity, expected) = _with_holes(x, found.intensity, found.expected)
    above.plot(
        x_gapped, intensity, linewidth=0.8, color="black", label="pattern as the network sees it"
    )
    if found.expected.any():
        above.plot(
            x_gapped,
            -0.6 * expected,
            linewidth=0.8,
            color="tab:blue",
            label="average pattern of the type",
        )
    for wanted, colour, mark, label in (
        (True, _MATCHED, "|", "line of the type"),
        (False, _UNEXPLAINED, "v", "line that the type lacks"),
    ):
        angles = [peak.two_theta_deg for peak in found.peaks if peak.matched is wanted]
        above.plot(angles, [_MARKS] * len(angles), mark, color=colour, markersize=5, label=label)
    above.set_ylim(-0.65, 1.25)
    above.set_yticks(np.linspace(0.0, 1.0, 6))
    above.set_xlim(float(x[0]), float(x[-1]))
    _label_above(above, found)
    _draw_sensitivity(below, found)


def _label_above(axes: Any, found: "Explanation") -> None:
    answer, candidate = found.identification, found.candidate
    title = (
        f"{answer.name or 'pattern'} as {candidate.type}: {in_percent(candidate.probability)}, "
        f"{'the answer' if found.rank == 1 else f'candidate {found.rank}'}, verdict: "
        f"{answer.verdict}"
    )
    axes.set_ylabel("relative intensity")
    axes.set_title(title, fontsize="medium", parse_math=False)
    axes.legend(fontsize="small", loc="upper right", ncols=4)


def _draw_sensitivity(axes: Any, found: "Explanation") -> None:
    """One bar for each masked window, in its middle."""
    windows = found.sensitivity
    middle = windows.two_theta_deg.mean(axis=1)
    width = float(np.median(np.diff(middle))) if len(middle) > 1 else 1.0
    first = found.identification.candidates[0].type
    other = np.array([name != first for name in windows.answers], dtype=bool)
    for kept, colour, label in (
        (~other, "tab:gray", "the answer stays"),
        (other, _UNEXPLAINED, "another type would be the answer"),
    ):
        if kept.any():
            left = 100.0 * np.exp(windows.change[kept])
            axes.bar(middle[kept], left - 100.0, width, bottom=100.0, color=colour, label=label)
    axes.axhline(100.0, color="black", linewidth=0.6)
    highest = 100.0 * float(np.exp(windows.change.max(initial=0.0)))
    axes.set_ylim(0.0, min(max(110.0, 1.1 * highest), _MOST_PERCENT))
    label_axes(
        axes,
        found.identification.wavelength_angstrom,
        "score left / %",
        title="what is left of the type's score without the 5 degrees around each angle",
    )
    if len(middle):
        axes.legend(fontsize="small", loc="lower right")


def plot_type_map(found: "TypeMap", path: Path, *, model: "Model") -> None:
    """Draw the heat averaged over the compounds of a type.

    Parameters
    ----------
    found
        From `crystinet.evaluation.type_maps.average_heat`.
    path
        The picture; its suffix names the format.
    model
        For the type's average pattern, which is drawn downwards from zero.

    Raises
    ------
    MissingExtraError, ConfigError, FileMissingError
        As `crystinet.report.plots.plot_pattern`.
    """
    figure = make_figure(path, _SIZE_INCHES)
    above, below = figure.subplots(2, 1, height_ratios=(2.0, 1.0), sharex=True)
    x, bundle = found.two_theta_deg, model.bundle
    figure.colorbar(_shade(above, x, found.heat), ax=above, label="mean heat", pad=0.01)
    label = f"mean of {found.compounds} compounds"
    above.plot(x, found.intensity, linewidth=0.8, color="black", label=label)
    column = [entry.name for entry in bundle.types].index(found.type)
    average = bundle.averages[column]
    places = (np.arange(len(average)) + 0.5) * bundle.similarity.coarsen - 0.5
    on_axis = np.interp(np.arange(len(x)), places, average)
    above.plot(x, -0.6 * on_axis, linewidth=0.8, color="tab:blue", label="average, aligned")
    above.set_ylim(-0.65, 1.05 * max(1e-9, float(found.intensity.max())))
    above.set_xlim(float(x[0]), float(x[-1]))
    above.set_ylabel("intensity, as the networks see it")
    above.set_title(f"{found.type}: Grad-CAM over its compounds", parse_math=False)
    above.legend(fontsize="small", loc="upper right")
    below.plot(x, found.heat, color="tab:red")
    low, high = found.heat - found.heat_spread, found.heat + found.heat_spread
    below.fill_between(x, np.maximum(low, 0.0), high, color="tab:red", alpha=0.2, linewidth=0)
    title = "mean and standard deviation, each compound's highest value being 1"
    label_axes(below, bundle.axis.grid.wavelength_angstrom, "heat", title=title)
    save_figure(figure, path)


def _shade(axes: Any, x: FloatArray, heat: FloatArray) -> Any:
    """Shade the background of axes by heat; holes of the measurement stay white."""
    step = float(np.median(np.diff(x)))
    edges = np.concatenate([[x[0] - step / 2], (x[1:] + x[:-1]) / 2.0, [x[-1] + step / 2]])
    shown = heat.astype(np.float64).copy()
    shade = axes.pcolormesh(
        edges, [-2.0, 2.0], shown[None], cmap="YlOrRd", vmin=0.0, vmax=1.0, alpha=0.7, zorder=0
    )
    for i in holes_after(x):
        axes.axvspan(x[i], x[i + 1], color="white", zorder=0.5)
    return shade


def holes_after(x: FloatArray) -> IntArray:
    """Points after which the measurement has a hole: far wider than the steps beside it.

    The steps grow along the axis where it is uniform in ln(1/d) or comes from another wavelength.
    """
    steps = np.diff(x)
    beside = np.minimum(np.append(steps[1:], np.inf), np.insert(steps[:-1], 0, np.inf))
    return np.flatnonzero(steps > 2.5 * beside)


def _with_holes(x: FloatArray, *curves: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
    """Put a NaN into each hole of the measurement, so that no line is drawn across it."""
    wide = holes_after(x) + 1
    return np.insert(x, wide, np.nan), [np.insert(curve, wide, np.nan) for curve in curves]
