"""Identification of many files over several processes, or over the workers of a cluster."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING

from crystinet.app.files import PATTERN_SUFFIXES, refuse_folder
from crystinet.app.outcome import Failure, Outcome, Success, attempt
from crystinet.app.service import answers, load_model, starting_points
from crystinet.core.errors import BundleError, ClusterError, CorpusError, InternalFaultError
from crystinet.work.processes import Workers, map_chunks

if TYPE_CHECKING:
    from crystinet.app.starting_points import StartingPoints, StartOptions
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model

#: A chunk is full with so many files, or with so many bytes.
CHUNK_FILES, CHUNK_BYTES = 32, 4 * 2**20


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about every pattern.

    Attributes
    ----------
    wavelength_angstrom, top, elements, two_theta_range, model
        As in `crystinet.app.service.identify`.
    model_id
        The bundle that the answers must come from.
    starts, index_id
        What starting points are wanted, and the index that they must come from.
    """

    wavelength_angstrom: float | None
    top: int | None
    elements: tuple[str, ...] | None
    two_theta_range: tuple[float, ...] | None
    model: Path | None
    model_id: str
    starts: "StartOptions | None" = None
    index_id: str = ""


#: The content of a file, or why there is none.
Content = Success[bytes] | Failure
Answers = tuple["Outcome[Identification]", ...]


def identify_files_on(
    workers: int | Workers,
    files: Iterable[Path],
    *,
    wavelength_angstrom: float | None = None,
    top: int | None = None,
    elements: Iterable[str] | None = None,
    two_theta_range: Sequence[float] | None = None,
    model: Path | None = None,
    starts: "StartOptions | None" = None,
) -> "Iterator[Outcome[Identification]]":
    """Identify many files over workers; the outcomes are those of `identify_files`, in order.

    Files are read here and travel to the workers; a bundle other than the one in the package is
    loaded by each worker from its folder, which has to be the same there.

    Parameters
    ----------
    workers
        A number of processes, or a cluster's.
    files, wavelength_angstrom, top, elements, two_theta_range, model, starts
        As in `crystinet.app.service.identify_files`.

    Raises
    ------
    BundleError
        The bundle is unusable here.
    ClusterError
        The workers are gone, or have another bundle.
    """
    if starts is not None and starts.index is not None:
        starts = replace(starts, index=starts.index.absolute())
    loaded = load_model(model)
    finder = starting_points(loaded, starts)
    question = Question(
        wavelength_angstrom=wavelength_angstrom,
        top=top,
        elements=None if elements is None else tuple(elements),
        two_theta_range=None if two_theta_range is None else tuple(two_theta_range),
        model=_for_workers(model),
        model_id=loaded.bundle.id,
        starts=starts,
        index_id=finder.index.id if finder else "",
    )
    contents = (attempt(str(file), partial(_content, file)) for file in files)
    work = partial(identify_chunk, question=question)
    for _, answered in map_chunks(work, _chunked(contents), workers=workers, on_crash=_crashed):
        for outcomes in answered:
            yield from outcomes


def identify_chunk(contents: list[Content], *, question: Question) -> list[Answers]:
    """Identify the patterns of some files; this runs on a worker, which loads the bundle once.

    Raises
    ------
    ClusterError
        The worker cannot load the bundle that the question is about.
    """
    from crystinet.patterns.readers import parse_patterns

    try:
        loaded = load_model(question.model)
    except BundleError as error:
        raise ClusterError(
            f"The worker on {gethostname()} cannot load the model: {error.message}",
            hint="A bundle has to be in a folder of the same name on all workers.",
        ) from error
    if loaded.bundle.id != question.model_id:
        raise ClusterError(
            f"The worker on {gethostname()} has the model {loaded.bundle.id[:12]}, this program "
            f"{question.model_id[:12]}.",
            hint="Install the same crystinet, or copy the same bundle, everywhere.",
        )

    finder = _finder(loaded, question)

    def answers_to(content: Content) -> Answers:
        if isinstance(content, Failure):
            return (content,)
        read = partial(
            parse_patterns,
            content.result,
            name=Path(content.file).name,
            wavelength_angstrom=question.wavelength_angstrom,
        )
        found = answers(
            content.file,
            read,
            loaded=loaded,
            top=question.top,
            elements=question.elements,
            two_theta_range=question.two_theta_range,
            finder=finder,
        )
        return tuple(found)

    return [answers_to(content) for content in contents]


def _for_workers(model: Path | None) -> Path | None:
    """The bundle as a worker finds it: the name of one in the package stays a name."""
    from crystinet.model.bundle_files import bundle_folder

    if model is None or bundle_folder(Path(model)) != Path(model):
        return model
    return Path(model).absolute()


def _finder(loaded: "Model", question: Question) -> "StartingPoints | None":
    try:
        finder = starting_points(loaded, question.starts)
    except CorpusError as error:
        raise ClusterError(
            f"The worker on {gethostname()} cannot load the index: {error.message}",
            hint="An index has to be in a file of the same name on all workers.",
        ) from error
    if finder is not None and finder.index.id != question.index_id:
        raise ClusterError(
            f"The worker on {gethostname()} has the index {finder.index.id[:12]}, this program "
            f"{question.index_id[:12]}.",
            hint="Install the same crystinet, or copy the same index, everywhere.",
        )
    return finder


def _content(file: Path) -> bytes:
    from crystinet.patterns.readers import read_bytes

    return read_bytes(refuse_folder(file, suffixes=PATTERN_SUFFIXES))


def _chunked(contents: Iterable[Content]) -> Iterator[list[Content]]:
    chunk: list[Content] = []
    room = CHUNK_BYTES
    for content in contents:
        chunk.append(content)
        room -= 0 if isinstance(content, Failure) else len(content.result)
        if len(chunk) == CHUNK_FILES or room <= 0:
            yield chunk
            chunk, room = [], CHUNK_BYTES
    if chunk:
        yield chunk


def _crashed(content: Content) -> Answers:
    error = InternalFaultError(
        f"The process that worked on {content.file} was killed.",
        hint="Too little memory for this file, or a fault in a library; please report it.",
    )
    return (Failure(content.file, error),)
