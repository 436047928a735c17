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


@dataclass(frozen=True)
class Whole:
    name: str
    inner: Settings
    flag: bool = False


WHOLE = {"name": "a", "inner": {"width_deg": 1, "stages": [1], "n": 2}, "flag": True}


def test_a_dataclass_inside_is_built_too() -> None:
    assert from_table(Whole, WHOLE) == Whole("a", Settings(1.0, (1,), 2), flag=True)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"name": 3}, "name = 3 is not text"),
        ({"inner": [1]}, r"Settings is \[1\], not a table"),
        ({"inner": {"n": 2.5}}, "n = 2.5 is not a whole number"),
        ({"inner": {"n": True}}, "n = True is not a whole number"),
        ({"inner": {"width_deg": "wide"}}, "width_deg = 'wide' is not a number"),
        ({"inner": {"width_deg": float("nan")}}, "width_deg = nan is not a number"),
        ({"inner": {"stages": 3}}, "stages = 3 is not a list"),
        ({"inner": {"stages": [1, None]}}, "stages = None is not a whole number"),
        ({"flag": 1}, "flag = 1 is not true or false"),
    ],
)
def test_a_value_of_another_kind_is_refused(changed: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        from_table(Whole, {**WHOLE, **changed})


def test_what_has_no_default_must_be_there() -> None:
    with pytest.raises(ConfigError, match="Whole lacks 'inner'"):
        from_table(Whole, {"name": "a"})


def test_a_complete_table_may_not_rely_on_defaults() -> None:
    with pytest.raises(ConfigError, match="Settings lacks 'n'"):
        from_table(Whole, {**WHOLE, "inner": {"width_deg": 1.0, "stages": [1]}}, complete=True)
    assert from_table(Whole, WHOLE, complete=True).flag


def test_tuples_of_fixed_length() -> None:
    @dataclass(frozen=True)
    class Pair:
        ends: tuple[float, float] = (0.0, 1.0)

    assert from_table(Pair, {"ends": [1, 2]}).ends == (1.0, 2.0)
    with pytest.raises(ConfigError, match="ends has 3 values instead of 2"):
        from_table(Pair, {"ends": [1, 2, 3]})
