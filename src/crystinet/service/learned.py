"""Bundles that a service has taught new types: one folder each, below that of the service.

The folder is called as the job that made it; clients call the bundle by the beginning of its id.
"""

import shutil
from collections.abc import Collection
from pathlib import Path

from crystinet.app.models import id_of_bundle

#: Folder of the bundles, below that of the service.
_FOLDER = "models"
#: Ends of the names of folders beside them: of the CIF files of a job, and of its work.
CIFS, UNFINISHED = ".cifs", ".partial"
#: Digits of the id that are the name.
_DIGITS = 12


def learned_folder(data: Path, job: str) -> Path:
    """Where the bundle of a job is, or will be."""
    return data / _FOLDER / job


def learned_name(id: str) -> str:
    """Name of a bundle for clients, from its id."""
    return id[:_DIGITS]


def learned_models(data: Path) -> dict[str, Path]:
    """Complete bundles by name, those of the first jobs first; what is none is left out."""
    found: dict[str, Path] = {}
    for folder in sorted(_folders(data), key=_made):
        if folder.suffix not in (CIFS, UNFINISHED) and (id := id_of_bundle(folder)):
            found.setdefault(learned_name(id), folder)
    return found


def forget(data: Path, name: str) -> bool:
    """Delete a learned bundle; False where there is none of this name."""
    folder = learned_models(data).get(name)
    if folder is None:
        return False
    gone = folder.with_name(folder.name + UNFINISHED)  # at once; what is left of it is tidied up
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
    return True


def unfinished_folders(data: Path) -> list[Path]:
    """Folders of work that goes on, or was given up."""
    return [folder for folder in _folders(data) if folder.suffix in (CIFS, UNFINISHED)]


def clear(folders: Collection[Path], *, going_on: Collection[str]) -> None:
    """Delete folders of work whose job does not go on."""
    for folder in folders:
        if folder.stem not in going_on:
            shutil.rmtree(folder, ignore_errors=True)


def _folders(data: Path) -> list[Path]:
    place = data / _FOLDER
    return [path for path in place.iterdir() if path.is_dir()] if place.is_dir() else []


def _made(folder: Path) -> tuple[float, str]:
    try:
        return folder.stat().st_mtime, folder.name
    except OSError:
        return 0.0, folder.name
