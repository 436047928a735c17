"""Identification of many files over several processes, or over the workers of a cluster."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from socket import gethostname

from crystinet.app.files import PATTERN_SUFFIXES, refuse_folder
from crystinet.app.identify import Answer, Identifier
from crystinet.app.outcome import Failure, Outcome, Success, attempt
from crystinet.app.question import Question
from crystinet.app.reading import Piped
from crystinet.core.arguments import as_path
from crystinet.core.errors import BundleError, ClusterError, CorpusError, InternalFaultError
from crystinet.patterns.pattern import Pattern
from crystinet.work.processes import Workers, map_chunks

#: A chunk is full with so many files, or with so many bytes.
CHUNK_FILES, CHUNK_BYTES = 32, 4 * 2**20


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a worker is told, once for all chunks.

    Attributes
    ----------
    question
        What is asked about every pattern.
    model_id, index_id
        The bundle that the answers must come from, and the index of known compounds; the second is
        empty where none is needed.
    """

    question: Question
    model_id: str
    index_id: str


#: The content of a file or a pattern that was given, or why there is none.
Content = Success[bytes | Pattern] | Failure
Answers = tuple[Outcome[Answer], ...]


def identify_files_on(
    workers: int | Workers,
    files: Iterable[Path | Piped],
    question: Question = Question(),  # noqa: B008 (frozen)
) -> Iterator[Outcome[Answer]]:
    """Identify many files over workers; the outcomes are those of `identify_files`, in order.

    Files are read here and travel to the workers; a bundle other than the one in the package is
    loaded by each worker from its folder, which has to be the same there.

    Parameters
    ----------
    workers
        A number of processes, or a cluster's.
    files, question
        As in `crystinet.app.identify.identify_files`.

    Raises
    ------
    BundleError
        The bundle is unusable here.
    ClusterError
        The workers are gone, or have another bundle.
    """
    contents: Iterator[Content] = (attempt(str(f), partial(read_content, f)) for f in files)
    for outcomes in identify_contents_on(workers, contents, question):
        yield from outcomes


def identify_contents_on(
    workers: int | Workers,
    contents: "Iterable[Content]",
    question: Question,
    *,
    most_files: int = CHUNK_FILES,
) -> "Iterator[Answers]":
    """Identify the contents of files over workers: the outcomes of each file, in order.

    Parameters
    ----------
    workers, question
        As in `identify_files_on`.
    contents
        Of each file with its name, or why there is none; or a pattern that is there already.
    most_files
        A worker is given so many at a time.

    Raises
    ------
    BundleError, ClusterError
        As `identify_files_on`; the second also where a worker gives what is no answer.
    """
    here = Identifier(question)
    order = WorkOrder(_for_workers(question), here.model.bundle.id, here.index_id)
    chunks = chunks_of(contents, most_files=most_files)
    work = partial(identify_chunk, order=order)
    done = map_chunks(work, chunks, workers=workers, on_crash=answers_of_killed)
    for asked, answered in done:
        _check_answers(asked, answered, model_id=order.model_id)
        yield from answered


@contextmanager
def open_workers(address: str) -> Iterator[Workers]:
    """The workers of a Dask cluster, while the block lasts.

    Raises
    ------
    MissingExtraError, ClusterError
        The extra ``cluster`` is not installed, or the cluster cannot be used.
    """
    from crystinet.work.cluster import open_cluster

    with open_cluster(address) as cluster:
        yield cluster


def identify_chunk(contents: list[Content], *, order: WorkOrder) -> list[Answers]:
    """Identify the patterns of some files; this runs on a worker, which loads the bundle once.

    Raises
    ------
    ClusterError
        The worker cannot load the bundle or the index that the order names.
    """
    from crystinet.patterns.readers import parse_patterns

    identifier = _identifier(order)

    def answers_to(content: Content) -> Answers:
        if isinstance(content, Failure):
            return (content,)
        if isinstance(content.result, Pattern):
            given = content.result
            return tuple(identifier.answers(content.file, lambda: [given]))
        read = partial(
            parse_patterns,
            content.result,
            name=Path(content.file).name,
            wavelength_angstrom=order.question.wavelength_angstrom,
            column=order.question.column,
        )
        return tuple(identifier.answers(content.file, read))

    return [answers_to(content) for content in contents]


def _check_answers(asked: list[Content], answered: object, *, model_id: str) -> None:
    """Refuse what is no answer to these files: a worker may be out of order in any way."""
    if not isinstance(answered, list) or len(answered) != len(asked):
        raise _out_of_order("as many answers as there were files")
    for content, outcomes in zip(asked, answered, strict=True):
        if not isinstance(outcomes, tuple) or not outcomes:
            raise _out_of_order(f"an answer for {content.file}")
        for outcome in outcomes:
            if not isinstance(outcome, Success | Failure) or (
                outcome.file.partition("#")[0] != content.file.partition("#")[0]
            ):
                raise _out_of_order(f"an answer for {content.file}, but one for another file")
            if isinstance(outcome, Success) and not _is_sound(outcome.result, model_id):
                raise _out_of_order(f"a possible answer for {content.file}")


def _is_sound(answer: object, model_id: str) -> bool:
    """Whether it is an answer of this model, with probabilities that are some."""
    if not isinstance(answer, Answer) or answer.identification.model_id != model_id:
        return False
    told = answer.identification
    numbers = (told.unknown_score, *(found.probability for found in told.candidates))
    return bool(told.candidates) and all(0.0 <= number <= 1.0 for number in numbers)


def _out_of_order(missed: str) -> ClusterError:
    return ClusterError(
        f"A worker did not give {missed}.",
        hint="Install the same crystinet everywhere, and connect to workers that you trust.",
    )


def _for_workers(question: Question) -> Question:
    """The question as a worker understands it: paths are whole, names in the package stay names."""
    from crystinet.model.bundle_files import bundle_folder, packaged_bundles

    model, index = question.model, question.index
    if model is not None and bundle_folder(model) not in packaged_bundles().values():
        model = model.absolute()
    return replace(question, model=model, index=index and index.absolute())


def _identifier(order: WorkOrder) -> Identifier:
    """What answers on this worker, with the bundle and the index of the order and no other."""
    try:
        identifier = Identifier(order.question)
    except (BundleError, CorpusError) as error:
        what, place = ("model", "folder") if isinstance(error, BundleError) else ("index", "file")
        raise ClusterError(
            f"The worker on {gethostname()} cannot load the {what}: {error.message}",
            hint=f"It has to be in a {place} of the same name on all workers.",
        ) from error
    for what, there, here in (
        ("model", identifier.model.bundle.id, order.model_id),
        ("index", identifier.index_id, order.index_id),
    ):
        if there != here:
            raise ClusterError(
                f"The worker on {gethostname()} has the {what} {there[:12]}, this program "
                f"{here[:12]}.",
                hint=f"Install the same crystinet, or copy the same {what}, everywhere.",
            )
    return identifier


def read_content(file: str | Path | Piped) -> bytes:
    """Read the content of a file, for a worker.

    Raises
    ------
    CrystinetError
        As `crystinet.read_pattern`, where there is none.
    """
    from crystinet.patterns.readers import read_bytes

    if isinstance(file, Piped):
        return file.data
    path = as_path(file, name="source", of="a measured pattern, or a Pattern")
    return read_bytes(refuse_folder(path, suffixes=PATTERN_SUFFIXES))


def chunks_of(
    contents: Iterable[Content], *, most_files: int = CHUNK_FILES
) -> Iterator[list[Content]]:
    """Parts of many files; one is full with ``most_files``, or as soon as it has `CHUNK_BYTES`."""
    chunk: list[Content] = []
    room = CHUNK_BYTES
    for content in contents:
        chunk.append(content)
        room -= 0 if isinstance(content, Failure) else _size(content.result)
        if len(chunk) == most_files or room <= 0:
            yield chunk
            chunk, room = [], CHUNK_BYTES
    if chunk:
        yield chunk


def _size(content: bytes | Pattern) -> int:
    """Bytes that travel to a worker, about."""
    return len(content) if isinstance(content, bytes) else 2 * content.intensity.nbytes


def answers_of_killed(content: Content) -> Answers:
    """What is said of a file that killed the process that worked on it."""
    error = InternalFaultError(
        f"The process that worked on {content.file} was killed.",
        hint="Too little memory for this file, or a fault in a library; please report it.",
    )
    return (Failure(content.file, error),)
