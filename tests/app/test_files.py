"""Which files a folder stands for."""

import os
from pathlib import Path

import pytest

from crystinet.app.files import (
    PATTERN_SUFFIXES,
    STRUCTURE_SUFFIXES,
    expand_folders,
    refuse_folder,
)
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


@pytest.mark.parametrize("name", ["a.esd", "a.FXY", "a.gda", "a.udf", "a.uxd", "a.xy.gz", "a.h5"])
def test_suffixes_of_instruments_are_known(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, "notes.gz")
    assert expand_folders([tmp_path], suffixes=PATTERN_SUFFIXES) == [tmp_path / name]


def test_a_cif_among_patterns_counts_if_it_holds_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "quartz.cif").write_text("data_q\n_cell_length_a 4.91\n")
    (tmp_path / "scan.cif").write_text("data_s\nloop_\n_pd_meas_counts_total\n1\n")
    assert expand_folders([tmp_path], suffixes=PATTERN_SUFFIXES) == [tmp_path / "scan.cif"]
    assert len(expand_folders([tmp_path], suffixes=STRUCTURE_SUFFIXES)) == 2


def test_a_folder_that_cannot_be_opened_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.xy", "closed/b.xy")
    opened = os.scandir

    # The permissions of a folder do not stop an administrator, who may run this test.
    def refuse(path: str | os.PathLike[str]) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = expand_folders([tmp_path], suffixes=PATTERN_SUFFIXES)
    assert found == [tmp_path / "a.xy", tmp_path / "closed"]
    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(FileMissingError, match="closed cannot be opened: Permission") as caught:
        refuse_folder(found[1], suffixes=PATTERN_SUFFIXES)
    assert "permissions" in caught.value.hint


def test_a_folder_with_files_is_not_said_to_hold_none(tmp_path: Path) -> None:
    make(tmp_path, "a.xy")
    with pytest.raises(FileMissingError, match="is a folder, and one file is asked for"):
        refuse_folder(tmp_path, suffixes=PATTERN_SUFFIXES)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may open every folder"
)
def test_a_folder_without_permission(tmp_path: Path) -> None:
    make(tmp_path, "a.xy", "closed/b.xy")
    (tmp_path / "closed").chmod(0)
    try:
        assert expand_folders([tmp_path], suffixes=PATTERN_SUFFIXES)[1] == tmp_path / "closed"
        with pytest.raises(FileMissingError, match="closed cannot be opened"):
            refuse_folder(tmp_path / "closed", suffixes=PATTERN_SUFFIXES)
    finally:
        (tmp_path / "closed").chmod(0o700)
