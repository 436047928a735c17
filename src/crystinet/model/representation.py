"""What the networks see: intensity on an axis uniform in ln(1/d).

A larger or smaller cell stretches 2theta unevenly, but on a logarithmic axis it only shifts the
whole pattern. A convolutional network with global pooling then recognises a structure type at
lattice parameters it never met, and the similarity with an average pattern can search for the
shift. See docs/adr/0003-logarithmic-axis.md.
"""

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from crystinet.core.arrays import BoolArray, FloatArray, read_only_floats
from crystinet.core.config import from_table
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.grid import TwoThetaGrid
from crystinet.patterns.preprocessing import scale_intensity

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class LogAxis:
    """The axis u = ln(1/d), from the first to the last point of a 2theta grid.

    Attributes
    ----------
    grid
        The 2theta grid of the patterns.
    n_bins
        Bins of equal width in u; 3072 give 0.95e-3, that is 0.1 % in d.
    area_bins
        Width (full, at half maximum) of the window over which a third channel integrates; 0 for
        two channels alone.
    """

    grid: TwoThetaGrid
    n_bins: int = 3072
    area_bins: int = 0

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
    def _edge_position(self) -> FloatArray:
        """Bin edges in units of grid steps from the first grid point, shape (n_bins + 1,)."""
        sine = np.exp(self.edges) * self.grid.wavelength_angstrom / 2.0
        two_theta = np.degrees(2.0 * np.arcsin(sine))
        position = (two_theta - self.grid.start_deg) / self.grid.step_deg
        return np.clip(position, 0.0, self.grid.n_points - 1.0)

    def resample(self, intensity: FloatArray) -> FloatArray:
        """Mean intensity in each bin, shape (..., n_points) to (..., n_bins).

        The exact integral of the linear interpolant, so that neither the fine bins at low angle
        nor the coarse ones at high angle lose or invent area.
        """
        left = np.minimum(self._edge_position.astype(np.int64), self.grid.n_points - 2)
        t = self._edge_position - left
        y = np.asarray(intensity, dtype=np.float64)
        steps = 0.5 * (y[..., 1:] + y[..., :-1])
        running = np.concatenate([np.zeros((*y.shape[:-1], 1)), np.cumsum(steps, axis=-1)], axis=-1)
        y0, y1 = y[..., left], y[..., left + 1]
        integral = running[..., left] + t * (y0 + 0.5 * t * (y1 - y0))
        mean: FloatArray = np.diff(integral, axis=-1) / np.diff(self._edge_position)
        return mean

    def resample_mask(self, mask: BoolArray) -> BoolArray:
        """Which bins were measured: those whose centre's nearest grid point was."""
        centre = 0.5 * (self._edge_position[1:] + self._edge_position[:-1])
        measured: BoolArray = mask[..., np.rint(centre).astype(np.int64)]
        return measured

    @property
    def n_channels(self) -> int:
        """Channels of the networks' input."""
        return 3 if self.area_bins else 2

    def network_input(self, intensity: FloatArray, mask: BoolArray, *, knee: float) -> Float32Array:
        """Scaled intensity and mask as channels, (..., n_points) to (..., n_channels, n_bins).

        Intensity (maximum 1) below ``knee`` is scaled linearly, see `scale_intensity`. The third
        channel, if any, is the intensity integrated over ``area_bins`` (maximum 1 again) before it
        is scaled: the height of a line there says its area, however broad the line is.
        """
        return self.scaled_input(self.resample(intensity), mask, knee=knee)

    def scaled_input(self, resampled: FloatArray, mask: BoolArray, *, knee: float) -> Float32Array:
        """The second half of `network_input`: intensity on this axis already, (..., n_bins)."""
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
            area = uniform_filter1d(area, self.area_bins, axis=-1, mode="constant")
        strongest = area.max(axis=-1, keepdims=True)
        scaled: FloatArray = area / np.where(strongest > 0.0, strongest, 1.0)
        return scaled

    def to_dict(self) -> dict[str, object]:
        """The settings as plain data, for the manifest of a bundle."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: dict[str, object]) -> "LogAxis":
        """The inverse of `to_dict`; an unknown key is a ConfigError."""
        grid = table.get("grid")
        return from_table(
            cls, {**table, "grid": from_table(TwoThetaGrid, grid if isinstance(grid, dict) else {})}
        )
