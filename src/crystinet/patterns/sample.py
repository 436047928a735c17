"""The noun `Sample`: a measured pattern and its preparation, made once and handed on."""

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from crystinet.core.arrays import BoolArray, read_only_bools
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.notes import NoteCode, find_note
from crystinet.core.radiation import Radiation
from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.defects import mend
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.peaks import Peaks, find_peaks
from crystinet.patterns.preprocessing import prepare, remove_spikes
from crystinet.patterns.resampling import convert_wavelength
from crystinet.patterns.signal import count_of, estimate_noise


@dataclass(frozen=True, eq=False)
class Sample:
    """A measured pattern, prepared for one grid.

    Whoever looks at a pattern - networks, pictures, the search for known compounds - takes the
    same sample, so that all of them see the same and nobody prepares it again. What only some of
    them need is worked out when it is first asked for, and kept.

    Attributes
    ----------
    raw
        As measured; what certainly is a fault of the detector or the file is mended, see
        `crystinet.patterns.defects.mend`.
    prepared
        On ``grid``: intensity 0 to 1, background removed; see `preprocess`.
    grid, config
        What it was prepared for.
    preparation_s
        Time that the preparation took, seconds.
    below
        The background that was subtracted, on the grid; None where the preparation is another's.
    """

    raw: Pattern
    prepared: Pattern
    grid: TwoThetaGrid
    config: PreprocessingConfig
    preparation_s: float = 0.0
    below: Pattern | None = None

    @classmethod
    def of(
        cls,
        pattern: Pattern,
        *,
        grid: TwoThetaGrid = DEFAULT_GRID,
        config: PreprocessingConfig = PreprocessingConfig(),  # noqa: B008 (frozen)
    ) -> Self:
        """Prepare a measured pattern.

        Parameters
        ----------
        pattern
            As measured.
        grid
            The axis and wavelength that the networks see.
        config
            Settings; the ones that the networks were trained with.

        Raises
        ------
        InvalidPatternError
            As `preprocess`.
        """
        started = time.perf_counter()
        pattern = mend(pattern)
        prepared, below = prepare(pattern, grid=grid, config=config)
        return cls(pattern, prepared, grid, config, time.perf_counter() - started, below)

    def with_radiation(self, radiation: Radiation) -> Self:
        """The same measurement, prepared as if another radiation had been used.

        What is mended on the axis as measured hangs on no radiation and is not done again.

        Raises
        ------
        InvalidPatternError
            As `preprocess`: too little of the range may be left.
        """
        started = time.perf_counter()
        prepared, below = prepare(
            replace(self._without_spikes, radiation=radiation),
            grid=self.grid,
            config=self.config,
            despike=False,
        )
        raw = replace(self.raw, radiation=radiation)
        seconds = time.perf_counter() - started
        return type(self)(raw, prepared, self.grid, self.config, seconds, below)

    @cached_property
    def _without_spikes(self) -> Pattern:
        return remove_spikes(self.raw)

    @property
    def wavelength_angstrom(self) -> float:
        """Of the measurement."""
        return self.raw.radiation.wavelength_angstrom

    @cached_property
    def background(self) -> Pattern:
        """What was subtracted, at the angles and on the intensity scale of ``raw``."""
        below = self.below or prepare(self.raw, grid=self.grid, config=self.config)[1]
        return convert_wavelength(below, to_angstrom=self.wavelength_angstrom)

    @cached_property
    def spikes(self) -> BoolArray:
        """Points of ``raw`` that were taken for spikes and replaced, shape (n,)."""
        return read_only_bools(self._without_spikes.intensity != self.raw.intensity)

    @cached_property
    def relative_noise(self) -> float:
        """Noise from point to point as a share of the strongest line, before smoothing."""
        highest = self._highest
        noise = estimate_noise(self.raw.intensity[self.raw.mask])
        return noise / highest if highest > 0.0 else 0.0

    @cached_property
    def relative_count(self) -> float:
        """What one count is as a share of the strongest line; 0 where intensities are no counts."""
        highest = self._highest
        count = count_of(self.raw.intensity[self.raw.mask])
        return count / highest if highest > 0.0 else 0.0

    @cached_property
    def _highest(self) -> float:
        """Height of the strongest line above the background, as measured."""
        measured, below = self.raw.mask, self.background
        x, y = self.raw.two_theta_deg[measured], self.raw.intensity[measured]
        known = below.two_theta_deg[below.mask]
        inside = (x >= known[0]) & (x <= known[-1])
        background = np.interp(x, known, below.intensity[below.mask])
        return float((y - background)[inside].max(initial=0.0))

    @cached_property
    def peaks(self) -> Peaks:
        """Lines of the prepared pattern, see `find_peaks`; none where a note says so."""
        return self._peaks(count=0.0)

    @cached_property
    def sure_peaks(self) -> Peaks:
        """Those of them that stand out of the noise of their own counts too.

        A lattice is better fitted to all, since those that are none are passed over there.
        """
        return self._peaks(count=self.relative_count)

    def _peaks(self, *, count: float) -> Peaks:
        if find_note(self.prepared.notes, NoteCode.NO_PEAKS):
            return Peaks(np.zeros(0), np.zeros(0), 0.0)
        return find_peaks(self.prepared, noise=self.relative_noise, count=count)
