"""Why a type was answered: where the network looked, which lines fit, what the answer hangs on.

Three views of one answer, none of which needs automatic differentiation:

* **heat**: Grad-CAM at the last convolution of the type's RCNet (`crystinet.model.heat`), at the
  resolution of the input;
* **peaks**: lines of the pattern that the type's average pattern has, and those that it lacks, at
  the best lattice scale (`crystinet.model.expected`);
* **sensitivity**: how the score changes when a window of 2theta is masked
  (`crystinet.model.sensitivity`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.errors import UnknownTypeError
from crystinet.core.plain import Document, number
from crystinet.core.shown import data_frame, draw, html_lines
from crystinet.model.bundle import Bundle
from crystinet.model.expected import ExpectedPattern, Peak, expected_pattern, matched_lines
from crystinet.model.heat import HeatMapper, Score, as_score
from crystinet.model.identification import Candidate, Identification
from crystinet.model.inference import Model
from crystinet.model.sensitivity import Sensitivity, measured_angles, sensitivity
from crystinet.patterns.sample import Sample
from crystinet.patterns.signal import scale_intensity


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why one candidate has its place in the ranking.

    Curves have one value for each measured point of the networks' grid, n in all; gaps and what is
    outside the measured range have no points.

    Attributes
    ----------
    identification
        The whole answer, with the bundle, the preprocessing and the warnings it rests on.
    candidate, rank
        The explained candidate and its place, 1 for the answer.
    score
        What was differentiated for the heat.
    two_theta_deg
        Shape (n,), degrees for the wavelength of the measurement.
    intensity
        Shape (n,): the prepared pattern as the networks see it, 0 to 1 with weak lines magnified.
    heat
        Shape (n,), Grad-CAM, 0 to 1: 1 at its highest measured point, 0 everywhere where nothing
        speaks for the type.
    heat_unit
        What 1 stands for, in units of the score.
    expected
        Shape (n,): average pattern of the type at the best lattice scale, on the scale of
        ``intensity`` and with its maximum at 1 as well; 0 where the type has none.
    average_scale
        Edges of the compound's cell relative to the type's average, found by the similarity: what
        ``expected`` and the matched lines rest on.
    peaks
        Lines of the pattern, in the order of 2theta.
    sensitivity
        See `Sensitivity`.
    lattice_scale
        Edges of the compound's cell relative to those of the type's reference structure, as
        `crystinet.nearest` gives it; None where nobody laid the reference's lines on the pattern,
        or none fits.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> why = crystinet.explain(pattern)
    >>> why.candidate.type, why.peaks[0].matched
    ('NaCl', True)
    >>> float(why.heat.max())
    1.0
    >>> sorted(why.to_dict()["curves"])
    ['expected', 'heat', 'intensity', 'two_theta']
    """

    identification: Identification
    candidate: Candidate
    rank: int
    score: Score
    two_theta_deg: FloatArray
    intensity: FloatArray
    heat: FloatArray
    heat_unit: float
    expected: FloatArray
    average_scale: float
    peaks: tuple[Peak, ...]
    sensitivity: Sensitivity
    lattice_scale: float | None = None

    @property
    def unexplained(self) -> tuple[Peak, ...]:
        """Lines of the pattern that the type's average pattern lacks."""
        return tuple(peak for peak in self.peaks if not peak.matched)

    def __repr__(self) -> str:
        answer, left = self.identification, len(self.unexplained)
        return (
            f"Explanation of {answer.name or 'a pattern'} as {self.candidate.full_name}, rank "
            f"{self.rank}, {100.0 * self.candidate.probability:.1f} %\n"
            f"  {len(self.peaks) - left} of {len(self.peaks)} lines matched"
        )

    def _repr_html_(self) -> str:
        title, rest = repr(self).split("\n")
        return html_lines(title, (rest, self.identification.sentence))

    def to_dataframe(self) -> Any:
        """A `pandas.DataFrame` of the curves, one row a measured point.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        names = ("two_theta_deg", "intensity", "heat", "expected")
        return data_frame({name: getattr(self, name) for name in names})

    def plot(self, figure: Any = None) -> Any:
        """Draw heat, lines and sensitivity; ``pip install "crystinet[report]"``.

        Parameters
        ----------
        figure
            matplotlib's, to draw on; None makes a new one.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        return draw("explanation", self, figure)

    def to_dict(self) -> Document:
        """Plain data, as ``crystinet explain FILE --json``; degrees 2theta as measured."""
        answer, windows = self.identification.to_dict(), self.sensitivity
        kept = ("model", "verdict", "wavelength_angstrom", "wavelength_from", "two_theta_range",
                "warnings", "notes")  # fmt: skip
        return {
            **{key: answer[key] for key in (*kept, "preprocessing")},
            "candidate": self.candidate.to_dict(),
            "rank": self.rank,
            "score": self.score.value,
            "heat_unit": float(self.heat_unit),
            "lattice_scale": None if self.lattice_scale is None else number(self.lattice_scale),
            "peaks": [peak.to_dict() for peak in self.peaks],
            "sensitivity": windows.to_dicts(),
            "curves": {
                "two_theta": [number(value) for value in self.two_theta_deg],
                "intensity": [number(value) for value in self.intensity],
                "heat": [number(value) for value in self.heat],
                "expected": [number(value) for value in self.expected],
            },
        }


def explain(
    model: Model,
    sample: Sample,
    *,
    type_name: str | None = None,
    score: Score | str = Score.LOGIT,
    elements: Iterable[str] | None = None,
) -> Explanation:
    """Explain one candidate of a sample's identification.

    Parameters
    ----------
    model
        Its bundle must give out the last feature maps.
    sample
        From `Model.sample`.
    type_name
        The candidate, by its name or that of a type merged into it; None takes the answer.
    score
        What is differentiated for the heat.
    elements
        Of the sample, as for `Model.identify`; they change the ranking only.

    Raises
    ------
    BundleError
        The bundle cannot be explained: it was exported without the last feature maps.
    UnknownTypeError
        The bundle does not know the type.
    ConfigError
        ``score`` is none, or ``elements`` holds what is no element.
    """
    kind = as_score(score)
    mapper = HeatMapper(model.bundle)
    named = None if type_name is None else column_of(model.bundle, type_name)
    (answer,) = model.identify([sample], elements=elements)
    names = [entry.name for entry in model.bundle.types]
    column = names.index(answer.candidates[0].type) if named is None else named
    rank = [c.type for c in answer.candidates].index(names[column]) + 1
    prepared = sample.prepared
    inputs = model.network_input([prepared])
    expected = expected_pattern(model.bundle, inputs, column)
    axis, wavelength = model.bundle.log_axis, sample.wavelength_angstrom
    points = prepared.two_theta_deg[prepared.mask]
    u = -np.log(d_from_two_theta(points, axis.grid.wavelength_angstrom))
    heat = np.interp(u, axis.centres, mapper.heat(inputs, column, score=kind)[0])
    unit = float(heat.max())
    knee = model.bundle.preprocessing.intensity_knee
    angles = measured_angles(points, grid=axis.grid, wavelength_angstrom=wavelength)
    return Explanation(
        identification=answer,
        candidate=answer.candidates[rank - 1],
        rank=rank,
        score=kind,
        two_theta_deg=read_only_floats(angles),
        intensity=read_only_floats(scale_intensity(prepared.intensity[prepared.mask], knee=knee)),
        heat=read_only_floats(heat / unit if unit > 0.0 else heat),
        heat_unit=unit,
        expected=read_only_floats(expected.at(u)),
        average_scale=expected.scale,
        peaks=_peaks(sample, expected),
        sensitivity=sensitivity(model.alone, prepared, column, wavelength_angstrom=wavelength),
    )


def column_of(bundle: Bundle, type_name: str) -> int:
    """Column of a type of a bundle, by its name or that of a type merged into it.

    Raises
    ------
    UnknownTypeError
        With similar names of the bundle.
    """
    from difflib import get_close_matches

    columns = {
        name: i for i, entry in enumerate(bundle.types) for name in (entry.name, *entry.merged)
    }
    if type_name in columns:
        return columns[type_name]
    wanted = str(type_name)
    close = [name for name in columns if wanted and wanted.lower() in name.lower()][:3]
    close += get_close_matches(wanted, columns, n=3, cutoff=0.4)
    raise UnknownTypeError(
        f"The model knows no structure type called {wanted!r}.",
        hint=f"Did you mean {' or '.join(dict.fromkeys(close))}?"
        if close
        else "'crystinet identify FILE --top 100' lists what it knows.",
    )


def _peaks(sample: Sample, expected: ExpectedPattern) -> tuple[Peak, ...]:
    """Lines of the pattern at the wavelength of the measurement."""
    found = matched_lines(sample, expected)
    angles = measured_angles(
        np.array([peak.two_theta_deg for peak in found], dtype=np.float64),
        grid=sample.grid,
        wavelength_angstrom=sample.wavelength_angstrom,
    )
    return tuple(
        replace(peak, two_theta_deg=float(angle)) for peak, angle in zip(found, angles, strict=True)
    )
