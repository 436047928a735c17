"""Arguments that come from users: refused with one of our errors, never with a TypeError."""

import os
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


def as_wavelength(value: object) -> float:
    """Return a number; an InvalidWavelengthError for text and other things. Any size passes."""
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise InvalidWavelengthError(
        f"The wavelength is {_describe(value)}, not a number.",
        hint="Give it in angstrom, without unit or quotation marks: Cu K-alpha1 is 1.5406.",
    )


def _describe(value: object) -> str:
    text = repr(value)
    if len(text) > 60 or "\n" in text:
        text = f"{text.splitlines()[0][:50]}..."
    return f"{text} ({type(value).__name__})" if value is not None else "None"
