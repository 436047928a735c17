"""The one error tree: every error crystinet raises on purpose, with a stable code and a hint."""

from collections.abc import Callable
from functools import partial

from crystinet.core.plain import printable


class CrystinetError(Exception):
    """Base of every error that this package raises on purpose.

    Parameters
    ----------
    message
        What was wrong and where, with the values that failed.
    hint
        What the user can do about it.

    Attributes
    ----------
    code
        What kind of error it is, for programs; docs/reference/errors.md lists the codes.

    Examples
    --------
    >>> import crystinet
    >>> try:
    ...     crystinet.identify("sample.xy", wavelength_angstrom=-1.0)
    ... except crystinet.CrystinetError as error:
    ...     error.code, error.hint
    ('invalid-wavelength', 'Give it in angstrom: Cu K-alpha1 is 1.5406, Mo K-alpha1 is 0.7093.')
    """

    code = "crystinet-error"

    def __init__(self, message: str, *, hint: str) -> None:
        # They quote names and lines of files that strangers wrote.
        self.message = printable(message)
        self.hint = printable(hint)
        super().__init__(f"{self.message}\nHint: {self.hint}")

    def to_dict(self) -> dict[str, str]:
        """Code, message and hint, as ``error`` of the JSON documents."""
        return {"code": self.code, "message": self.message, "hint": self.hint}

    def __reduce__(self) -> tuple[Callable[..., "CrystinetError"], tuple[str]]:
        # An exception is pickled with its positional arguments only, which are not those of ours.
        return partial(type(self), hint=self.hint), (self.message,)


class FileMissingError(CrystinetError):
    """A named file or folder does not exist, or cannot be opened.

    Examples
    --------
    >>> import crystinet
    >>> try:
    ...     crystinet.read_pattern("no-such-file.xy")
    ... except crystinet.FileMissingError as error:
    ...     error.code
    'file-missing'
    """

    code = "file-missing"


class UnreadableFileError(CrystinetError):
    """The content of a file is not in any format that crystinet reads.

    Examples
    --------
    >>> import crystinet
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "letter.xy")
    ...     _ = path.write_text("Dear colleague,")
    ...     try:
    ...         crystinet.read_pattern(path)
    ...     except crystinet.UnreadableFileError as error:
    ...         error.code
    'unreadable-file'
    """

    code = "unreadable-file"


class ReaderFailedError(CrystinetError):
    """A reader of a file format that another package brings failed, or breaks the protocol.

    Examples
    --------
    >>> import crystinet
    >>> try:  # what crystinet does for you where such a reader raises a KeyError
    ...     raise crystinet.ReaderFailedError("acme-xrd failed.", hint="Report it.")
    ... except crystinet.CrystinetError as error:
    ...     error.code, error.hint
    ('reader-failed', 'Report it.')
    """

    code = "reader-failed"


class InvalidPatternError(CrystinetError):
    """A pattern was read, but its numbers cannot be a powder pattern.

    Examples
    --------
    >>> import crystinet
    >>> try:
    ...     crystinet.Pattern.from_arrays([20.0, 10.0], [1.0, 2.0])
    ... except crystinet.InvalidPatternError as error:
    ...     error.code
    'invalid-pattern'
    """

    code = "invalid-pattern"


class InvalidWavelengthError(CrystinetError):
    """A wavelength is not a positive number in the range of diffraction work.

    Examples
    --------
    >>> import crystinet
    >>> try:
    ...     crystinet.Radiation.of_wavelength(-1.54)
    ... except crystinet.InvalidWavelengthError as error:
    ...     error.code
    'invalid-wavelength'
    """

    code = "invalid-wavelength"


class InvalidStructureError(CrystinetError):
    """A crystal structure is incomplete or impossible.

    Examples
    --------
    >>> import crystinet
    >>> try:
    ...     crystinet.Structure((4.1, 4.1, 4.1, 90.0, 90.0, 90.0), "P 1", sites=())
    ... except crystinet.InvalidStructureError as error:
    ...     error.code
    'invalid-structure'
    """

    code = "invalid-structure"


class UnknownTypeError(CrystinetError):
    """A structure type was asked for that the catalogue does not hold.

    Examples
    --------
    >>> import crystinet
    >>> pattern = crystinet.simulate(crystinet.types()[0].reference, counts=5000)
    >>> try:
    ...     crystinet.explain(pattern, type="Nonsense")
    ... except crystinet.UnknownTypeError as error:
    ...     error.code
    'unknown-type'
    """

    code = "unknown-type"


class ConfigError(CrystinetError):
    """An option, a configuration key or its value is not valid.

    Examples
    --------
    >>> import crystinet
    >>> try:
    ...     crystinet.identify("a.xy", top=0)
    ... except crystinet.ConfigError as error:
    ...     error.code
    'invalid-configuration'
    """

    code = "invalid-configuration"


class BundleError(CrystinetError):
    """A model bundle is missing, incomplete or altered.

    Examples
    --------
    >>> import crystinet
    >>> try:
    ...     crystinet.identify_many([], model="no-such-model")
    ... except crystinet.BundleError as error:
    ...     error.code
    'invalid-bundle'
    """

    code = "invalid-bundle"


class CorpusError(CrystinetError):
    """A table or store of compounds cannot be used.

    Examples
    --------
    >>> import crystinet
    >>> pattern = crystinet.simulate(crystinet.types()[0].reference, counts=5000)
    >>> try:
    ...     crystinet.nearest(pattern, index="no-such-index.npz")
    ... except crystinet.CorpusError as error:
    ...     error.code
    'invalid-corpus'
    """

    code = "invalid-corpus"


class MissingExtraError(CrystinetError):
    """A command needs an optional part of crystinet that is not installed.

    Examples
    --------
    >>> import crystinet
    >>> error = crystinet.MissingExtraError("Drawing needs matplotlib.", hint="Install it.")
    >>> error.code, error.hint
    ('missing-extra', 'Install it.')
    """

    code = "missing-extra"


class ClusterError(CrystinetError):
    """The workers of a cluster cannot be reached, cannot be used, or are gone.

    Examples
    --------
    >>> import crystinet
    >>> error = crystinet.ClusterError("No worker is left.", hint="Start some.")
    >>> error.code, error.hint
    ('cluster-unavailable', 'Start some.')
    """

    code = "cluster-unavailable"


class InternalFaultError(CrystinetError):
    """Something in crystinet itself went wrong; the input is not to blame.

    Examples
    --------
    >>> import crystinet
    >>> error = crystinet.InternalFaultError("A fault.", hint="Report it.")
    >>> error.code, error.hint
    ('internal-fault', 'Report it.')
    """

    code = "internal-fault"
