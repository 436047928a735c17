"""Use case: where the lines of candidates lie on a measured pattern, with their indices."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.models import load_index, load_model
from crystinet.core.errors import UnknownTypeError
from crystinet.core.plain import Document, number

if TYPE_CHECKING:
    from crystinet.corpus.index.index import CompoundIndex
    from crystinet.fit.placement import Placement
    from crystinet.fit.starting_points import StartingPoint
    from crystinet.patterns.pattern import Pattern
    from crystinet.patterns.sample import Sample
    from crystinet.simulation.simulate import PeakList

#: Known compounds of each candidate.
_NEAREST = 5
#: Weaker lines than this, in percent of the strongest, are left out.
_LEAST_PERCENT = 0.05
#: Lines closer than this are one, degrees.
_SAME_LINE_DEG = 0.01


@dataclass(frozen=True, slots=True)
class CandidateLines:
    """The lines of a candidate, laid on a sample.

    Attributes
    ----------
    start
        Known compounds like it, its lattice, and how its lines were laid.
    lines
        Of the known compound or the reference that fits best, at the sample's cell, the strongest
        ones; None where no line fits.
    """

    start: "StartingPoint"
    lines: "PeakList | None"

    def to_dict(self) -> Document:
        """Plain data; ``two_theta`` in degrees, ``d`` in angstrom, the strongest line is 100."""
        document = self.start.to_dict()
        del document["probability"]
        placed = self.start.placement
        if placed is not None:
            document["explained"] = number(placed.explained)
            document["rough"] = placed.method == "rough"
        document["lines"] = [] if self.lines is None else _rows(self.lines)
        return document


def _rows(found: "PeakList") -> list[Document]:
    columns = (found.two_theta_deg, found.d_angstrom, found.intensity, found.hkl)
    return [
        {
            "two_theta": number(angle),
            "d": number(d),
            "intensity": number(intensity),
            "hkl": [list(hkl) for hkl in indices],
        }
        for angle, d, intensity, indices in zip(*columns, strict=True)
        if intensity >= _LEAST_PERCENT
    ]


class LineFinder:
    """Lays the lines of candidates on patterns; what it takes is loaded once.

    Parameters
    ----------
    model
        Folder of a bundle, or the name of one in the package; None takes its default.

    Raises
    ------
    BundleError, CorpusError
        The bundle or the index of known compounds is unusable.
    """

    def __init__(self, model: str | Path | None = None) -> None:
        from crystinet.fit.starting_points import StartingPoints, StartOptions

        self._model = load_model(model)
        options = StartOptions(nearest=_NEAREST, lattice=True, candidates=1)
        self._finder = StartingPoints(self._model, load_index(), options)

    @property
    def index(self) -> "CompoundIndex":
        """The known compounds that neighbours are numbered in."""
        return self._finder.index

    def find(
        self,
        pattern: "Pattern",
        types: Sequence[str],
        *,
        two_theta_range: Sequence[float] | None = None,
    ) -> list[CandidateLines]:
        """Lines of types on a pattern, in this order.

        Raises
        ------
        UnknownTypeError
            The model knows one of them neither itself nor as a further type.
        InvalidPatternError
            The pattern cannot be prepared.
        """
        known = {name: self._model.names_of_class(name) for name in types}
        for name, names in known.items():
            if not names:
                raise UnknownTypeError(
                    f"The model does not know a type {name[:80]!r}.",
                    hint="Take the name of a candidate.",
                )
        if two_theta_range is not None:
            pattern = pattern.within((two_theta_range[0], two_theta_range[1]))
        sample = self._model.sample(pattern)
        found = [self._finder.of_types(sample, known[name]) for name in types]
        return [CandidateLines(point, lines_on_sample(sample, point.placement)) for point in found]


def lines_on_sample(sample: "Sample", placement: "Placement | None") -> "PeakList | None":
    """The lines that were laid, where they lie on the sample; None where none fits."""
    if placement is None:
        return None
    import numpy as np

    from crystinet.core.diffraction import two_theta_from_d
    from crystinet.simulation.simulate import PeakList

    wavelength = sample.wavelength_angstrom  # of the measurement, not of the networks' grid
    first_deg, last_deg = sample.raw.measured_range_deg
    spacing = placement.lines_cell.d_spacing(placement.lines.hkl)
    angle = two_theta_from_d(spacing, wavelength)
    strength = placement.lines.intensity(wavelength)
    inside = np.flatnonzero((angle >= first_deg) & (angle <= last_deg))
    rows = inside[np.argsort(angle[inside], kind="stable")]
    if not len(rows):
        return None
    firsts = np.flatnonzero(np.diff(angle[rows], prepend=-np.inf) > _SAME_LINE_DEG)
    intensity = np.add.reduceat(strength[rows], firsts)
    indices = [tuple(int(i) for i in placement.lines.hkl[row]) for row in rows]
    return PeakList(
        two_theta_deg=angle[rows[firsts]],
        d_angstrom=spacing[rows[firsts]],
        intensity=100.0 * intensity / intensity.max(),
        hkl=tuple(
            tuple((each[0], each[1], each[2]) for each in indices[first:last])
            for first, last in pairwise([*firsts.tolist(), len(rows)])
        ),
    )
