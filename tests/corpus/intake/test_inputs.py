import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crystinet.core.errors import FileMissingError
from crystinet.corpus.compound import Problem
from crystinet.corpus.intake import inputs
from crystinet.corpus.intake.cif_entries import Overrides
from crystinet.corpus.intake.inputs import Input, containers_of, count_inputs

WriteCif = Callable[..., Path]


def origins(*paths: Path) -> list[str]:
    return [item.origin for c in containers_of(paths) for item in c.inputs()]


def refusal(path: Path) -> Problem:
    counted, (problem,) = count_inputs(containers_of([path]))
    assert not counted
    return problem


def test_a_folder_stands_for_its_files(write_cif: WriteCif, tmp_path: Path) -> None:
    write_cif("halite", name="b.cif")
    write_cif("rutile", name="below/A.CIF")
    write_cif("rutile", name=".hidden/c.cif")
    write_cif("rutile", name="notes.txt")
    named = write_cif("tungsten", name="structure.txt")
    assert origins(tmp_path) == [str(tmp_path / "b.cif"), str(tmp_path / "below/A.CIF")]
    assert origins(named) == [str(named)]


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="holds no CIF file"):
        containers_of([tmp_path])
    with pytest.raises(FileMissingError, match="absent does not exist"):
        containers_of([tmp_path / "absent"])


def test_an_archive_stands_for_its_members(cif: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deep/halite.cif", cif("halite"))
        archive.writestr("readme.txt", "no structure")
        archive.writestr("__MACOSX/._halite.cif", "no structure")
    (container,) = containers_of([tmp_path])
    assert container.count() == 1
    (item,) = container.inputs()
    assert isinstance(item, Input)
    assert item.origin == f"{path}!deep/halite.cif"
    assert item.content == cif("halite").encode()


def test_archives_that_cannot_be_read(cif: Callable[..., str], tmp_path: Path) -> None:
    torn = tmp_path / "torn.zip"
    torn.write_bytes(b"PK\3\4 and nothing else")
    assert refusal(torn).code == "unreadable-file"
    assert "cannot be read as a zip archive" in refusal(torn).message
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "")
    assert "holds no CIF file" in refusal(empty).message


def test_a_damaged_member_is_one_problem(cif: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored, so that the text is in the file as it is
        archive.writestr("halite.cif", cif("halite"))
        archive.writestr("rutile.cif", cif("rutile"))
    path.write_bytes(path.read_bytes().replace(b"data_halite", b"data_HALITE", 1))
    (container,) = containers_of([path])
    bad, good = container.inputs()
    assert isinstance(bad, Problem)
    assert "CRC" in bad.message
    assert isinstance(good, Input)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for i in range(3):
            with archive.open(f"{i}.cif", "w") as file:
                for _ in range(40):
                    file.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    assert "zip bomb" in refusal(path).message


def test_a_member_is_not_read_beyond_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "MAX_CIF_BYTES", 1000)
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large.cif", "x" * 50_000)
    (container,) = containers_of([path])
    (item,) = container.inputs()
    assert isinstance(item, Input)
    assert len(item.content) == 1001


def test_digests_are_of_content_and_of_what_the_user_says() -> None:
    plain = Overrides()
    assert Input("a", b"text").digest(plain) == Input("b", b"text").digest(plain)
    assert Input("a", b"text").digest(plain) != Input("a", b"texT").digest(plain)
    assert Input("a", b"text").digest(plain) != Input("a", b"text").digest(Overrides(kind="dft"))
    row = Input("a", {"id": 1, "a": 4.0})
    assert row.digest(plain) == Input("a", {"a": 4.0, "id": 1}).digest(plain)
    assert row.digest(plain) != Input("a", {"a": 4.1, "id": 1}).digest(plain)
