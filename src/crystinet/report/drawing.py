"""What ``.plot()`` of a value object draws, on axes or a figure that a notebook shows.

Called by name from `crystinet.core.shown.draw`. Needs matplotlib.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from crystinet.report.explanation import explanation_on
from crystinet.report.fit_picture import SIZE_INCHES, fit_on
from crystinet.report.plots import label_axes

if TYPE_CHECKING:
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.model.explanation import Explanation
    from crystinet.model.identification import Identification
    from crystinet.patterns.pattern import Pattern

#: Candidates of an answer that are drawn, at most.
_CANDIDATES = 10
_COLOURS = {
    "known": "tab:green",
    "further": "tab:green",
    "uncertain": "tab:orange",
    "unknown": "tab:red",
}
_EXPLANATION_INCHES = (10.0, 6.5)


def pattern(shown: "Pattern", axes: Any = None) -> Any:
    """Intensity over 2theta, with holes where nothing was measured; the axes."""
    axes = _new_axes() if axes is None else axes
    intensity = np.where(shown.mask, shown.intensity, np.nan)
    axes.plot(shown.two_theta_deg, intensity, linewidth=0.8, label=shown.name or "pattern")
    label_axes(axes, shown.radiation.wavelength_angstrom, "intensity", title=shown.name)
    return axes


def identification(shown: "Identification", axes: Any = None) -> Any:
    """Probabilities of the candidates that have any, the best on top; the axes."""
    axes = _new_axes() if axes is None else axes
    kept = shown.likely_of_all[:_CANDIDATES]
    names = [each.full_name for each in kept]
    percent = [100.0 * each.probability for each in kept]
    bars = axes.barh(range(len(kept)), percent, color=_COLOURS[shown.standing])
    axes.bar_label(bars, [f" {value:.1f} %" for value in percent])
    axes.set_yticks(range(len(kept)), names, parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0.0, 115.0)
    axes.set_xlabel("probability / %")
    title = f"{shown.name or 'pattern'}: {shown.standing}"
    axes.set_title(title, fontsize="medium", parse_math=False)
    return axes


def explanation(shown: "Explanation", figure: Any = None) -> Any:
    """The picture of ``crystinet explain``; the figure."""
    if figure is None:
        from matplotlib import pyplot as plt

        figure = plt.figure(figsize=_EXPLANATION_INCHES, layout="constrained")
    explanation_on(figure, shown)
    return figure


def fit(shown: "Fit", figure: Any = None) -> Any:
    """The picture of ``crystinet refine``; the figure."""
    if figure is None:
        from matplotlib import pyplot as plt

        figure = plt.figure(figsize=SIZE_INCHES, layout="constrained")
    fit_on(figure, shown)
    return figure


def _new_axes() -> Any:
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(8.0, 3.5), layout="constrained")[1]
