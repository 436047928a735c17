"""Which files a command works on: the named ones, and those in the named folders."""

import os
from collections.abc import Iterable
from pathlib import Path

from crystinet.core.errors import FileMissingError

#: What a folder is searched for. A file that is named itself may have any suffix.
PATTERN_SUFFIXES = frozenset(
    ".asc .brml .chi .cpi .csv .dat .fxye .gsa .gsas .int .nxs .prn .ras .rasx .raw .std .tsv "
    ".txt .udf .uxd .xra .xrdml .xsyg .xy .xye".split()
)
STRUCTURE_SUFFIXES = frozenset({".cif"})


def expand_folders(paths: Iterable[Path], *, suffixes: frozenset[str]) -> list[Path]:
    """Replace every folder by the files in it and in its sub-folders, sorted by name.

    Hidden files and folders are left out, and so are files whose suffix is not in ``suffixes``.
    A folder with nothing to offer stays in the list, so that `refuse_folder` can report it.
    """
    files: list[Path] = []
    for path in paths:
        files += (path.is_dir() and _files_in(path, suffixes)) or [path]
    return files


def _files_in(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(parent, name)
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes
        ]
    return found


def refuse_folder(path: Path, *, suffixes: frozenset[str]) -> Path:
    """Return ``path`` unless it is a folder, one in which `expand_folders` found nothing.

    Raises
    ------
    FileMissingError
        Naming the folder and what was looked for.
    """
    if path.is_dir():
        raise FileMissingError(
            f"The folder {path} holds no file to read.",
            hint=f"Looked for {', '.join(sorted(suffixes))}, in sub-folders too. "
            "Name a file itself if it has another suffix.",
        )
    return path
