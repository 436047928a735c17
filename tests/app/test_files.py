"""Which files a folder stands for."""

from pathlib import Path

import pytest

from crystinet.app.files import PATTERN_SUFFIXES, expand_folders, refuse_folder
from crystinet.core.errors import FileMissingError


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_stands_for_its_pattern_files_sorted_and_recursive(tmp_path: Path) -> None:
    make(tmp_path, "b.xy", "a.XRDML", "deep/er/c.dat", "notes.md", "photo.png", ".hidden.xy")
    make(tmp_path, ".git/d.xy")
    found = expand_folders([tmp_path], suffixes=PATTERN_SUFFIXES)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "a.XRDML",
        "b.xy",
        "deep/er/c.dat",
    ]


def test_named_files_keep_their_order_and_need_no_known_suffix(tmp_path: Path) -> None:
    make(tmp_path, "z.odd", "a.xy")
    files = [tmp_path / "z.odd", tmp_path / "a.xy", tmp_path / "missing.xy"]
    assert expand_folders(files, suffixes=PATTERN_SUFFIXES) == files


def test_an_empty_folder_is_an_error_that_says_what_was_looked_for(tmp_path: Path) -> None:
    make(tmp_path, "notes.md")
    (folder,) = expand_folders([tmp_path], suffixes=PATTERN_SUFFIXES)
    with pytest.raises(FileMissingError, match="holds no file to read") as caught:
        refuse_folder(folder, suffixes=PATTERN_SUFFIXES)
    assert ".xy" in caught.value.hint
