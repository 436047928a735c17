"""What a use case works on: patterns and structures, given or read from files."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystinet.app.files import PATTERN_SUFFIXES, STRUCTURE_SUFFIXES, refuse_folder
from crystinet.app.question import Question
from crystinet.core.arguments import as_path
from crystinet.core.errors import InvalidPatternError, InvalidWavelengthError, UnreadableFileError
from crystinet.core.notes import NoteCode, find_note
from crystinet.core.radiation import GIVEN, Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.tables import Table, is_table

if TYPE_CHECKING:
    from crystinet.crystals.structure import Structure

# What comes through a pipe is called in messages.
_PIPED = "standard input"


@dataclass(frozen=True, slots=True)
class Piped:
    """The content of a file that came through a pipe.

    Attributes
    ----------
    data
        All of it.
    """

    data: bytes

    def __str__(self) -> str:
        return "-"


def pattern_of(source: str | Path | Piped | Pattern | Table, question: Question) -> Pattern:
    """The one pattern of a file, or one that is given, with the wavelength of the question.

    Numbers that are no `Pattern` yet are taken as by `Pattern.from_arrays`.

    Raises
    ------
    CrystinetError
        The file cannot be read or holds several patterns, or the wavelength cannot be changed.
    """
    from crystinet.patterns import read_pattern
    from crystinet.patterns.readers.reading import only_pattern

    if isinstance(source, Pattern):
        return with_wavelength(source, question.wavelength_angstrom)
    if is_table(source):
        return Pattern.from_arrays(source, wavelength_angstrom=question.wavelength_angstrom)
    if isinstance(source, Piped):
        return only_pattern(patterns_of(source, question), name=_PIPED)
    path = as_path(source, name="source", of="a measured pattern, or a Pattern")
    return read_pattern(
        refuse_folder(path, suffixes=PATTERN_SUFFIXES),
        wavelength_angstrom=question.wavelength_angstrom,
        column=question.column,
    )


def patterns_of(source: str | Path | Piped | Pattern | Table, question: Question) -> list[Pattern]:
    """All patterns of a file, or the one that is given; the errors are those of `pattern_of`."""
    from crystinet.patterns import read_patterns

    if isinstance(source, Pattern) or is_table(source):
        return [pattern_of(source, question)]
    if isinstance(source, Piped):
        return patterns_in(source.data, name=_PIPED, question=question)
    path = as_path(source, name="source", of="a measured pattern, or a Pattern")
    return read_patterns(
        refuse_folder(path, suffixes=PATTERN_SUFFIXES),
        wavelength_angstrom=question.wavelength_angstrom,
        column=question.column,
    )


def patterns_in(data: bytes, *, name: str, question: Question) -> list[Pattern]:
    """All patterns in the content of a file; the errors are those of `pattern_of`."""
    from crystinet.patterns.readers import parse_patterns

    if not data.strip():
        raise UnreadableFileError(f"{name} is empty.", hint="Export or copy the measurement again.")
    return parse_patterns(
        data,
        name=name,
        wavelength_angstrom=question.wavelength_angstrom,
        column=question.column,
    )


def pattern_in(data: bytes, *, name: str, question: Question, number: int) -> Pattern:
    """One of the patterns in the content of a file, counted from 1; errors as `pattern_of`."""
    patterns = patterns_in(data, name=name, question=question)
    if not 1 <= number <= len(patterns):
        raise InvalidPatternError(
            f"{name} holds {len(patterns)} patterns and no pattern {number}.",
            hint="Count them from 1.",
        )
    return patterns[number - 1]


def structure_in(data: bytes, *, name: str) -> "Structure":
    """The one structure in the content of a CIF file; the errors are those of `structure_of`."""
    from crystinet.crystals.cif import structure_of_cif

    return structure_of_cif(data, name=name)


def structure_of(source: "str | Path | Structure | Any") -> "Structure":
    """The one structure of a CIF file, or one that is given, also by another library.

    Raises
    ------
    CrystinetError
        The file cannot be read, or holds no possible crystal structure.
    """
    from crystinet.crystals.cif import read_structure
    from crystinet.crystals.structure import Structure

    if isinstance(source, Structure):
        return source
    if not isinstance(source, str | Path):
        from crystinet.crystals.conversion import is_foreign, to_structure

        if is_foreign(source):
            return to_structure(source)
    path = as_path(source, name="source", of="a CIF file, or a Structure")
    return read_structure(refuse_folder(path, suffixes=STRUCTURE_SUFFIXES))


def with_wavelength(pattern: Pattern, wavelength_angstrom: float | None) -> Pattern:
    """The pattern with another wavelength; itself for None.

    Raises
    ------
    InvalidWavelengthError
        Its 2theta was calculated from d or Q, with a wavelength that is in the angles now.
    """
    if wavelength_angstrom is None:
        return pattern
    if find_note(pattern.notes, NoteCode.TWO_THETA_CONVERTED):
        raise InvalidWavelengthError(
            "The 2theta of this pattern was calculated with another wavelength.",
            hint="Give the wavelength when reading: read_pattern(path, wavelength_angstrom=...).",
        )
    return replace(
        pattern,
        radiation=replace(Radiation.of_wavelength(wavelength_angstrom), origin=GIVEN),
        notes=tuple(n for n in pattern.notes if n.code is not NoteCode.ASSUMED_WAVELENGTH),
    )
