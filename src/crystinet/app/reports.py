"""Use case: answers for other people: a page that opens anywhere, and a line for the paper.

The page needs jinja2, which the extras ``report`` and ``web`` bring.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from crystinet.app.thinning import thinned
from crystinet.core.errors import ConfigError
from crystinet.core.extras import need_extra
from crystinet.core.files import check_place, write_whole
from crystinet.core.plain import Document, in_percent
from crystinet.core.radiation import ASSUMED
from crystinet.core.su import with_su
from crystinet.core.version import __version__
from crystinet.model.in_short import told_in_short

if TYPE_CHECKING:
    from crystinet.app.identify import Answer
    from crystinet.patterns.pattern import Pattern
    from crystinet.patterns.sample import Sample
    from crystinet.report.answer.curve import Curves

#: The method that crystinet implements.
METHOD = (
    "L. Chen, B. Wang, W. Zhang, S. Zheng, Z. Chen, M. Zhang, C. Dong, F. Pan, S. Li, "
    "J. Am. Chem. Soc. 2024, 146, 8098-8109, doi:10.1021/jacs.3c11852"
)
#: Points of a picture.
_POINTS = 1500
#: Patterns of a page that get a picture.
MOST_PICTURES = 200


def publication_line(entry: Document, model: Document, fit: Document | None = None) -> str:
    """A sentence for the paper, with what has to be cited.

    Parameters
    ----------
    entry
        Of an identified pattern, as ``results`` of ``identify --json``.
    model
        ``id`` and ``version`` of the bundle.
    fit
        The document of ``refine --json``; None without a fit.
    """
    first, last = entry["two_theta_range"]
    said = _said(entry)
    assumed = ", assumed" if entry["wavelength_from"] == ASSUMED else ""
    line = (
        f"{said} from the powder X-ray diffraction pattern (2θ = {first:.1f}-{last:.1f}°, "
        f"λ = {entry['wavelength_angstrom']:.5f} Å{assumed}) with crystinet {__version__} "
        f"(model {model['version']}, {model['id'][:12]}) by the method of {METHOD}."
    )
    if fit and fit["phases"]:
        told = _free_cell(fit["phases"][0])
        line += f" A fit of the whole pattern gave {told} (Rwp = {100.0 * fit['rwp']:.1f} %)."
    return line


def _said(entry: Document) -> str:
    """What was identified; the most probable type is one of all that were asked about."""
    told = told_in_short(entry)
    name = " / ".join(told.names)
    sure = f"probability {in_percent(told.probability)}"
    if told.standing == "known":
        number = entry["candidates"][0]["number"]
        return f"The structure type was identified as {name} (class {number} of the method, {sure})"
    if told.standing == "further":
        id = entry["further"]["model"]["id"][:12]
        return (
            f"The structure type was identified as {name} (a further type, of model {id}, {sure})"
        )
    if told.standing == "uncertain":
        return (
            "The structure type could not be identified with certainty; the most probable is "
            f"{name} ({sure})"
        )
    return (
        f"The pattern was judged to belong to none of the known structure types (nearest: {name})"
    )


def _free_cell(phase: Document) -> str:
    """What symmetry leaves free of a cell, with standard uncertainties: "a = 4.594(2) Å"."""
    cell, errors = phase["cell"], phase["cell_uncertainty"]
    edges = [
        f"{name} = {with_su(cell[n], errors[n], digits=4)}"
        for n, name in enumerate("abc")
        if cell[n] not in cell[:n]
    ]
    angles = [
        f"{name} = {with_su(cell[n], errors[n], digits=2)}°"
        for n, name in enumerate("αβγ", start=3)
        if errors[n] > 0.0
    ]
    return ", ".join([", ".join(edges) + " Å", *angles])


@dataclass(frozen=True)
class ReportedPattern:
    """What a report knows of one pattern, besides its entry.

    Attributes
    ----------
    pattern
        As it was read.
    lines, lines_of
        Pairs (2theta in degrees, intensity in percent) of a type, laid on it, and the type's name.
    fit, curves
        The document of ``refine --json``, and curves of the fit; None without a fit.
    """

    pattern: "Pattern"
    lines: tuple[tuple[float, float], ...] = ()
    fit: Document | None = None
    curves: Document | None = None
    lines_of: str = ""


def report_page(
    document: Document,
    patterns: Sequence[ReportedPattern | None],
    *,
    title: str = "",
    made: float | None = None,
) -> str:
    """The page of the answers of a document.

    Parameters
    ----------
    document
        As of ``identify --json``.
    patterns
        One for each of its results; None leaves the picture out. Beyond `MOST_PICTURES` there are
        none.
    title
        Of the page; empty names the file, or counts the patterns.
    made
        When the answers were, seconds since 1970: a page that is made again is the same then. None
        takes the time of now.

    Raises
    ------
    MissingExtraError
        jinja2 is not installed.
    """
    need_extra("report", "jinja2", what="A report")
    from crystinet.report.answer.page import Reported, answer_page

    entries = document["results"]
    reported = [
        Reported(
            entry,
            None if known is None or number >= MOST_PICTURES else _curves(known),
            known.fit if known else None,
            publication_line(entry, document["model"], known.fit if known else None)
            if entry["ok"]
            else "",
            known.lines_of if known else "",
        )
        for number, (entry, known) in enumerate(zip(entries, patterns, strict=True))
    ]
    usual = entries[0]["file"] if len(entries) == 1 else f"{len(entries)} powder patterns"
    moment = datetime.now(UTC) if made is None else datetime.fromtimestamp(made, UTC)
    provenance = [
        ("Made", moment.strftime("%Y-%m-%d %H:%M UTC")),
        ("Program", f"crystinet {__version__}"),
        ("Model", f"{document['model']['version']}, {document['model']['id']}"),
        ("Method", METHOD),
    ]
    if len(entries) > MOST_PICTURES:
        provenance.append(("Pictures", f"of the first {MOST_PICTURES} patterns only"))
    return answer_page(reported, title=title or usual, provenance=provenance)


def _curves(known: ReportedPattern) -> "Curves":
    from crystinet.report.answer.curve import Curves

    if known.curves is not None:
        x, y, calculated = (
            np.array([np.nan if v is None else v for v in known.curves[name]], dtype=float)
            for name in ("two_theta", "observed", "calculated")
        )
        good = np.isfinite(y) & np.isfinite(calculated)
        x, y, calculated = x[good], y[good], calculated[good]
        rows = thinned(y, _POINTS)
        return Curves(x[rows], y[rows], calculated[rows], known.lines)
    measured = known.pattern.mask
    x, y = known.pattern.two_theta_deg[measured], known.pattern.intensity[measured]
    rows = thinned(y, _POINTS)
    return Curves(x[rows], y[rows], None, known.lines)


class Reporter:
    """Collects what a report shows, and writes it: an observer for `identify_files`.

    Parameters
    ----------
    path
        The page; ``.html`` or ``.htm``.

    Raises
    ------
    ConfigError
        The name ends in something else.
    MissingExtraError
        jinja2 is not installed.
    FileMissingError
        The page cannot be written there.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in (".html", ".htm"):
            raise ConfigError(
                f"The report {path} is a page, and its name does not end in .html.",
                hint="Name it so: --report answers.html.",
            )
        need_extra("report", "jinja2", what="A report")
        check_place(path)
        self.path = path
        self._known: list[ReportedPattern | None] = []

    def __call__(self, sample: "Sample", answer: "Answer") -> None:
        """Remember a pattern and the lines of its first candidate."""
        if len(self._known) >= MOST_PICTURES:
            self._known.append(None)
            return
        from crystinet.app.candidate_lines import lines_on_sample

        points = answer.starting_points
        lines = lines_on_sample(sample, points[0].placement) if points else None
        pairs = (
            ()
            if lines is None
            else tuple(zip(lines.two_theta_deg.tolist(), lines.intensity.tolist(), strict=True))
        )
        of = points[0].type if points else ""
        self._known.append(ReportedPattern(sample.raw, pairs, lines_of=of))

    def write(self, document: Document) -> None:
        """Write the page for the document of ``identify --json`` with the same patterns."""
        known = iter(self._known)
        patterns = [next(known) if entry["ok"] else None for entry in document["results"]]
        write_whole(self.path, report_page(document, patterns))
