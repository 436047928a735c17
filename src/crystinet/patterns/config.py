"""The numbers of the preprocessing chain, in one frozen object that a model bundle stores."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

from crystinet.core.config import from_table
from crystinet.core.errors import ConfigError

#: What a setting may be at most. Beyond it the chain takes for ever, or leaves nothing.
_MOST = {
    "background_bin_deg": 20.0,
    "background_period_deg": 1000.0,
    "background_tolerance": 1.0,
    "background_max_iterations": 1000,
    "smoothing_window_deg": 20.0,
    "smoothing_order": 9,
    "intensity_knee": 1000.0,
    "gap_steps": 1e6,
    "gap_deg": 180.0,
    "minimum_points": 1_000_000,
    "minimum_span_deg": 180.0,
    "short_span_deg": 180.0,
    "low_signal_to_noise": 1e6,
}


@dataclass(frozen=True, slots=True)
class PreprocessingConfig:
    """Settings of the preprocessing chain; a network must see the ones it was trained with.

    Attributes
    ----------
    background_bin_deg
        Degrees 2theta. The background is estimated on means over bins this wide.
    background_period_deg
        Degrees 2theta. The background follows undulations of a longer period than this and
        bridges shorter ones; it sets the stiffness of airPLS independently of the step.
    background_tolerance
        airPLS stops when the points below the background hold less than this share of the total.
    background_max_iterations
        airPLS stops after as many iterations at the latest.
    smoothing_window_deg
        Degrees 2theta, full width of the Savitzky-Golay window.
    smoothing_order
        Order of the Savitzky-Golay polynomial.
    intensity_knee
        Knee of `crystinet.patterns.preprocessing.scale_intensity`, as a share of the maximum.
    gap_steps, gap_deg
        A hole between neighbouring points is a gap, and masked, where it is wider than both
        ``gap_steps`` median steps and ``gap_deg`` degrees 2theta.
    minimum_points
        Fewer measured points than this are refused.
    minimum_span_deg
        Degrees 2theta. A shorter measured range, as measured or on the grid, is refused.
    short_span_deg
        Degrees 2theta. A shorter range on the grid gets a warning.
    low_signal_to_noise
        A strongest peak lower than as many standard deviations of the noise gets a warning.

    Raises
    ------
    ConfigError
        If a number is not finite, or is outside the range in which the chain is defined.
    """

    background_bin_deg: float = 0.1
    background_period_deg: float = 4.0
    background_tolerance: float = 1e-2
    background_max_iterations: int = 15
    smoothing_window_deg: float = 0.14
    smoothing_order: int = 2
    intensity_knee: float = 0.02
    gap_steps: float = 5.0
    gap_deg: float = 0.3
    minimum_points: int = 100
    minimum_span_deg: float = 10.0
    short_span_deg: float = 50.0
    low_signal_to_noise: float = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not math.isfinite(value) or value <= 0:
                raise ConfigError(
                    f"{field.name} = {value!r} is not a positive number.",
                    hint=f"The default is {field.default!r}.",
                )
            if value > _MOST[field.name]:
                raise ConfigError(
                    f"{field.name} = {value!r} is more than {_MOST[field.name]}.",
                    hint=f"The default is {field.default!r}.",
                )
            if field.type is int and not isinstance(value, int):
                raise ConfigError(
                    f"{field.name} = {value!r} is not a whole number.",
                    hint=f"The default is {field.default!r}.",
                )
        if self.background_period_deg < 4.0 * self.background_bin_deg:
            raise ConfigError(
                f"background_period_deg = {self.background_period_deg:g} is less than 4 bins of "
                f"{self.background_bin_deg:g} degrees.",
                hint="Give a longer period or narrower bins.",
            )

    def to_dict(self) -> dict[str, float | int]:
        """All settings by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, object]) -> Self:
        """Build the settings from a parsed JSON or TOML table; settings left out get defaults.

        Raises
        ------
        ConfigError
            If a key is unknown (the hint names the nearest one) or a value is not valid.
        """
        return from_table(cls, table)
