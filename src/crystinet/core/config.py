"""Strict parsing of tables (TOML, JSON) into frozen configuration dataclasses."""

import difflib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TypeVar

from crystinet.core.errors import ConfigError

C = TypeVar("C")


def from_table(cls: type[C], table: Mapping[str, object]) -> C:
    """Build a configuration dataclass from a parsed table.

    Raises
    ------
    ConfigError
        For an unknown key, with the nearest known one as the hint.
    """
    if not is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is not a dataclass")
    known = {field.name: field for field in fields(cls)}
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(known)}."
            raise ConfigError(f"Unknown key {key!r} in {cls.__name__}.", hint=hint)
        values[key] = _as_python(value, like=known[key].default)
    return cls(**values)


def _as_python(value: object, *, like: object) -> object:
    """Undo what JSON does to a value: tuples become lists, and 10.0 may come back as 10."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
