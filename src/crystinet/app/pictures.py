"""Use case: draw what the other use cases give. Needs the extra ``report``.

All functions raise

- MissingExtraError where matplotlib is not installed,
- ConfigError where the suffix of the picture names no format that it writes,
- FileMissingError where the folder does not exist or refuses the file.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crystinet.app.identify import Answer
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.model.explanation import Explanation
    from crystinet.patterns.pattern import Pattern
    from crystinet.patterns.sample import Sample


def check_picture(path: Path) -> None:
    """Refuse a picture that cannot be drawn, before the work for it is done."""
    from crystinet.report.plots import check_picture

    check_picture(path)


def draw_pattern(pattern: "Pattern", path: Path) -> None:
    """Draw a pattern."""
    from crystinet.report.plots import plot_pattern

    plot_pattern(pattern, path)


def draw_explanation(found: "Explanation", path: Path) -> None:
    """Draw what an answer rests on: heat, matched and unexplained lines, sensitivity."""
    from crystinet.report.explanation import plot_explanation

    plot_explanation(found, path)


def draw_fit(fit: "Fit", path: Path) -> None:
    """Draw a whole-pattern fit: observed, calculated, lines with indices, difference."""
    from crystinet.report.fit_picture import plot_fit

    plot_fit(fit, path)


class Draughtsman:
    """Draws one identified pattern after the other: ``a.png``, ``a-2.png``, ``a-3.png``.

    An observer for `crystinet.app.identify.identify_files`.

    Parameters
    ----------
    picture
        The first one.
    drawn
        Told the name of each pattern and its picture.
    """

    def __init__(self, picture: Path, drawn: Callable[[str, Path], None]) -> None:
        check_picture(picture)
        self._picture, self._drawn, self._number = picture, drawn, 0

    def __call__(self, sample: "Sample", answer: "Answer") -> None:
        """Draw a pattern before and after its preparation, with lines of the type named first."""
        from crystinet.report.identified import plot_identification

        self._number += 1
        path = self._picture
        if self._number > 1:
            path = path.with_name(f"{path.stem}-{self._number}{path.suffix}")
        found, points = answer.identification, answer.starting_points
        placement, of = (points[0].placement, points[0].type) if points else (None, "")
        plot_identification(sample, found, path, placement=placement, lines_of=of)
        self._drawn(found.name, path)
