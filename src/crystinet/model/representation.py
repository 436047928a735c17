"""What the networks see of a pattern that stands on the 2theta grid.

The default is intensity on an axis uniform in ln(1/d). A larger or smaller cell stretches 2theta
unevenly, but on a logarithmic axis it only shifts the whole pattern. A convolutional network with
global pooling then recognises a structure type at lattice parameters it never met, and the
similarity with an average pattern can search for the shift. See
docs/adr/0003-logarithmic-axis.md.

Besides it there are bins uniform in 2theta, to measure what the logarithm is worth, and the
published method's input: the points of the grid as they are.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from crystinet.core.arrays import BoolArray, Float32Array, FloatArray, IntArray, read_only_floats
from crystinet.core.config import from_table
from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
from crystinet.core.errors import ConfigError
from crystinet.core.grid import TwoThetaGrid
from crystinet.patterns.preprocessing import scale_intensity


@dataclass(frozen=True)
class InputAxis(ABC):
    """How a pattern on a 2theta grid becomes the input of the networks, ``input_shape`` each.

    Attributes
    ----------
    grid
        The 2theta grid of the patterns.
    kind
        Name of the way, as manifests and settings have it.
    """

    grid: TwoThetaGrid
    kind: ClassVar[str]

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, int]:
        """Channels and length of the input of the networks."""

    @property
    @abstractmethod
    def two_theta_edges(self) -> FloatArray:
        """Edges of what each place of the input stands for, degrees, shape (length + 1,)."""

    @abstractmethod
    def resample(self, intensity: FloatArray) -> FloatArray:
        """Intensity on this axis, (..., n_points) to (..., length); linear."""

    @abstractmethod
    def scaled_input(self, resampled: FloatArray, mask: BoolArray, *, knee: float) -> Float32Array:
        """Input from intensity on this axis (..., length) and mask on the grid (..., n_points)."""

    def network_input(self, intensity: FloatArray, mask: BoolArray, *, knee: float) -> Float32Array:
        """Network input of preprocessed patterns (maximum 1) and their masks, (..., n_points)."""
        return self.scaled_input(self.resample(intensity), mask, knee=knee)

    @property
    def n_channels(self) -> int:
        """Channels of the input."""
        return self.input_shape[0]

    @property
    def length(self) -> int:
        """Length of the input."""
        return self.input_shape[1]

    def to_dict(self) -> dict[str, object]:
        """The settings as plain data, for the manifest of a bundle."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_dict(cls, table: Mapping[str, object]) -> Self:
        """The inverse of `to_dict`.

        Raises
        ------
        ConfigError
            For another kind of axis, an unknown key, a missing one or a value of another kind.
        """
        if table.get("kind") != cls.kind:
            raise ConfigError(
                f"The axis is of the kind {table.get('kind')!r}, not {cls.kind!r}.",
                hint="Use the bundle with the settings it was written with.",
            )
        rest = {key: value for key, value in table.items() if key != "kind"}
        return from_table(cls, rest, complete=True)


@dataclass(frozen=True)
class BinnedAxis(InputAxis):
    """Mean intensity in bins, and a second channel that tells which bins were measured.

    Attributes
    ----------
    n_bins
        Number of bins.
    area_bins
        Width (full, at half maximum) of the window over which a third channel integrates; 0 for
        two channels alone.
    """

    n_bins: int = 3072
    area_bins: int = 0

    @property
    @abstractmethod
    def edge_position(self) -> FloatArray:
        """Bin edges in units of grid steps from the first grid point, shape (n_bins + 1,)."""

    @property
    def input_shape(self) -> tuple[int, int]:
        """Two or three channels of n_bins."""
        return (3 if self.area_bins else 2, self.n_bins)

    @property
    def two_theta_edges(self) -> FloatArray:
        """Edges of the bins, degrees, shape (n_bins + 1,)."""
        edges: FloatArray = self.grid.start_deg + self.grid.step_deg * self.edge_position
        return edges

    def resample(self, intensity: FloatArray) -> FloatArray:
        """Mean intensity in each bin, shape (..., n_points) to (..., n_bins).

        The exact integral of the linear interpolant, so that neither the fine bins at low angle
        nor the coarse ones at high angle lose or invent area.
        """
        left, t, width = self._steps
        y = np.asarray(intensity, dtype=np.float64)
        steps = 0.5 * (y[..., 1:] + y[..., :-1])
        running = np.concatenate([np.zeros((*y.shape[:-1], 1)), np.cumsum(steps, axis=-1)], axis=-1)
        y0, y1 = y[..., left], y[..., left + 1]
        integral = running[..., left] + t * (y0 + 0.5 * t * (y1 - y0))
        mean: FloatArray = np.diff(integral, axis=-1) / width
        return mean

    @cached_property
    def _steps(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Grid point before each edge, how far behind it the edge lies, and widths of the bins."""
        left = np.minimum(self.edge_position.astype(np.int64), self.grid.n_points - 2)
        return left, self.edge_position - left, np.diff(self.edge_position)

    @cached_property
    def _middles(self) -> IntArray:
        """The grid point nearest to the centre of each bin, shape (n_bins,)."""
        centre = 0.5 * (self.edge_position[1:] + self.edge_position[:-1])
        return np.rint(centre).astype(np.int64)

    def resample_mask(self, mask: BoolArray) -> BoolArray:
        """Which bins were measured: those whose centre's nearest grid point was."""
        measured: BoolArray = mask[..., self._middles]
        return measured

    def scaled_input(self, resampled: FloatArray, mask: BoolArray, *, knee: float) -> Float32Array:
        """Scaled intensity and mask as channels, (..., n_bins) to (..., 2 or 3, n_bins).

        Intensity (maximum 1) below ``knee`` is scaled linearly, see `scale_intensity`. The third
        channel, if any, is the intensity integrated over ``area_bins`` (maximum 1 again) before it
        is scaled: the height of a line there says its area, however broad the line is.
        """
        measured = self.resample_mask(mask)
        intensity = np.where(measured, np.maximum(resampled, 0.0), 0.0)
        channels = [scale_intensity(intensity, knee=knee), measured]
        if self.area_bins:
            area = self._integrated(intensity)
            channels.append(np.where(measured, scale_intensity(area, knee=knee), 0.0))
        return np.stack(channels, axis=-2).astype(np.float32)

    def _integrated(self, intensity: FloatArray) -> FloatArray:
        """Convolved with a triangle of the width ``area_bins``, maximum 1."""
        area = intensity
        for _ in range(2):
            area = running_mean(area, self.area_bins)
        strongest = area.max(axis=-1, keepdims=True)
        scaled: FloatArray = area / np.where(strongest > 0.0, strongest, 1.0)
        return scaled


def running_mean(y: FloatArray, width: int) -> FloatArray:
    """Mean over a centred window along the last axis, zeros beyond the ends.

    `scipy.ndimage` has the same filter, but importing it takes a tenth of a second.
    """
    before = width // 2
    ends = [(0, 0)] * (y.ndim - 1) + [(before + 1, width - 1 - before)]
    total = np.cumsum(np.pad(y, ends), axis=-1, dtype=np.float64)
    mean: FloatArray = np.maximum(total[..., width:] - total[..., :-width], 0.0) / width
    return mean


@dataclass(frozen=True)
class LogAxis(BinnedAxis):
    """The axis u = ln(1/d), from the first to the last point of a 2theta grid.

    Attributes
    ----------
    n_bins
        Bins of equal width in u; 3072 give 0.95e-3, that is 0.1 % in d.
    """

    kind: ClassVar[str] = "ln(1/d)"

    @cached_property
    def edges(self) -> FloatArray:
        """Bin edges in u, shape (n_bins + 1,)."""
        ends = d_from_two_theta(
            np.array([self.grid.start_deg, self.grid.stop_deg]), self.grid.wavelength_angstrom
        )
        first, last = np.log(1.0 / ends)
        return read_only_floats(np.linspace(float(first), float(last), self.n_bins + 1))

    @cached_property
    def centres(self) -> FloatArray:
        """Middles of the bins in u, shape (n_bins,)."""
        return read_only_floats(0.5 * (self.edges[1:] + self.edges[:-1]))

    @cached_property
    def edge_position(self) -> FloatArray:
        """Bin edges in units of grid steps from the first grid point, shape (n_bins + 1,)."""
        two_theta = two_theta_from_d(np.exp(-self.edges), self.grid.wavelength_angstrom)
        position = (two_theta - self.grid.start_deg) / self.grid.step_deg
        return np.clip(position, 0.0, self.grid.n_points - 1.0)


@dataclass(frozen=True)
class LinearAxis(BinnedAxis):
    """Bins of equal width in 2theta."""

    kind: ClassVar[str] = "2theta"

    @cached_property
    def edge_position(self) -> FloatArray:
        """Bin edges in units of grid steps from the first grid point, shape (n_bins + 1,)."""
        return read_only_floats(np.linspace(0.0, self.grid.n_points - 1.0, self.n_bins + 1))


@dataclass(frozen=True)
class GridAxis(InputAxis):
    """The points of the grid as one channel, maximum 1: the input of the published method.

    What was not measured is zero, and nothing tells the networks that it was not.
    """

    kind: ClassVar[str] = "grid"

    @property
    def input_shape(self) -> tuple[int, int]:
        """One channel of the grid's points."""
        return (1, self.grid.n_points)

    @property
    def two_theta_edges(self) -> FloatArray:
        """Half a step to either side of each point, degrees, shape (n_points + 1,)."""
        places = np.arange(self.grid.n_points + 1, dtype=np.float64) - 0.5
        edges: FloatArray = (self.grid.start_deg + self.grid.step_deg * places).astype(np.float64)
        return edges

    def resample(self, intensity: FloatArray) -> FloatArray:
        """The intensity as it is."""
        return intensity

    def scaled_input(self, resampled: FloatArray, mask: BoolArray, *, knee: float) -> Float32Array:
        """Intensity where it was measured, (..., n_points) to (..., 1, n_points)."""
        return np.where(mask, np.maximum(resampled, 0.0), 0.0)[..., None, :].astype(np.float32)


AXES: dict[str, type[InputAxis]] = {axis.kind: axis for axis in (LogAxis, LinearAxis, GridAxis)}


def axis_from_dict(table: Mapping[str, object]) -> InputAxis:
    """The axis of a manifest; ConfigError for an unknown kind or what does not fit it."""
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in AXES:
        raise ConfigError(
            f"{kind!r} is no kind of axis.", hint=f"There are {', '.join(map(repr, AXES))}."
        )
    return AXES[kind].from_dict(table)


def binned_axis(kind: str, grid: TwoThetaGrid, *, n_bins: int, area_bins: int = 0) -> BinnedAxis:
    """The axis with bins of the given kind; ConfigError where there is none."""
    kinds = {axis.kind: axis for axis in (LogAxis, LinearAxis)}
    if kind not in kinds:
        raise ConfigError(
            f"{kind!r} is no kind of axis with bins.",
            hint=f"There are {', '.join(map(repr, kinds))}.",
        )
    return kinds[kind](grid, n_bins, area_bins)
