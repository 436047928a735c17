import hashlib
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import FileMissingError
from crystinet.core.files import (
    make_folder,
    plain_size,
    read_arrays,
    read_plain,
    sha256_of,
    sha256_of_file,
    sha256_of_parts,
    whole_file,
    write_arrays,
    write_once,
    write_whole,
)


@pytest.mark.parametrize("content", ["Å\n", b"\x00\xff\n"])
def test_a_file_is_written_whole(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    write_whole(path, content)
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode("utf-8"))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError, OSError(28, "No space left")])
def test_a_block_that_fails_leaves_the_old_file(
    tmp_path: Path, stop: type[BaseException] | BaseException
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    expected = FileMissingError if isinstance(stop, OSError) else stop

    def half() -> None:
        with whole_file(path) as temporary:
            temporary.write_text("half")
            raise stop

    with pytest.raises(expected):  # type: ignore[arg-type]
        half()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    write_whole(tmp_path / "own", "")
    assert (tmp_path / "own").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_first_of_several_writers_wins(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert write_once(path, "first")
    assert not write_once(path, "second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_without_links_the_last_writer_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "a.txt"
    assert write_once(path, "first")
    assert write_once(path, "second")
    assert path.read_text() == "second"


@pytest.mark.parametrize("name", ["a.npz", "without-suffix"])
@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_back(tmp_path: Path, name: str, compressed: bool) -> None:
    arrays = {"x": np.arange(6).reshape(2, 3), "y": np.zeros(0, dtype=np.float32)}
    write_arrays(tmp_path / name, arrays, compressed=compressed)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with np.load(tmp_path / name, allow_pickle=False) as file:
        assert set(file.files) == set(arrays)
        for key, array in arrays.items():
            np.testing.assert_array_equal(file[key], array)
            assert file[key].dtype == array.dtype


WRITERS: list[Callable[[Path], object]] = [
    lambda path: write_whole(path, "x"),
    lambda path: write_once(path, "x"),
    lambda path: write_arrays(path, {"x": np.zeros(2)}),
    lambda path: make_folder(path, of="files"),
]


@pytest.mark.parametrize("write", WRITERS)
def test_what_cannot_be_written_is_said_with_its_path(
    tmp_path: Path, write: Callable[[Path], object]
) -> None:
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "file" / "new"
    with pytest.raises(FileMissingError, match="new") as caught:
        write(path)
    assert "may write to" in caught.value.hint


def test_a_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    make_folder(tmp_path / "deep" / "er", of="files")
    assert not list((tmp_path / "deep" / "er").iterdir())
    make_folder(tmp_path / "deep" / "er", of="files")  # once more


def test_hashes_are_those_of_the_standard_library(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000  # more than one chunk of a file
    path = tmp_path / "data"
    path.write_bytes(data)
    expected = hashlib.sha256(data).hexdigest()
    assert sha256_of(data) == sha256_of_file(path) == expected
    assert sha256_of_parts([data[:7], b"", data[7:]]) == expected


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, "through")
        assert os.read(end, 100) == b"through"
    finally:
        os.close(end)
    assert pipe.is_fifo()


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    plain, pipe = tmp_path / "plain", tmp_path / "pipe"
    plain.write_bytes(b"12345")
    os.mkfifo(pipe)  # opening it would wait for ever
    (tmp_path / "link").symlink_to(plain)
    assert plain_size(tmp_path / "link") == 5
    assert read_plain(plain, most_bytes=5) == b"12345"
    for path, told in ((pipe, "a pipe"), (Path("/dev/zero"), "a device"), (tmp_path, "directory")):
        with pytest.raises(OSError, match=told):
            plain_size(path)
    with pytest.raises(OSError, match="larger than"):
        read_plain(plain, most_bytes=4)


def test_arrays_come_back_or_are_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.arange(50.0)})
    np.testing.assert_array_equal(read_arrays(path)["x"], np.arange(50.0))
    whole = path.read_bytes()
    header = whole.index(b"{'descr'")
    objects = tmp_path / "objects.npz"
    np.savez(objects, x=np.array([None]))
    for damaged in (
        whole[:100],  # BadZipFile
        b"",  # EOFError
        objects.read_bytes(),
        whole[:header] + b"{'descr'(((((" + whole[header + 13 :],  # what the parser raises
    ):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged"):
            read_arrays(path)


def test_reading_takes_no_more_memory_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"x" * 1000)
    tracemalloc.start()
    try:
        assert len(read_plain(path, most_bytes=2**32)) == 1000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
