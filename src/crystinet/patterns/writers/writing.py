"""One pattern into one file; the end of its name says in which format."""

from collections.abc import Callable, Mapping
from pathlib import Path

from crystinet.core.arguments import as_path
from crystinet.core.errors import ConfigError, InvalidPatternError
from crystinet.core.files import write_whole
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.writers.pdcif import pdcif_text
from crystinet.patterns.writers.text import xy_text, xye_text

_TEXTS: Mapping[str, Callable[[Pattern], str]] = {
    ".xy": xy_text,
    ".xye": xye_text,
    ".cif": pdcif_text,
}
#: Every ending that can be written.
ENDINGS = (*_TEXTS, ".nxs")


def write_pattern(pattern: Pattern, path: str | Path) -> None:
    """Write a pattern: ``.xy``, ``.xye`` (with uncertainties), ``.cif`` (pdCIF), ``.nxs`` (NXxrd).

    Points that were not measured are left out, and so is a wavelength that was assumed. The file
    is written whole or not at all; `read_pattern` reads the same points from it.

    Parameters
    ----------
    pattern
        As measured, simulated or made of numbers.
    path
        The file; one that exists is replaced.

    Returns
    -------
    None

    Raises
    ------
    ConfigError
        The ending is none of these.
    InvalidPatternError
        The pattern has no measured point.
    MissingExtraError
        NeXus needs h5py.
    FileMissingError
        The file cannot be written.

    Examples
    --------
    >>> import crystinet, pathlib, tempfile
    >>> pattern = crystinet.Pattern.from_arrays([20.0, 20.1, 20.2], [3, 9, 4], anode="Mo")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     crystinet.write_pattern(pattern, pathlib.Path(folder, "a.xye"))
    ...     print(pathlib.Path(folder, "a.xye").read_text())
    # wavelength = 0.7093172 angstrom
    # 2theta_deg intensity esd_from_counting
    20.0 3.0 1.73205
    20.1 9.0 3
    20.2 4.0 2
    <BLANKLINE>
    """
    if not isinstance(pattern, Pattern):
        raise InvalidPatternError(
            f"{type(pattern).__name__} is no Pattern.",
            hint="Make one with Pattern.from_arrays, or read it with read_pattern.",
        )
    place = as_path(path, name="path", of="the file to write")
    ending = place.suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(
            f"{place.name} ends in none of {', '.join(ENDINGS)}.",
            hint="The end of the name says the format: sample.xye, sample.cif, sample.nxs.",
        )
    if not pattern.mask.any():
        raise InvalidPatternError(
            f"{pattern.name or 'The pattern'} has no measured point.",
            hint="There is nothing to write.",
        )
    if ending == ".nxs":
        from crystinet.patterns.writers.nexus import write_nexus

        write_nexus(pattern, place)
    else:
        write_whole(place, _TEXTS[ending](pattern))
