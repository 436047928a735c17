"""The use cases that the command line and every other front end share.

Each takes many files, loads what it needs once, and yields one `Outcome` a file, in order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystinet.app.files import (
    PATTERN_SUFFIXES,
    STRUCTURE_SUFFIXES,
    expand_folders,
    refuse_folder,
)
from crystinet.app.outcome import Failure, Outcome, Success, attempt
from crystinet.core.arguments import as_path
from crystinet.core.errors import FileMissingError, InvalidWavelengthError
from crystinet.core.notes import NoteCode, find_note
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern

if TYPE_CHECKING:
    from crystinet.app.starting_points import StartingPoint, StartingPoints, StartOptions
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.catalogue import StructureType
    from crystinet.crystals.structure import Structure
    from crystinet.model.explanation import Explanation
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model
    from crystinet.patterns.sample import Sample

    Observer = Callable[[Sample, Identification], None]


def load_model(model: str | Path | None = None) -> "Model":
    """Load a bundle once per process: a folder, or the name of one in the package, or its default.

    A bundle that was replaced on disk is loaded anew.

    Raises
    ------
    BundleError
        The bundle is missing, incomplete or altered.
    """
    from crystinet.model.bundle_files import bundle_folder, bundle_id

    named = None if model is None else as_path(model, name="model", of="a bundle's folder")
    folder = bundle_folder(named).absolute()
    return _load_model(folder, bundle_id(folder))


@lru_cache(maxsize=2)  # the identity is there to be a part of the key
def _load_model(folder: Path, identity: str) -> "Model":
    from crystinet.model.bundle_files import load_bundle
    from crystinet.model.inference import Model

    return Model(load_bundle(folder))


def identify(
    source: str | Path | Pattern,
    *,
    wavelength_angstrom: float | None = None,
    top: int | None = None,
    elements: Iterable[str] | None = None,
    two_theta_range: Sequence[float] | None = None,
    model: str | Path | None = None,
) -> "Identification":
    """Rank the structure types that a powder pattern may have.

    Parameters
    ----------
    source
        A pattern file, or a `Pattern`.
    wavelength_angstrom
        Overrides what the file or the pattern says.
    top
        Number of candidates to keep; None keeps the whole ranking.
    elements
        Elements of the sample, if they are known: ``["Fe", "O"]``. Types are re-weighted by how
        often compounds with just these elements have them.
    two_theta_range
        First and last 2theta in degrees, as measured: what the answer would be if only this range
        had been measured. None takes everything.
    model
        Folder of a model bundle; None takes the one in the package, loaded once per process.

    Raises
    ------
    CrystinetError
        The file cannot be read, is no powder pattern, an argument is wrong, or the bundle is
        unusable.
    """
    pattern = pattern_of(source, wavelength_angstrom, two_theta_range)
    loaded = load_model(model)
    return loaded.identify([loaded.sample(pattern)], top=top, elements=elements)[0]


def explain(
    source: str | Path | Pattern,
    *,
    type: str | None = None,
    two_theta_range: Sequence[float] | None = None,
    score: str = "logit",
    wavelength_angstrom: float | None = None,
    elements: Iterable[str] | None = None,
    model: str | Path | None = None,
) -> "Explanation":
    """Show what the place of a candidate in the ranking rests on.

    Parameters
    ----------
    source
        A pattern file, or a `Pattern`.
    type
        The candidate to explain; None takes the answer.
    two_theta_range
        First and last 2theta in degrees, as measured; the rest counts as not measured.
    score
        What is differentiated for the heat: "logit" or "share", see
        `crystinet.model.heat.Score`.
    wavelength_angstrom, elements, model
        As in `identify`.

    Raises
    ------
    CrystinetError
        As `identify`; also where the model does not know the type, or was exported without what
        explaining needs.
    """
    from crystinet.model import explanation

    pattern = pattern_of(source, wavelength_angstrom, two_theta_range)
    loaded = load_model(model)
    return explanation.explain(
        loaded, loaded.sample(pattern), type_name=type, score=score, elements=elements
    )


def assign(source: "str | Path | Structure") -> "Assignment":
    """Find the structure type of a known crystal structure.

    Parameters
    ----------
    source
        A CIF file, or a `Structure`.

    Raises
    ------
    CrystinetError
        The file cannot be read, or holds no possible crystal structure.
    """
    from crystinet.crystals import assignment
    from crystinet.crystals.cif import read_structure
    from crystinet.crystals.structure import Structure

    if isinstance(source, Structure):
        return assignment.assign(source)
    path = as_path(source, name="source", of="a CIF file, or a Structure")
    return assignment.assign(read_structure(refuse_folder(path, suffixes=STRUCTURE_SUFFIXES)))


def identify_files(
    files: Iterable[Path],
    *,
    wavelength_angstrom: float | None = None,
    top: int | None = None,
    elements: Iterable[str] | None = None,
    two_theta_range: Sequence[float] | None = None,
    model: Path | None = None,
    observe: "Observer | None" = None,
    starts: "StartOptions | None" = None,
) -> "Iterator[Outcome[Identification]]":
    """Identify many files with one model; a bad file does not stop the others.

    A file with several patterns has an outcome for each: "a.raw#1", "a.raw#2".
    ``files`` comes from `pattern_files`, ``observe`` is given each sample with its answer, and an
    error of it is that of the file. ``starts`` asks for starting points. The other parameters are
    those of `identify`.
    """
    loaded = load_model(model)
    finder = starting_points(loaded, starts)
    for file in files:
        read = partial(_read_all, file, wavelength_angstrom)
        yield from answers(
            str(file),
            read,
            loaded=loaded,
            top=top,
            elements=elements,
            two_theta_range=two_theta_range,
            observe=observe,
            finder=finder,
        )


def starting_points(loaded: "Model", options: "StartOptions | None") -> "StartingPoints | None":
    """Make what finds starting points, with the index loaded; None where none are wanted.

    Raises
    ------
    CorpusError
        The index is unusable, or made for other types than the model's.
    """
    if options is None:
        return None
    from crystinet.app.starting_points import StartingPoints

    return StartingPoints(loaded, options)


def answers(
    file: str,
    read: Callable[[], list[Pattern]],
    *,
    loaded: "Model",
    top: int | None,
    elements: Iterable[str] | None,
    two_theta_range: Sequence[float] | None = None,
    observe: "Observer | None" = None,
    finder: "StartingPoints | None" = None,
) -> "Iterator[Outcome[Identification]]":
    """Identify each pattern of one file; ``read`` gives them."""

    def identify_one(
        pattern: Pattern,
    ) -> "tuple[Identification, tuple[StartingPoint, ...] | None]":
        if two_theta_range is not None:
            pattern = pattern.within(two_theta_range)
        sample = loaded.sample(pattern)
        (answer,) = loaded.identify([sample], top=top, elements=elements)
        if observe is not None:
            observe(sample, answer)
        return answer, None if finder is None else finder.find(sample, answer)

    found = attempt(file, read)
    if isinstance(found, Failure):
        yield found
        return
    for number, pattern in enumerate(found.result, start=1):
        called = file if len(found.result) == 1 else f"{file}#{number}"
        outcome = attempt(called, partial(identify_one, pattern))
        yield outcome if isinstance(outcome, Failure) else Success(called, *outcome.result)


def pattern_files(paths: Iterable[Path]) -> list[Path]:
    """Expand folders to the pattern files in them, see `expand_folders`."""
    return expand_folders(paths, suffixes=PATTERN_SUFFIXES)


def structure_files(paths: Iterable[Path]) -> list[Path]:
    """Expand folders to the CIF files in them, see `expand_folders`."""
    return expand_folders(paths, suffixes=STRUCTURE_SUFFIXES)


def assign_files(files: Iterable[Path]) -> "Iterator[Outcome[Assignment]]":
    """Assign a structure type to the crystal structure in each CIF file."""
    for file in files:
        yield attempt(str(file), partial(assign, file))


def list_types(
    *, group: int | None = None, published: bool = True, extensions: bool = False
) -> "list[StructureType]":
    """List the catalogue: the 100 published types, the types outside them, or one group."""
    from crystinet.crystals.catalogue import load_catalogue

    return [
        kind
        for kind in load_catalogue()
        if (extensions if kind.extension else published) and group in (None, kind.group)
    ]


def simulate(source: "str | Path | Structure", **settings: Any) -> Pattern:
    """Simulate the powder pattern of a crystal structure.

    Parameters
    ----------
    source
        A CIF file, or a `Structure`.
    settings
        Those of `crystinet.simulation.simulate.simulate`.

    Raises
    ------
    CrystinetError
        The file cannot be read, holds no possible crystal structure, or a setting is wrong.
    """
    from crystinet.crystals.cif import read_structure
    from crystinet.crystals.structure import Structure
    from crystinet.simulation import simulate as simulation

    if isinstance(source, Structure):
        return simulation.simulate(source, **settings)
    path = as_path(source, name="source", of="a CIF file, or a Structure")
    structure = read_structure(refuse_folder(path, suffixes=STRUCTURE_SUFFIXES))
    return simulation.simulate(structure, **settings)


def write_text(path: Path, text: str) -> None:
    """Write a file, replacing one that exists.

    Raises
    ------
    FileMissingError
        The folder does not exist or refuses the file.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileMissingError(
            f"Cannot write {path}: {error.strerror}.",
            hint="Name a file in a folder that exists and that you may write to.",
        ) from error


def pattern_of(
    source: str | Path | Pattern,
    wavelength_angstrom: float | None,
    two_theta_range: Sequence[float] | None,
) -> Pattern:
    """One pattern, of a file or given, or a part of it."""
    if isinstance(source, Pattern):
        pattern = _with_wavelength(source, wavelength_angstrom)
    else:
        path = as_path(source, name="source", of="a measured pattern, or a Pattern")
        pattern = _read(path, wavelength_angstrom)
    return pattern if two_theta_range is None else pattern.within(two_theta_range)


def _read(path: Path, wavelength_angstrom: float | None) -> Pattern:
    from crystinet.patterns import read_pattern

    return read_pattern(
        refuse_folder(path, suffixes=PATTERN_SUFFIXES), wavelength_angstrom=wavelength_angstrom
    )


def _read_all(path: Path, wavelength_angstrom: float | None) -> list[Pattern]:
    from crystinet.patterns import read_patterns

    return read_patterns(
        refuse_folder(path, suffixes=PATTERN_SUFFIXES), wavelength_angstrom=wavelength_angstrom
    )


def _with_wavelength(pattern: Pattern, wavelength_angstrom: float | None) -> Pattern:
    if wavelength_angstrom is None:
        return pattern
    if find_note(pattern.notes, NoteCode.TWO_THETA_CONVERTED):
        raise InvalidWavelengthError(
            "The 2theta of this pattern was calculated with another wavelength.",
            hint="Give the wavelength when reading: read_pattern(path, wavelength_angstrom=...).",
        )
    return replace(
        pattern,
        radiation=Radiation.of_wavelength(wavelength_angstrom),
        notes=tuple(n for n in pattern.notes if n.code is not NoteCode.ASSUMED_WAVELENGTH),
    )
