"""The one error tree: every error crystinet raises on purpose, with a stable code and a hint."""

from collections.abc import Callable
from functools import partial


class CrystinetError(Exception):
    """Base of every error that this package raises on purpose.

    Parameters
    ----------
    message
        What was wrong and where, with the values that failed.
    hint
        What the user can do about it.
    """

    code = "crystinet-error"

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(f"{message}\nHint: {hint}")
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Callable[..., "CrystinetError"], tuple[str]]:
        # An exception is pickled with its positional arguments only, which are not those of ours.
        return partial(type(self), hint=self.hint), (self.message,)


class FileMissingError(CrystinetError):
    """A named file or folder does not exist, or cannot be opened."""

    code = "file-missing"


class UnreadableFileError(CrystinetError):
    """The content of a file is not in any format that crystinet reads."""

    code = "unreadable-file"


class InvalidPatternError(CrystinetError):
    """A pattern was read, but its numbers cannot be a powder pattern."""

    code = "invalid-pattern"


class InvalidWavelengthError(CrystinetError):
    """A wavelength is not a positive number in the range of diffraction work."""

    code = "invalid-wavelength"


class InvalidStructureError(CrystinetError):
    """A crystal structure is incomplete or impossible."""

    code = "invalid-structure"


class UnknownTypeError(CrystinetError):
    """A structure type was asked for that the catalogue does not hold."""

    code = "unknown-type"


class ConfigError(CrystinetError):
    """An option, a configuration key or its value is not valid."""

    code = "invalid-configuration"


class BundleError(CrystinetError):
    """A model bundle is missing, incomplete or altered."""

    code = "invalid-bundle"


class CorpusError(CrystinetError):
    """A table or store of compounds cannot be used."""

    code = "invalid-corpus"


class MissingExtraError(CrystinetError):
    """A command needs an optional part of crystinet that is not installed."""

    code = "missing-extra"


class ClusterError(CrystinetError):
    """The workers of a cluster cannot be reached, cannot be used, or are gone."""

    code = "cluster-unavailable"


class InternalFaultError(CrystinetError):
    """Something in crystinet itself went wrong; the input is not to blame."""

    code = "internal-fault"
