"""Settings of the commands that train, from a TOML file and options."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from crystinet.core.config import from_table
from crystinet.core.errors import ConfigError

T = TypeVar("T")


def settings_from(cls: type[T], path: Path | None, given: Mapping[str, object]) -> T:
    """Settings of a TOML file, or the default ones, with the options that were given."""
    table: dict[str, object] = {}
    if path is not None:
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{path} cannot be read ({error}).", hint="Give a TOML file."
            ) from error
    return from_table(cls, {**table, **given})
