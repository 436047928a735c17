"""Which files a command works on: the named ones, and those in the named folders."""

import os
import re
from collections.abc import Iterable
from glob import glob
from pathlib import Path

from crystinet.core.errors import FileMissingError
from crystinet.core.files import plain_size

#: What a folder is searched for. A file that is named itself may have any suffix.
PATTERN_SUFFIXES = frozenset(
    ".asc .brml .chi .cif .cpi .csv .dat .dbw .esd .fxy .fxye .gda .gsa .gsas .h5 .hdf5 .int .jdx "
    ".mdi .nxs .pdcif .prn .ras .rasx .raw .rit .std .tsv .txt .udf .uxd .xlsx .xra .xrdml .xy "
    ".xye".split()
)
STRUCTURE_SUFFIXES = frozenset({".cif"})

# In a folder of patterns, a CIF counts if it lists powder intensities: most CIFs are structures.
_POWDER_CIF = re.compile(rb"_pd_(meas|proc)_(counts|intensity)", re.IGNORECASE)
_SEARCHED_BYTES = 32 * 2**20


def pattern_files(paths: Iterable[Path]) -> list[Path]:
    """Expand folders to the pattern files in them, see `expand_folders`, and wildcards.

    Readers of other packages may name further suffixes.
    """
    from crystinet.patterns.readers.plug_ins import plug_ins

    paths = [each for path in paths for each in _matching(path)]
    if not any(map(os.path.isdir, paths)):
        return paths
    return expand_folders(paths, suffixes=PATTERN_SUFFIXES | plug_ins().suffixes)


def _matching(path: Path) -> list[Path]:
    """What a name with wildcards stands for, where no shell has looked; a file of that name wins.

    A name that nothing matches stays, so that reading it says so.
    """
    if not any(sign in str(path) for sign in "*?[") or os.path.lexists(path):
        return [path]
    return [Path(name) for name in sorted(glob(str(path), recursive=True))] or [path]


def structure_files(paths: Iterable[Path]) -> list[Path]:
    """Expand folders to the CIF files in them, see `expand_folders`."""
    return expand_folders(paths, suffixes=STRUCTURE_SUFFIXES)


def expand_folders(paths: Iterable[Path], *, suffixes: frozenset[str]) -> list[Path]:
    """Replace every folder by the files in it and in its sub-folders, sorted by name.

    Hidden files and folders are left out, and so are files whose suffix is not in ``suffixes``
    (the one before ".gz" in compressed files). A folder with nothing to offer and a sub-folder
    that cannot be opened stay in the list, so that `refuse_folder` can report them.
    """
    files: list[Path] = []
    for path in paths:
        files += (os.path.isdir(path) and _files_in(path, suffixes)) or [path]
    return files


def _files_in(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    closed: list[Path] = []
    found: list[Path] = []
    for parent, folders, names in os.walk(
        folder, onerror=lambda e: closed.append(Path(e.filename))
    ):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(parent, name)
            for name in sorted(names)
            if not name.startswith(".") and _is_wanted(Path(parent, name), suffixes)
        ]
    return found + closed


def _is_wanted(path: Path, suffixes: frozenset[str]) -> bool:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        suffix = Path(path.stem).suffix.lower()
    if suffix not in suffixes:
        return False
    return path.suffix.lower() != ".cif" or suffixes == STRUCTURE_SUFFIXES or _is_powder_cif(path)


def _is_powder_cif(path: Path) -> bool:
    try:
        plain_size(path)
        with path.open("rb") as file:
            return _POWDER_CIF.search(file.read(_SEARCHED_BYTES)) is not None
    except OSError:
        return True  # whoever reads it says why it cannot be opened


def refuse_folder(path: Path, *, suffixes: frozenset[str]) -> Path:
    """Return ``path`` unless it is a folder: `expand_folders` found nothing, or could not open it.

    Raises
    ------
    FileMissingError
        Naming the folder and what was looked for, or saying that one file is asked for.
    """
    if os.path.isdir(path):
        try:
            os.listdir(path)
        except OSError as error:
            raise FileMissingError(
                f"The folder {path} cannot be opened: {error.strerror}.",
                hint="Check the permissions of the folder; the files in it were not read.",
            ) from error
        if _files_in(path, suffixes):
            raise FileMissingError(
                f"{path} is a folder, and one file is asked for.",
                hint="Name one of the files in it.",
            )
        raise FileMissingError(
            f"The folder {path} holds no file to read.",
            hint=f"Looked for {', '.join(sorted(suffixes))}, in sub-folders too. "
            "Name a file itself if it has another suffix.",
        )
    return path
