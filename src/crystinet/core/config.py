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
    known = [field.name for field in fields(cls)]
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(known)}."
            raise ConfigError(f"Unknown key {key!r} in {cls.__name__}.", hint=hint)
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    return cls(**values)
