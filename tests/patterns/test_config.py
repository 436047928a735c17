import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.errors import ConfigError
from crystinet.patterns import PreprocessingConfig


@given(
    period=st.floats(1.0, 50.0),
    knee=st.floats(1e-4, 1.0),
    order=st.integers(1, 4),
)
def test_settings_survive_json(period: float, knee: float, order: int) -> None:
    config = PreprocessingConfig(
        background_period_deg=period, intensity_knee=knee, smoothing_order=order
    )
    text = json.dumps(config.to_dict())
    assert PreprocessingConfig.from_dict(json.loads(text)) == config


def test_all_settings_are_stored() -> None:
    assert set(PreprocessingConfig().to_dict()) == {f.name for f in fields(PreprocessingConfig)}


def test_json_writers_that_drop_the_point_do_no_harm() -> None:
    config = PreprocessingConfig.from_dict({"background_period_deg": 5})
    assert config == PreprocessingConfig(background_period_deg=5.0)


def test_an_unknown_setting_names_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="backgroud_period_deg") as caught:
        PreprocessingConfig.from_dict({"backgroud_period_deg": 4.0})
    assert "background_period_deg" in caught.value.hint


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "0.1", None, True])
def test_a_value_must_be_a_positive_number(value: object) -> None:
    with pytest.raises(
        ConfigError, match=r"smoothing_window_deg = .* not a (positive )?number"
    ) as caught:
        PreprocessingConfig.from_dict({"smoothing_window_deg": value})
    assert "0.14" in caught.value.hint


def test_counts_must_be_whole() -> None:
    with pytest.raises(ConfigError, match=r"minimum_points = 99\.5 is not a whole number"):
        PreprocessingConfig.from_dict({"minimum_points": 99.5})


def test_the_background_period_needs_some_bins() -> None:
    with pytest.raises(ConfigError, match="less than 4 bins") as caught:
        PreprocessingConfig(background_bin_deg=0.5, background_period_deg=1.0)
    assert "longer period" in caught.value.hint
