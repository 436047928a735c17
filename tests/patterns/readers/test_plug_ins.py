"""Readers of other packages, which are installed for the test as folders with metadata."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.app.files import pattern_files
from crystinet.core.errors import InvalidPatternError, ReaderFailedError, UnreadableFileError
from crystinet.core.notes import NoteCode, find_note
from crystinet.patterns import read_pattern, read_patterns
from crystinet.patterns.readers.plug_ins import load, plug_ins

GUIDE = (Path(__file__).parents[3] / "docs/how-to/file-formats.md").read_text("utf-8")
ACME = re.findall(r"^```python\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)[0]
COUNTS = [50 + 900 * (i % 40 == 20) + i % 7 for i in range(400)]
SAMPLE = "ACME-XRD\n0.7093 10.0 0.1\n" + "\n".join(map(str, COUNTS))
ROWS = "# wavelength = 1.5406\n" + "".join(
    f"{10 + 0.1 * i:.1f} {y}\n" for i, y in enumerate(COUNTS)
)

# A reader that takes files with a word in their head; what it does with them is another matter.
TAKING = """
class Reader:
    name = "{word} files"

    def accepts(self, head, suffix):
        return b"{word}" in head

    def read(self, data, *, name, radiation):
        {body}
"""
GIVES_A_PATTERN = (
    "import crystinet; return [crystinet.Pattern.from_arrays(range(10, 160), range(150), "
    "wavelength_angstrom=1.0, name='by {word}')]"
)

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package with one reader, as pip would leave it, in this process."""
    installed: list[str] = []

    def add(package: str, code: str, *, reader: str = "Reader", entry: str = "") -> Path:
        module = package.replace("-", "_")
        folder = tmp_path / "site" / package
        metadata = folder / f"{module}-1.2.dist-info"
        metadata.mkdir(parents=True)
        (folder / f"{module}.py").write_text(code, "utf-8")
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n"
        )
        (metadata / "entry_points.txt").write_text(
            f"[crystinet.readers]\n{entry or package} = {module}:{reader}\n"
        )
        monkeypatch.syspath_prepend(str(folder))
        plug_ins.cache_clear()
        installed.append(module)
        return folder

    yield add
    plug_ins.cache_clear()
    for module in installed:
        sys.modules.pop(module, None)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def save_file(content: str | bytes, name: str = "a.acme") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return save_file


Save = Callable[..., Path]


def test_a_format_of_another_package_is_read(install: Install, save: Save) -> None:
    path = save(SAMPLE)
    with pytest.raises(UnreadableFileError, match=r"no table of numbers|two numbers"):
        read_pattern(path)  # crystinet alone cannot
    install("acme-xrd", ACME, reader="AcmeReader")
    pattern = read_pattern(path)
    assert (pattern.name, pattern.metadata["format"]) == ("a.acme", "Acme XRD")
    assert pattern.radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    given = read_pattern(path, wavelength_angstrom=1.0)
    assert given.radiation.wavelengths_angstrom == (1.0,)
    with pytest.raises(UnreadableFileError, match="a damaged Acme file"):
        read_pattern(save("ACME-XRD\nx"))


def test_the_command_reads_it(install: Install, save: Save, tmp_path: Path) -> None:
    folder = install("acme-xrd", ACME, reader="AcmeReader")
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "crystinet", "identify", str(save(SAMPLE)), "--json"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    (entry,) = json.loads(done.stdout)["results"]
    assert entry["metadata"]["format"] == "Acme XRD"
    assert entry["wavelength_angstrom"] == pytest.approx(0.7093, abs=1e-4)


def test_its_files_are_taken_in_a_folder(install: Install, save: Save, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name in ("files/a.xy", "files/b.ACME", "files/c.other"):
        save(SAMPLE, name)
    assert pattern_files([files]) == [files / "a.xy"]
    install("acme-xrd", ACME, reader="AcmeReader")
    assert pattern_files([files]) == [files / "a.xy", files / "b.ACME"]


def test_readers_are_looked_for_once_and_only_when_needed(
    install: Install, save: Save, instrument_files: Any
) -> None:
    install("acme-xrd", ACME, reader="AcmeReader")
    read_patterns(save(instrument_files.raw_3([instrument_files.counts(400)]), "a.raw"))
    assert plug_ins.cache_info().misses == 0
    assert "acme_xrd" not in sys.modules
    for _ in range(3):
        read_pattern(save(SAMPLE))
        read_pattern(save(ROWS, "a.xy"))
    assert plug_ins.cache_info().misses == 1


def test_the_order_of_readers(install: Install, save: Save, instrument_files: Any) -> None:
    for package, entry in (("aaa", "late"), ("zzz", "early")):
        code = TAKING.format(word="", body=GIVES_A_PATTERN.format(word=package))
        install(package, code, entry=entry)
    marked = save(instrument_files.raw_3([instrument_files.counts(400)]), "a.raw")
    assert read_pattern(marked).name == "a.raw"  # no package changes how it is read
    assert read_pattern(save(ROWS, "a.xy")).name == "by zzz"  # its entry point comes first


def test_a_container_that_is_none_of_ours_is_offered(install: Install, save: Save) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("acme/counts.txt", "1 2 3")
    path = save(stream.getvalue(), "a.zip")
    refuses = 'raise __import__("crystinet").CrystinetError("no counts", hint="none")'
    install("refusing", TAKING.format(word="acme/", body=refuses), entry="a")
    with pytest.raises(UnreadableFileError, match=r"a ZIP archive with acme/counts\.txt"):
        read_pattern(path)  # what our reader said
    body = GIVES_A_PATTERN.format(word="acme")
    install("acme-zip", TAKING.format(word="counts.txt", body=body), entry="0")
    assert read_pattern(path).name == "by acme"


BROKEN = {
    "does not load": ("import nothing_of_this_name\n", "ModuleNotFoundError: No module named"),
    "leaves": ("raise SystemExit(3)\n", "SystemExit: 3"),
    "has nothing": ("x = 1\n", "AttributeError: module 'broken_pkg' has no attribute 'Reader'"),
    "is no reader": ("Reader = 7\n", "AttributeError: 'int' object has no attribute 'name'"),
    "wants arguments": ("class Reader:\n  def __init__(self, x): ...\n", "TypeError: .*__init__"),
    "has no name": (
        "class Reader:\n  name = ''\n  def accepts(self): ...\n  def read(self): ...\n",
        "TypeError: a reader has a name in words",
    ),
    "cannot be asked": (
        TAKING.format(word="x", body="...").replace("return b", "return 1 // 0 or b"),
        "ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_reader_is_named_and_harms_nobody(
    how: str, install: Install, save: Save, instrument_files: Any
) -> None:
    code, message = BROKEN[how]
    install("broken-pkg", code, entry="a")
    install("acme-xrd", ACME, reader="AcmeReader", entry="b")
    text = read_pattern(save(ROWS, "a.xy"))
    note = find_note(text.notes, NoteCode.READER_LEFT_OUT)
    assert note is not None
    assert "broken-pkg 1.2" in note.text
    assert re.search(message, note.text)
    assert read_pattern(save(SAMPLE)).notes == ()
    marked = save(instrument_files.raw_3([instrument_files.counts(400)]), "a.raw")
    assert read_pattern(marked).notes == ()
    with pytest.raises(UnreadableFileError, match=r"a binary file, .* broken-pkg 1\.2") as caught:
        read_pattern(save(bytes(range(256)), "a.bin"))
    assert "Acme XRD, " in caught.value.hint


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return data[10**9]", "IndexError: index out of range"),
        ("return None", "None instead of a list of patterns"),
        ("return []", r"\[\] instead of a list of patterns"),
        ("return [1]", r"\[1\] instead of a list of patterns"),
    ],
)
def test_a_reader_that_fails_on_a_file_is_named(
    body: str, message: str, install: Install, save: Save
) -> None:
    install("acme-xrd", TAKING.format(word="ACME", body=body))
    with pytest.raises(
        ReaderFailedError, match=rf"acme-xrd 1\.2 failed when reading a.acme, .*{message}"
    ) as caught:
        read_pattern(save(SAMPLE))
    assert "authors of acme-xrd 1.2" in caught.value.hint
    assert read_pattern(save(ROWS, "a.xy")).notes == ()


def test_what_a_reader_says_about_a_file_passes_as_it_is(install: Install, save: Save) -> None:
    body = (
        "from crystinet.core.errors import InvalidPatternError; "
        "raise InvalidPatternError('Too hot.', hint='Cool it.')"
    )
    install("acme-xrd", TAKING.format(word="ACME", body=body))
    with pytest.raises(InvalidPatternError, match="Too hot"):
        read_pattern(save(SAMPLE))


def test_an_entry_point_without_a_package_goes_by_its_name() -> None:
    found = load([EntryPoint("made by hand", "nothing_of_this_name:Reader", "crystinet.readers")])
    assert found.readers == ()
    assert "an unknown package (made by hand)" in found.left_out[0].text
