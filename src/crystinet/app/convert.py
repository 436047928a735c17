"""Use case: the patterns of a file, written in a format that others open."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from crystinet.app.question import Question
from crystinet.app.reading import patterns_of
from crystinet.core.errors import InvalidPatternError
from crystinet.core.files import check_not_input
from crystinet.core.notes import NoteCode, find_note
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.writers.writing import write_pattern


def nexus_bytes(pattern: Pattern) -> bytes:
    """A pattern as the content of a NeXus file (NXxrd).

    Raises
    ------
    MissingExtraError
        h5py is not installed.
    InvalidPatternError
        Its wavelength was only assumed: the file would not say enough.
    """
    if find_note(pattern.notes, NoteCode.ASSUMED_WAVELENGTH):
        raise InvalidPatternError(
            "The wavelength of this pattern is only assumed, so NeXus could not say it.",
            hint="Ask again with the wavelength or the tube, and export then.",
        )
    with TemporaryDirectory() as folder:
        place = Path(folder, "pattern.nxs")
        write_pattern(pattern, place)
        return place.read_bytes()


def convert(
    source: Path,
    output: Path,
    *,
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    column: str | int | None = None,
    two_theta_range: Sequence[float] | None = None,
) -> list[Path]:
    """Write every pattern of a file; a second one goes to ``output`` with ``-2`` in its name.

    Parameters
    ----------
    source
        A file that `crystinet.read_patterns` reads.
    output
        Where to; its ending says in which format, see `crystinet.write_pattern`.
    wavelength_angstrom, anode
        Instead of what the file says; it is written down.
    column
        The column with the intensity, in tables of several.
    two_theta_range
        First and last 2theta in degrees; the rest is left out.

    Returns
    -------
    The files that were written.

    Raises
    ------
    CrystinetError
        The file cannot be read, or the pattern cannot be written.
    """
    question = Question.of(
        wavelength_angstrom=wavelength_angstrom,
        anode=anode,
        column=column,
        two_theta_range=two_theta_range,
    )
    patterns = patterns_of(source, question)
    if question.two_theta_range is not None:
        patterns = [pattern.within(question.two_theta_range) for pattern in patterns]
    numbered = (output.with_name(f"{output.stem}-{n}{output.suffix}") for n in range(2, 10**6))
    places = [output, *(next(numbered) for _ in patterns[1:])]
    for place in places:
        check_not_input(place, source if isinstance(source, Path) else None)
    for pattern, place in zip(patterns, places, strict=True):
        write_pattern(pattern, place)
    return places
