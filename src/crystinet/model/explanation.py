"""Why a type was answered: where the network looked, which lines fit, what the answer hangs on.

Three views of one answer, none of which needs automatic differentiation:

* **heat**: Grad-CAM at the last convolution of the type's RCNet (`crystinet.model.heads`), at the
  resolution of the input;
* **peaks**: lines of the pattern that the type's average pattern has, and those that it lacks, at
  the best lattice scale (`crystinet.model.peaks`);
* **sensitivity**: how the score changes when a window of 2theta is masked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import BoolArray, FloatArray, read_only_floats
from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
from crystinet.core.errors import BundleError, ConfigError, UnknownTypeError
from crystinet.model.bundle import Bundle
from crystinet.model.heads import Heads, grad_cam
from crystinet.model.identification import Candidate, Identification
from crystinet.model.peaks import ExpectedPattern, Peak, expected_pattern, find_peaks
from crystinet.model.reliability import log_sigmoid, log_softmax
from crystinet.model.union import BATCH, Union
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.signal import scale_intensity

Float32Array = NDArray[np.float32]

#: Width of the masked window and its steps, degrees 2theta on the networks' grid.
WINDOW_DEG, STEP_DEG = 5.0, 1.0

#: Largest difference of a logit recomputed from the maps, relative to 1 plus its size.
_TOLERANCE = 1e-3


class Score(StrEnum):
    """What is differentiated for the heat.

    ``logit`` is the type's own output before the softmax, as in Grad-CAM; it says where the lines
    of this type are. ``share`` is ln(C p), which ranks the candidates: it also falls with what
    speaks for the other types of the net, and rises with what speaks for the net's confidence.
    """

    LOGIT = "logit"
    SHARE = "share"


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """What happens to the answer when a window of 2theta counts as not measured.

    Attributes
    ----------
    two_theta_deg
        Shape (w, 2): the windows, degrees for the wavelength of the measurement.
    change
        Shape (w,): change of ln(C p) of the explained type. Below 0 the window speaks for it.
    reliability_change
        Shape (w,): change of its reliability.
    answers
        The first candidate without the window, w names.
    """

    two_theta_deg: FloatArray
    change: FloatArray
    reliability_change: FloatArray
    answers: tuple[str, ...]


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
    lattice_scale
        Edges of the compound's cell relative to the type's average, found by the similarity.
    peaks
        Lines of the pattern, in the order of 2theta.
    sensitivity
        See `Sensitivity`.
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
    lattice_scale: float
    peaks: tuple[Peak, ...]
    sensitivity: Sensitivity

    @property
    def unexplained(self) -> tuple[Peak, ...]:
        """Lines of the pattern that the type's average pattern lacks."""
        return tuple(peak for peak in self.peaks if not peak.matched)


def explain(
    union: Union,
    pattern: Pattern,
    *,
    type_name: str | None = None,
    score: Score | str = Score.LOGIT,
    elements: Iterable[str] | None = None,
) -> Explanation:
    """Explain one candidate of a pattern's identification.

    Parameters
    ----------
    union
        Its bundle must give out the last feature maps.
    pattern
        As measured.
    type_name
        The candidate, by its name or that of a type merged into it; None takes the answer.
    score
        What is differentiated for the heat.
    elements
        Of the sample, as for `Union.identify`; they change the ranking only.

    Raises
    ------
    BundleError
        The bundle cannot be explained: it was exported without the last feature maps.
    UnknownTypeError
        The bundle does not know the type.
    ConfigError
        ``score`` is none, or ``elements`` holds what is no element.
    InvalidPatternError
        The pattern cannot be identified.
    """
    kind = as_score(score)
    mapper = HeatMapper(union.bundle)
    named = None if type_name is None else column_of(union.bundle, type_name)
    (answer,) = union.identify([pattern], elements=elements)
    names = [entry.name for entry in union.bundle.types]
    column = names.index(answer.candidates[0].type) if named is None else named
    rank = [c.type for c in answer.candidates].index(names[column]) + 1
    prepared = union.prepare(pattern)
    inputs = union.network_input([prepared])
    expected = expected_pattern(union.bundle, inputs, column)
    axis, measured = prepared.two_theta_deg, prepared.mask
    u = -np.log(d_from_two_theta(axis[measured], union.bundle.axis.grid.wavelength_angstrom))
    heat = mapper.heat(inputs, column, score=kind)[0]
    on_points = np.interp(u, union.bundle.axis.centres, heat)
    unit = float(on_points.max())
    knee = union.bundle.preprocessing.intensity_knee
    wavelength = pattern.radiation.wavelength_angstrom
    return Explanation(
        identification=answer,
        candidate=answer.candidates[rank - 1],
        rank=rank,
        score=kind,
        two_theta_deg=read_only_floats(_angles(union, axis[measured], wavelength)),
        intensity=read_only_floats(scale_intensity(prepared.intensity[measured], knee=knee)),
        heat=read_only_floats(on_points / unit if unit > 0.0 else on_points),
        heat_unit=unit,
        expected=read_only_floats(expected.at(u)),
        lattice_scale=expected.lattice_scale,
        peaks=_peaks(union, pattern, prepared, expected),
        sensitivity=_sensitivity(union, prepared, column, wavelength),
    )


def as_score(score: object) -> Score:
    """Return a score given by name; a ConfigError for what is none."""
    try:
        return Score(str(score))
    except ValueError as error:
        known = " or ".join(repr(member.value) for member in Score)
        raise ConfigError(f"score is {score!r}.", hint=f"Give {known}.") from error


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


class HeatMapper:
    """Grad-CAM of any type of a bundle, in closed form.

    Raises
    ------
    BundleError
        Where the bundle was exported without its last feature maps.
    """

    def __init__(self, bundle: Bundle) -> None:
        heads: list[Heads] = []
        for entry, found in zip(bundle.net_entries, bundle.heads, strict=True):
            if found is None:
                raise BundleError(
                    f"The bundle {bundle.id[:12]} cannot be explained: {entry.file} does not give "
                    "out its last feature maps.",
                    hint="It was written by an older version. Export its run anew: "
                    "crystinet train DATASET RUN --resume.",
                )
            heads.append(found)
        self.bundle, self.heads = bundle, heads

    def heat(self, inputs: Float32Array, column: int, *, score: Score) -> FloatArray:
        """Grad-CAM of the type in ``column`` on the networks' axis.

        Parameters
        ----------
        inputs
            Network inputs, shape (b, c, n_bins).
        column
            Of the type, in the order of the bundle's types.
        score
            What is differentiated.

        Returns
        -------
        Shape (b, n_bins), in units of the score; interpolated linearly between the places of the
        last maps.

        Raises
        ------
        BundleError
            The weights of the branches are not those of the network.
        """
        parts = [
            self._cam(inputs[i : i + BATCH], column, score) for i in range(0, len(inputs), BATCH)
        ]
        coarse = np.concatenate(parts)
        n_bins, n = self.bundle.axis.n_bins, coarse.shape[-1]
        # A strided convolution that is padded by half its kernel has its place j at bin j * stride.
        places = np.arange(n) * (n_bins / n)
        return np.stack([np.interp(np.arange(n_bins), places, row) for row in coarse])

    def _cam(self, inputs: Float32Array, column: int, score: Score) -> FloatArray:
        file, first_column = self._file_of(column)
        heads, net = self.heads[file], self.bundle.nets[file]
        (features,) = self.bundle.shared(inputs)
        types, confidences, maps = net(features)
        self._check(heads, types, confidences, maps, name=net.name)
        at = column - first_column
        i = int(np.searchsorted(np.cumsum(heads.sizes), at, side="right"))
        k = heads.weights.shape[2]
        own = maps[:, i * k : (i + 1) * k, 0, :].astype(np.float64)
        weights = _score_weights(heads, i, at, types, confidences, score)
        return grad_cam(own, weights)

    def _file_of(self, column: int) -> tuple[int, int]:
        """Number of the file of a column, and the first column of that file."""
        ends = np.cumsum([sum(heads.sizes) for heads in self.heads])
        file = int(np.searchsorted(ends, column, side="right"))
        return file, int(ends[file]) - sum(self.heads[file].sizes)

    def _check(
        self,
        heads: Heads,
        types: Float32Array,
        confidences: Float32Array,
        maps: Float32Array,
        *,
        name: str,
    ) -> None:
        for network, own in zip((types, confidences), heads.outputs(maps), strict=True):
            if (np.abs(network - own) > _TOLERANCE * (1.0 + np.abs(own))).any():
                raise BundleError(
                    f"The weights of the branches are not those of {name}.",
                    hint="Export the run anew: crystinet train DATASET RUN --resume.",
                )


def _score_weights(
    heads: Heads,
    i: int,
    at: int,
    types: Float32Array,
    confidences: Float32Array,
    score: Score,
) -> FloatArray:
    """Weights of the pooled maps in the derivative of the score, (b, 2, k).

    Net ``i`` of the file has the columns ``start`` to ``stop``; the type is in column ``at``.
    The derivative of ln(C p_t) by the logits z of the types and c of the confidence is
    1 - p_t for z_t, -p_s for the others, and 1 - C for c.
    """
    b = len(types)
    own: FloatArray = np.broadcast_to(heads.weights[at], (b, *heads.weights[at].shape))
    if score is Score.LOGIT:
        return own
    stop = int(np.cumsum(heads.sizes)[i])
    start = stop - heads.sizes[i]
    p = np.exp(log_softmax(types[:, start:stop].astype(np.float64)))
    rest = 1.0 - np.exp(log_sigmoid(confidences[:, i].astype(np.float64)))
    rivals = np.tensordot(p, heads.weights[start:stop], axes=1)
    confidence = rest[:, None, None] * heads.weights[sum(heads.sizes) + i]
    weights: FloatArray = own - rivals + confidence
    return weights


def _angles(union: Union, two_theta_deg: FloatArray, to_angstrom: float) -> FloatArray:
    """Angles of the networks' grid at the wavelength of the measurement."""
    of_angstrom = union.bundle.axis.grid.wavelength_angstrom
    if abs(to_angstrom - of_angstrom) <= 1e-5 * of_angstrom:  # as the conversion takes them
        return two_theta_deg
    return two_theta_from_d(d_from_two_theta(two_theta_deg, of_angstrom), to_angstrom)


def _peaks(
    union: Union, pattern: Pattern, prepared: Pattern, expected: ExpectedPattern
) -> tuple[Peak, ...]:
    """Lines of the pattern at the wavelength of the measurement."""
    found = find_peaks(union.bundle, pattern, prepared, expected)
    angles = _angles(
        union,
        np.array([peak.two_theta_deg for peak in found], dtype=np.float64),
        pattern.radiation.wavelength_angstrom,
    )
    return tuple(
        replace(peak, two_theta_deg=float(angle)) for peak, angle in zip(found, angles, strict=True)
    )


def _sensitivity(
    union: Union, prepared: Pattern, column: int, wavelength_angstrom: float
) -> Sensitivity:
    """Score the pattern with one window after the other masked."""
    axis, calibration = prepared.two_theta_deg, union.bundle.calibration
    low, high = prepared.measured_range_deg
    starts = np.arange(low, max(high - WINDOW_DEG, low) + STEP_DEG, STEP_DEG)
    windows = np.stack([starts, np.minimum(starts + WINDOW_DEG, high)], axis=1)
    hidden = [(axis >= a) & (axis <= b) & prepared.mask for a, b in windows]
    kept = [
        (window, mask)
        for window, mask in zip(windows, hidden, strict=True)
        if mask.any() and (prepared.mask & ~mask).any()
    ]
    patterns = [prepared, *(_without(prepared, mask) for _, mask in kept)]
    scores = union.score(union.network_input(patterns))
    reliability = scores.reliability(calibration)
    first = reliability.argmax(axis=1)
    share, own = scores.log_share[:, column], reliability[:, column]
    edges = np.array([window for window, _ in kept]).reshape(-1, 2)
    return Sensitivity(
        two_theta_deg=read_only_floats(_angles(union, edges, wavelength_angstrom)),
        change=read_only_floats(share[1:] - share[0]),
        reliability_change=read_only_floats(own[1:] - own[0]),
        answers=tuple(union.bundle.types[i].name for i in first[1:]),
    )


def _without(prepared: Pattern, hidden: BoolArray) -> Pattern:
    """Prepared pattern with some points not measured, its maximum 1 again as in every input."""
    mask = prepared.mask & ~hidden
    intensity = np.where(mask, prepared.intensity, 0.0)
    highest = float(intensity.max(initial=0.0))
    return replace(prepared, intensity=intensity / (highest if highest > 0.0 else 1.0), mask=mask)
