"""The picture of a whole-pattern fit; needs matplotlib."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crystinet.report.plots import label_axes, make_figure, save_figure

if TYPE_CHECKING:
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.fit.whole_pattern.fitted_phase import FittedPhase

SIZE_INCHES = (11.0, 7.0)
_COLOURS = ("tab:blue", "tab:green", "tab:purple", "tab:brown", "tab:olive", "tab:pink")
#: Lines with indices, at most, and how far apart, as parts of the width of the picture.
_LABELS, _APART = 40, 0.016
#: Weaker lines than this part of the strongest get no indices.
_WEAKEST = 0.01


def plot_fit(fit: "Fit", path: Path) -> None:
    """Draw a fit into a picture file; its suffix names the format.

    Raises
    ------
    MissingExtraError, ConfigError, FileMissingError
        As `crystinet.report.plots.plot_pattern`.
    """
    figure = make_figure(path, SIZE_INCHES)
    fit_on(figure, fit)
    save_figure(figure, path)


def fit_on(figure: Any, fit: "Fit") -> None:
    """Draw observed and calculated pattern, the reflections with indices, and the difference."""
    n = len(fit.phases)
    above, ticks, below = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": (5.0, 0.22 * n, 1.3)}
    )
    x = fit.two_theta_deg
    shown = np.where(fit.mask, 1.0, np.nan)
    above.plot(x, fit.observed * shown, ".", color="black", markersize=2.0, label="observed")
    above.plot(x, fit.calculated * shown, color="tab:red", linewidth=0.9, label="calculated")
    above.plot(x, fit.background, color="tab:gray", linewidth=0.8, label="background")
    colours = [_COLOURS[number % len(_COLOURS)] for number in range(n)]
    if n > 1:
        for phase, colour in zip(fit.phases, colours, strict=True):
            label = f"{phase.type or phase.start}, {100.0 * phase.share:.0f} % of the intensity"
            curve = fit.background + phase.calculated
            above.plot(x, curve, color=colour, linewidth=0.7, label=label)
    low, high = float(np.nanmin(fit.background)), float(np.nanmax(fit.observed * shown))
    above.set_ylim(
        min(low, float(np.nanmin(fit.observed * shown))) - 0.03 * (high - low),
        high + 0.13 * (high - low),
    )
    above.set_xlim(float(x[0]), float(x[-1]))
    above.set_ylabel("intensity")
    _name_lines(above, fit, colours)
    legend = above.legend(fontsize="small", loc="upper right")
    for text in legend.get_texts():
        text.set_parse_math(False)
    above.set_title(_title(fit), fontsize="medium", parse_math=False)
    for row, (phase, colour) in enumerate(zip(fit.phases, colours, strict=True)):
        places, low = phase.lines.two_theta_deg, n - row - 0.9
        ticks.vlines(places, low, low + 0.8, color=colour, linewidth=0.8)
    ticks.set_ylim(0.0, float(n))
    ticks.set_yticks([])
    ticks.set_ylabel("lines", rotation=0, ha="right", va="center", fontsize="small")
    below.plot(x, fit.difference * shown, color="tab:blue", linewidth=0.7)
    below.axhline(0.0, color="black", linewidth=0.5)
    label_axes(below, fit.radiation.wavelength_angstrom, "observed − calculated", title="")
    below.yaxis.label.set_fontsize("small")


def _title(fit: "Fit") -> str:
    names = " + ".join(phase.type or phase.start for phase in fit.phases)
    state = "" if all(phase.refined for phase in fit.phases) else ", starting model"
    return f"{fit.name or 'pattern'}: {names}{state}, Rwp {100.0 * fit.rwp:.1f} %"


def _name_lines(axes: Any, fit: "Fit", colours: list[str]) -> None:
    """Write the indices of the strongest lines above them, where they do not overlap."""
    lines = [
        (area, place, hkl, colour)
        for phase, colour in zip(fit.phases, colours, strict=True)
        for area, place, hkl in _named(phase)
    ]
    strongest = max((area for area, *_ in lines), default=0.0)
    span = float(fit.two_theta_deg[-1] - fit.two_theta_deg[0])
    taken: list[float] = []
    for area, place, hkl, colour in sorted(lines, key=lambda line: -line[0]):
        if len(taken) >= _LABELS or area < _WEAKEST * strongest:
            break
        if any(abs(place - other) < _APART * span for other in taken):
            continue
        taken.append(place)
        near = np.abs(fit.two_theta_deg - place) < 0.004 * span
        top = float(np.max(np.maximum(fit.observed, fit.calculated)[near], initial=0.0))
        axes.annotate(
            hkl,
            (place, top),
            xytext=(0.0, 4.0),
            textcoords="offset points",
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=7,
            color=colour if len(fit.phases) > 1 else "black",
        )


def _named(phase: "FittedPhase") -> list[tuple[float, float, str]]:
    """Area, place and indices of the lines; lines on one place count as one."""
    own = phase.lines
    rows = zip(own.two_theta_deg.tolist(), own.area.tolist(), own.hkl.tolist(), strict=True)
    found: list[tuple[float, float, str]] = []
    for place, lines in groupby(rows, key=lambda row: round(row[0], 2)):
        together = [(area, hkl) for _, area, hkl in lines]
        name = indices(max(together, key=lambda line: line[0])[1])
        found.append((sum(area for area, _ in together), place, name))
    return found


def indices(hkl: list[int]) -> str:
    """Write indices without spaces where none has two digits or a sign: 110, but "-1 1 10"."""
    spaced = any(index < 0 or index > 9 for index in hkl)
    return (" " if spaced else "").join(map(str, hkl))
