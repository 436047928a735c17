from dataclasses import dataclass

import pytest

from crystinet.core.config import from_table
from crystinet.core.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    width_deg: float = 0.1
    stages: tuple[int, ...] = (1, 2)
    n: int = 3


def test_json_values_become_python_values() -> None:
    settings = from_table(Settings, {"width_deg": 10, "stages": [3, 4]})
    assert settings == Settings(width_deg=10.0, stages=(3, 4))
    assert isinstance(settings.width_deg, float)


def test_an_unknown_key_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="widht_deg") as caught:
        from_table(Settings, {"widht_deg": 1.0})
    assert caught.value.hint == "Did you mean 'width_deg'?"


def test_a_key_like_no_other_gets_the_list() -> None:
    with pytest.raises(ConfigError) as caught:
        from_table(Settings, {"zzz": 1.0})
    assert "width_deg, stages, n" in caught.value.hint
