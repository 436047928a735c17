"""Use case: write a fit for other programs, and read what is known of an instrument."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.arguments import as_path
from crystinet.core.errors import ConfigError
from crystinet.core.files import check_place, write_whole

if TYPE_CHECKING:
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.fit.whole_pattern.instrument import InstrumentProfile

#: Programs that files can be written for.
PROGRAMS = ("gsas2", "fullprof", "topas")
_INSTRUMENT, _CIF = ".instprm", ".cif"


# What each program gets beside the CIF.
_ENDINGS = {
    "gsas2": (".xye", _INSTRUMENT),
    "fullprof": (".dat", ".pcr"),
    "topas": (".xye", ".inp"),
}


def check_programs(programs: Sequence[str]) -> tuple[str, ...]:
    """Names of programs, each once; ConfigError for one that is none of `PROGRAMS`."""
    for name in programs:
        if name not in PROGRAMS:
            raise ConfigError(
                f"There is no export for {name!r}.", hint=f"There is {', '.join(PROGRAMS)}."
            )
    return tuple(dict.fromkeys(programs))


def check_target(path: Path) -> None:
    """Refuse a file that a fit cannot be written to, before the work for it is done.

    Raises
    ------
    ConfigError
        Its ending says neither what is written.
    FileMissingError
        The folder does not exist or refuses the file.
    """
    if path.suffix.lower() not in (_CIF, _INSTRUMENT):
        raise ConfigError(
            f"{path.name} ends neither in .cif nor in .instprm.",
            hint="The end of the name says what is written: the fit, or the instrument alone.",
        )
    check_place(path)


def files_of(path: Path, programs: Sequence[str] = ()) -> tuple[Path, ...]:
    """The files that `write_fit` writes."""
    endings = [ending for program in programs for ending in _ENDINGS[program]]
    return tuple(dict.fromkeys([path, *(path.with_suffix(ending) for ending in endings)]))


def write_fit(fit: "Fit", path: str | Path, *, programs: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write a fit: as CIF, as an instrument, and for other programs.

    Parameters
    ----------
    fit
        From `crystinet.refine`.
    path
        ``.cif``: structures with uncertainties, and the pattern as observed and calculated.
        ``.instprm``: the widths, asymmetry, zero and wavelengths of the lines, an instrument for
        `read_instrument` and for GSAS-II. That of a fit of a standard is worth keeping.
    programs
        ``"gsas2"`` adds data (``.xye``) and instrument (``.instprm``) beside the CIF,
        ``"fullprof"`` ``.pcr`` and ``.dat``, ``"topas"`` ``.inp`` and ``.xye``; all of the same
        name.

    Returns
    -------
    The files, that of ``path`` first. Each is written whole or not at all.

    Raises
    ------
    ConfigError
        The ending or a program is none of these, or the fit has no atoms to hand over.
    FileMissingError
        A file cannot be written.

    Examples
    --------
    >>> import crystinet, pathlib, tempfile
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> fit = crystinet.refine(crystinet.simulate(kind.reference, counts=5000, seed=1),
    ...                        type="Rutile-TiO2")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = crystinet.write_fit(fit, pathlib.Path(folder, "a.cif"), programs=["topas"])
    ...     crystinet.read_structures(files[0])[0].hall_symbol, [file.name for file in files]
    ('-P 4n 2n', ['a.cif', 'a.xye', 'a.inp'])
    """
    from crystinet.fit.handover.cif import cif_text
    from crystinet.fit.handover.instrument_files import instprm_text
    from crystinet.fit.whole_pattern.instrument import learned

    place = as_path(path, name="path", of="the file to write")
    wanted = check_programs(programs)
    check_target(place)
    whole = place.suffix.lower() == _CIF
    texts = {place: cif_text(fit) if whole else instprm_text(learned(fit))}
    for program in wanted:
        texts |= {
            place.with_suffix(ending): text
            for ending, text in _files_for(program, fit, place.stem).items()
        }
    for file, text in texts.items():
        write_whole(file, text)
    return tuple(texts)


def fit_cif(fit: "Fit") -> str:
    """A fit as CIF, as `write_fit` writes it."""
    from crystinet.fit.handover.cif import cif_text

    return cif_text(fit)


def _files_for(program: str, fit: "Fit", stem: str) -> dict[str, str]:
    """Texts for a program, by the endings of their files."""
    from crystinet.fit.handover import programs
    from crystinet.fit.handover.instrument_files import instprm_text
    from crystinet.fit.whole_pattern.instrument import learned

    if program == "gsas2":
        return {".xye": programs.data_text(fit), _INSTRUMENT: instprm_text(learned(fit))}
    if program == "fullprof":
        return {".dat": programs.data_text(fit), ".pcr": programs.fullprof_text(fit)}
    return {".xye": programs.data_text(fit), ".inp": programs.topas_text(fit, data=f"{stem}.xye")}


def read_instrument(path: str | Path) -> "InstrumentProfile":
    """Read what is known of an instrument: ``.instprm`` of GSAS-II, ``.irf`` of FullProf.

    Parameters
    ----------
    path
        The file. ``crystinet refine standard.xy --cif LaB6.cif -o lab.instprm`` makes one of a
        measured standard.

    Returns
    -------
    Widths, asymmetry, zero, polarisation and wavelengths, for ``refine(..., instrument=...)``.

    Raises
    ------
    FileMissingError, UnreadableFileError
        It cannot be read, or is no such file.

    Examples
    --------
    >>> import crystinet, pathlib, tempfile
    >>> lines = ["#GSAS-II instrument parameter file", "Type:PXC", "Lam:1.5405929", "W:5", "X:1.5"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "lab.instprm")
    ...     size = path.write_text(chr(10).join(lines))
    ...     crystinet.read_instrument(path).widths.x
    0.015
    """
    from crystinet.fit.handover.instrument_files import instrument_of_file

    return instrument_of_file(as_path(path, name="path", of="an instrument's file"))
