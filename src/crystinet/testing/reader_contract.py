"""The contract of a reader of one file format, as a test class to inherit."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePath

import numpy as np
import pytest

from crystinet.core.errors import CrystinetError, MissingExtraError, UnreadableFileError
from crystinet.core.notes import Note, NoteCode, find_note
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers import registry
from crystinet.patterns.readers.protocol import HEAD_BYTES, PatternReader
from crystinet.testing.damage import damaged_copies
from crystinet.testing.heads import HEADS

# No tube and no beamline of powder diffraction is outside.
_SHORTEST_ANGSTROM, _LONGEST_ANGSTROM = 0.05, 5.0
# No detector counts more.
_MOST_INTENSITY = 1e15
# A name that no format knows, with letters that are not ASCII.
_NAME = "größe 粉末"


class ReaderContract:
    """What every reader keeps to; subclass it, and define `make_reader` and `samples`.

    >>> class TestAcmeReader(ReaderContract):  # doctest: +SKIP
    ...     def make_reader(self):
    ...         return AcmeReader()
    ...
    ...     def samples(self):
    ...         return {"a.acme": (DATA / "a.acme").read_bytes()}

    Attributes
    ----------
    copies, cuts
        Damaged copies of each sample that are read, and copies that end too early.
    seed
        What they are drawn with.
    takes
        Those of `crystinet.testing.heads.HEADS` that the reader rightly takes for its own, a
        container for instance.
    """

    copies: int = 100
    cuts: int = 50
    seed: int = 0
    takes: frozenset[str] = frozenset()

    def make_reader(self) -> PatternReader:
        """A new reader."""
        raise NotImplementedError("define make_reader, which returns a new reader")

    def samples(self) -> Mapping[str, bytes]:
        """Good files, at least one, by a name with the usual suffix."""
        raise NotImplementedError("define samples, which returns good files by name")

    # --- what a reader is -----------------------------------------------------------------

    def test_it_has_a_name_in_words(self) -> None:
        name = self.make_reader().name
        assert isinstance(name, str), "the name is text"
        assert name == name.strip() != "", "the name is shown to users"
        assert "\n" not in name, "the name is one line"

    def test_its_suffixes_if_it_has_some_look_like_suffixes(self) -> None:
        for suffix in getattr(self.make_reader(), "suffixes", ()):
            assert isinstance(suffix, str), "a suffix is text"
            assert re.fullmatch(r"\.\w+", suffix), 'a suffix looks like ".xy"'

    # --- which files it takes -------------------------------------------------------------

    def test_it_accepts_its_own_files(self) -> None:
        assert self.samples(), "give at least one good file"
        for name, data in self.samples().items():
            assert _accepts(self.make_reader(), data, name) is True, f"{name} is not accepted"

    def test_it_leaves_the_files_of_others_alone(self) -> None:
        reader, suffixes = self.make_reader(), {PurePath(n).suffix for n in self.samples()}
        assert self.takes <= HEADS.keys(), f"takes names none of {sorted(HEADS)}"
        for what, head in HEADS.items():
            answers = [reader.accepts(head, suffix.lower()) for suffix in (".xy", "", *suffixes)]
            assert all(isinstance(answer, bool) for answer in answers), "True or False"
            if what not in self.takes:
                assert not any(answers), f"it takes {what} for its own"

    def test_no_reader_of_crystinet_reads_its_files_first(self) -> None:
        own = self.make_reader()
        for name, data in self.samples().items():
            for reader in registry.MARKED:
                if reader.name == own.name:
                    break
                if _accepts(reader, data, name):
                    with pytest.raises((UnreadableFileError, MissingExtraError)):
                        reader.read(data, name=name, radiation=None)

    # --- what it reads --------------------------------------------------------------------

    def test_patterns_make_sense(self) -> None:
        for name, data in self.samples().items():
            for pattern in _read(self.make_reader(), data, name):
                _check_makes_sense(pattern)

    def test_arrays_are_read_only(self) -> None:
        for name, data in self.samples().items():
            for pattern in _read(self.make_reader(), data, name):
                for array in (pattern.two_theta_deg, pattern.intensity, pattern.mask):
                    assert not array.flags.writeable

    def test_nothing_is_prepared(self) -> None:
        for name, data in self.samples().items():
            for pattern in _read(self.make_reader(), data, name):
                assert pattern.steps == (), "a reader gives the pattern as measured"

    def test_reading_again_gives_the_same(self) -> None:
        reader = self.make_reader()
        for name, data in self.samples().items():
            first = _read(reader, data, name)
            for again in (_read(reader, data, name), _read(self.make_reader(), data, name)):
                assert len(again) == len(first)
                for one, other in zip(first, again, strict=True):
                    _check_same(one, other)

    def test_the_radiation_of_the_user_comes_first(self) -> None:
        given = Radiation((0.7123,))  # of no tube
        for name, data in self.samples().items():
            silent = _read(self.make_reader(), data, name)
            patterns = _read(self.make_reader(), data, name, radiation=given)
            assert len(patterns) == len(silent)
            for pattern in patterns:
                assert pattern.radiation == given
                assert not find_note(pattern.notes, NoteCode.ASSUMED_WAVELENGTH)

    def test_an_assumed_wavelength_is_said(self) -> None:
        for name, data in self.samples().items():
            for pattern in _read(self.make_reader(), data, name):
                said = find_note(pattern.notes, NoteCode.ASSUMED_WAVELENGTH) is not None
                assert pattern.radiation.assumed == said

    def test_the_name_is_handed_on(self) -> None:
        for name, data in self.samples().items():
            for called in (name, _NAME + PurePath(name).suffix):
                names = [pattern.name for pattern in _read(self.make_reader(), data, called)]
                assert all(own.startswith(called) for own in names)
                assert len(set(names)) == len(names), "several patterns are told apart"
                assert len(names) > 1 or names == [called]

    def test_notes_and_metadata_have_their_types(self) -> None:
        for name, data in self.samples().items():
            for pattern in _read(self.make_reader(), data, name):
                assert isinstance(pattern.notes, tuple)
                for note in pattern.notes:
                    assert isinstance(note, Note)
                    assert isinstance(note.code, NoteCode)
                    assert note.text.strip(), "a note says something"
                assert isinstance(pattern.metadata, Metadata)

    # --- what it does not do --------------------------------------------------------------

    def test_it_prints_nothing(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._read_everything()
        printed = capfd.readouterr()
        assert (printed.out, printed.err) == ("", "")

    def test_it_leaves_no_file_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for variable in ("TMPDIR", "TEMP", "TMP", "HOME"):
            monkeypatch.setenv(variable, str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        self._read_everything()
        assert list(tmp_path.iterdir()) == []

    def _read_everything(self) -> None:
        reader = self.make_reader()
        for name, data in self.samples().items():
            _accepts(reader, data, name)
            reader.read(data, name=name, radiation=None)

    # --- damaged files --------------------------------------------------------------------

    def test_files_cut_short_are_refused_or_make_sense(self) -> None:
        for name, data in self.samples().items():
            ends = np.unique(np.linspace(0, len(data) - 1, self.cuts).astype(int))
            for end in ends.tolist():
                self._check_copy(data[:end], name)

    def test_damaged_files_are_refused_or_make_sense(self) -> None:
        for name, data in self.samples().items():
            for copy in damaged_copies(data, count=self.copies, seed=self.seed):
                self._check_copy(copy, name)

    def _check_copy(self, copy: bytes, name: str) -> None:
        reader = self.make_reader()
        if not copy.strip() or not _accepts(reader, copy, name):
            return  # nobody asks it to read this
        try:
            patterns = _read(reader, copy, name)
        except CrystinetError as error:
            patterns, said = [], (error.message.strip(), error.hint.strip())
            assert all(said), "an error says what is wrong and how to mend it"
        for pattern in patterns:
            _check_makes_sense(pattern)


def _accepts(reader: PatternReader, data: bytes, name: str) -> bool:
    return reader.accepts(data[:HEAD_BYTES], PurePath(name).suffix.lower())


def _read(
    reader: PatternReader, data: bytes, name: str, *, radiation: Radiation | None = None
) -> list[Pattern]:
    patterns = reader.read(data, name=name, radiation=radiation)
    assert isinstance(patterns, list)
    assert patterns, "at least one pattern, or an error"
    assert all(isinstance(pattern, Pattern) for pattern in patterns)
    return patterns


def _check_makes_sense(pattern: Pattern) -> None:
    x, y = pattern.two_theta_deg, pattern.intensity
    assert len(x) == len(y) > 0
    assert 0.0 < x[0] <= x[-1] <= 180.0
    assert (np.diff(x) > 0.0).all()
    assert np.isfinite(y).all()
    assert np.abs(y).max() <= _MOST_INTENSITY
    assert _SHORTEST_ANGSTROM <= pattern.radiation.wavelength_angstrom <= _LONGEST_ANGSTROM


def _check_same(one: Pattern, other: Pattern) -> None:
    for array in ("two_theta_deg", "intensity", "mask"):
        assert np.array_equal(getattr(one, array), getattr(other, array)), f"{array} differs"
    for value in ("radiation", "name", "notes", "metadata"):
        assert getattr(one, value) == getattr(other, value), f"{value} differs"
