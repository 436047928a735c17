"""Arguments that come from users: refused with one of our errors, never with a TypeError."""

import os
from collections.abc import Iterable
from itertools import islice
from numbers import Integral, Real
from pathlib import Path

from crystinet.core.errors import ConfigError, FileMissingError, InvalidWavelengthError


def as_path(value: object, *, name: str, of: str = "a file") -> Path:
    """Return a path, given as text or as a path.

    Raises
    ------
    ConfigError
        For anything else; ``name`` says which argument it was, ``of`` what the path leads to.
    FileMissingError
        For empty text, which would stand for the working folder, and for text that can be no name.
    """
    if isinstance(value, str) and (not value or "\0" in value):
        raise FileMissingError(f"{name} is {value!r}.", hint=f"Give the path of {of}.")
    if isinstance(value, str | os.PathLike) and isinstance(os.fspath(value), str):
        return Path(value)
    raise ConfigError(
        f"{name} is {_describe(value)}, not a path.", hint=f"Give the path of {of} as text or Path."
    )


def as_count(value: object, *, name: str, least: int = 1) -> int:
    """Return a whole number of at least ``least``; a ConfigError for anything else."""
    if isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least:
        return int(value)
    raise ConfigError(
        f"{name} is {_describe(value)}, not a whole number of at least {least}.",
        hint=f"Give {least} or more, without quotation marks.",
    )


def as_range(value: object, *, name: str) -> tuple[float, float]:
    """Return two numbers, the first below the second; a ConfigError for anything else."""
    numbers: tuple[object, ...] = ()
    if not isinstance(value, str | bytes) and isinstance(value, Iterable):
        numbers = tuple(islice(value, 3))
    real = [float(n) for n in numbers if isinstance(n, Real) and not isinstance(n, bool)]
    if len(numbers) == len(real) == 2 and real[0] < real[1]:  # False for NaN
        return real[0], real[1]
    shown = f"{real[0]:g} to {real[1]:g}" if len(numbers) == len(real) == 2 else _describe(value)
    raise ConfigError(
        f"{name} is {shown}, not two numbers of which the first is smaller.",
        hint="Give the first and the last value: 5 and 65.",
    )


def as_wavelength(value: object) -> float:
    """Return a number; an InvalidWavelengthError for text and other things. Any size passes."""
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise InvalidWavelengthError(
        f"The wavelength is {_describe(value)}, not a number.",
        hint="Give it in angstrom: Cu K-alpha1 is 1.5406.",
    )


def _describe(value: object) -> str:
    text = repr(value)
    if len(text) > 60 or "\n" in text:
        text = f"{text.splitlines()[0][:50]}..."
    return f"{text} ({type(value).__name__})" if value is not None else "None"
