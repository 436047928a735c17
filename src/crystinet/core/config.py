"""Strict parsing of tables (TOML, JSON) into frozen configuration dataclasses."""

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from crystinet.core.errors import ConfigError
from crystinet.core.files import read_plain

C = TypeVar("C")

_LARGEST_WHOLE = 2**53
_MOST_SETTINGS_BYTES = 2**20

_NAMES: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list",
}


def from_table(cls: type[C], table: object, *, complete: bool = False) -> C:
    """Build a configuration dataclass, and the dataclasses in it, from a parsed table.

    Parameters
    ----------
    cls
        A dataclass with fields of bool, int, float, str, tuples of these, or dataclasses.
    table
        Its fields by name, as JSON or TOML gives them: lists for tuples, and 10 for 10.0.
    complete
        True where a field must not be left out although it has a default.

    Raises
    ------
    ConfigError
        For what is no table, an unknown key (the hint names the nearest known one), a key that is
        missing, or a value of the wrong kind.
    """
    if not is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is not a dataclass")
    if not isinstance(table, Mapping):
        raise ConfigError(
            f"{cls.__name__} is {_short(table)}, not a table.",
            hint=f"Give a table with {', '.join(field.name for field in fields(cls))}.",
        )
    known = {field.name: field for field in fields(cls)}
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(known)}."
            raise ConfigError(f"Unknown key {key!r} in {cls.__name__}.", hint=hint)
    for key, field in known.items():
        if key not in table and (complete or not _has_default(field)):
            raise ConfigError(
                f"{cls.__name__} lacks {key!r}.", hint=f"It needs {', '.join(known)}."
            )
    kinds = _kinds_of(cls)
    values = {
        key: _as_python(value, kinds[key], field=known[key], complete=complete)
        for key, value in table.items()
    }
    return cls(**values)


@cache
def _kinds_of(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def read_settings(cls: type[C], path: Path | None, given: Mapping[str, object]) -> C:
    """Settings from a TOML file, or the default ones, with those that were given one by one.

    Parameters
    ----------
    cls
        As in `from_table`.
    path
        A TOML file; None takes the defaults.
    given
        Fields by name; they win over the file.

    Raises
    ------
    ConfigError
        The file cannot be read, or as `from_table`.
    """
    table: dict[str, object] = {}
    if path is not None:
        try:
            table = tomllib.loads(read_plain(path, most_bytes=_MOST_SETTINGS_BYTES).decode())
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigError(
                f"{path} cannot be read ({error}).", hint="Give a TOML file."
            ) from error
    return from_table(cls, {**table, **given})


def _has_default(field: "Field[Any]") -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _as_python(value: object, kind: Any, *, field: "Field[Any]", complete: bool) -> object:
    """Undo what JSON does to a value, and refuse one of another kind than the field's."""
    if is_dataclass(kind) and isinstance(kind, type):
        return value if isinstance(value, kind) else from_table(kind, value, complete=complete)
    if get_origin(kind) is tuple:
        return _as_tuple(value, get_args(kind), field=field, complete=complete)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    # A whole number of any length is no float, and none of ours is longer.
    number = number and not (isinstance(value, int) and abs(value) > _LARGEST_WHOLE)
    if kind is float and isinstance(value, int | float) and number and math.isfinite(value):
        return float(value)
    if kind is int and isinstance(value, int) and number:
        return value
    if kind in (bool, str) and isinstance(value, kind):
        return value
    raise _refusal(value, kind, field)


def _as_tuple(
    value: object, kinds: tuple[Any, ...], *, field: "Field[Any]", complete: bool
) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise _refusal(value, tuple, field)
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        raise ConfigError(
            f"{field.name} has {len(value)} values instead of {len(kinds)}.",
            hint=_default_hint(field),
        )
    return tuple(
        _as_python(item, kind, field=field, complete=complete)
        for item, kind in zip(value, kinds, strict=True)
    )


def _refusal(value: object, kind: object, field: "Field[Any]") -> ConfigError:
    what = _NAMES.get(kind)
    if what is None:
        raise TypeError(f"{field.name} has a kind that no table can give: {kind}")
    return ConfigError(f"{field.name} = {_short(value)} is not {what}.", hint=_default_hint(field))


def _default_hint(field: "Field[Any]") -> str:
    if field.default is MISSING:
        return "Correct the value."
    return f"The default is {field.default!r}."


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
