"""What each kind of job does with its inputs."""

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from sqlite3 import Connection
from typing import TypeVar

from crystinet.app.cluster import Content, identify_contents_on, open_workers
from crystinet.app.documents import failure_document
from crystinet.app.outcome import Success, internal_fault
from crystinet.core.errors import CrystinetError, InternalFaultError
from crystinet.core.plain import Document
from crystinet.service.answering import answer, ask_of, entries_of, identifier_of
from crystinet.service.asking import Asked
from crystinet.service.fits import FIT, FitAsked, fit_of
from crystinet.service.jobs.learning import learn
from crystinet.service.jobs.shift import Shift, Stopped
from crystinet.service.state.job import Open
from crystinet.service.state.results import StoredResult, keep_derived, keep_results
from crystinet.service.uploads import Received
from crystinet.service.views import (
    BEYOND,
    EXPLANATION,
    beyond_of,
    explanation_key,
    explanation_of,
    keep_explanation,
)

T = TypeVar("T")
#: Entries of an input, and what is to be kept beside them.
Done = tuple[list[Document], list[T]]

#: Inputs whose results are written together.
_CHUNK = 16
#: The same over a cluster, whose workers get parts of them.
_CLUSTER_CHUNK = 256
#: An input that stopped its worker so often gets no further try.
_MOST_TRIES = 3


def _identify(shift: Shift) -> None:
    """Identify files here; one that cannot be read stops nothing."""
    asked = Asked.of_dict(shift.job.options)
    identifier = identifier_of(shift.settings, asked, progress=shift)

    def identify_one(each: Open) -> Done[StoredResult]:
        file = _received(shift, each)
        ask = ask_of(file, asked, identifier)
        if kept := shift.results.answers(ask):
            return [{**one.document, "id": one.id} for one in kept], []
        return answer(file, asked, identifier, ask=ask)

    chunk = 1 if asked.takes_seconds else _CHUNK
    _each_input(shift, _one_by_one(identify_one), keep=keep_results, chunk=chunk)


def _batch(shift: Shift) -> None:
    """Identify many files here, or over a cluster."""
    if shift.settings.cluster is None:
        _identify(shift)
        return
    asked = Asked.of_dict(shift.job.options)
    identifier = identifier_of(shift.settings, asked)
    with open_workers(shift.settings.cluster) as workers:

        def identify_all(inputs: Sequence[Open]) -> list[Done[StoredResult]]:
            files = [_received(shift, each) for each in inputs]
            contents: list[Content] = [Success(file.name, file.read()) for file in files]
            answered = identify_contents_on(workers, contents, identifier.question)
            return [
                entries_of(outcomes, file, asked, identifier, ask=ask_of(file, asked, identifier))
                for file, outcomes in zip(files, answered, strict=True)
            ]

        _each_input(shift, identify_all, keep=keep_results, chunk=_CLUSTER_CHUNK)


def _explain(shift: Shift) -> None:
    """Explain a candidate of each of some results."""
    wanted, score = shift.job.options["type"], shift.job.options["score"]
    key = explanation_key(type=wanted, score=score)

    def explain_one(each: Open) -> Done[tuple[str, Document]]:
        result = shift.results.get(each.input.result or "")
        document = shift.results.derived(result.id, EXPLANATION, key) or explanation_of(
            result,
            shift.results.content(result.upload),
            model=shift.settings.model_of(Asked.of_json(result.options).model)[1],
            type=wanted,
            score=score,
        )
        return [{"file": result.file, "ok": True, "result": result.id}], [(result.id, document)]

    def keep(database: Connection, found: Sequence[tuple[str, Document]]) -> None:
        for id, document in found:
            keep_explanation(database, id, key, document)

    _each_input(shift, _one_by_one(explain_one), keep=keep, chunk=1)


def _beyond(shift: Shift) -> None:
    """Find the lattice of each of some results."""

    def index_one(each: Open) -> Done[tuple[str, Document]]:
        result = shift.results.get(each.input.result or "")
        document = shift.results.derived(result.id, BEYOND, "") or beyond_of(
            result,
            shift.results.content(result.upload),
            model=shift.settings.model_of(Asked.of_json(result.options).model)[1],
            progress=shift,
        )
        return [{"file": result.file, "ok": True, "result": result.id}], [(result.id, document)]

    def keep(database: Connection, found: Sequence[tuple[str, Document]]) -> None:
        for id, document in found:
            keep_derived(database, id, BEYOND, "", document)

    _each_input(shift, _one_by_one(index_one), keep=keep, chunk=1)


def _refine(shift: Shift) -> None:
    """Fit the whole pattern of each of some results."""
    wanted = FitAsked.of_dict(shift.job.options)

    def fit_one(each: Open) -> Done[tuple[str, Document]]:
        result = shift.results.get(each.input.result or "")
        document = shift.results.derived(result.id, FIT, wanted.key) or fit_of(
            result,
            shift.results.content(result.upload),
            wanted,
            model=shift.settings.model_of(Asked.of_json(result.options).model)[1],
            progress=shift,
        )
        return [{**document["document"], "result": result.id}], [(result.id, document)]

    def keep(database: Connection, found: Sequence[tuple[str, Document]]) -> None:
        for id, document in found:
            keep_derived(database, id, FIT, wanted.key, document)

    _each_input(shift, _one_by_one(fit_one), keep=keep, chunk=1)


def _received(shift: Shift, each: Open) -> Received:
    content = shift.results.content(each.input.upload or "")
    return Received(each.input.file, BytesIO(content), len(content), each.input.upload or "")


def _one_by_one(work: Callable[[Open], Done[T]]) -> Callable[[Sequence[Open]], list[Done[T]]]:
    """Work on inputs one after the other; the error of one is its result."""

    def work_on_all(inputs: Sequence[Open]) -> list[Done[T]]:
        return [_attempt(partial(work, each), each.input.file) for each in inputs]

    return work_on_all


def _attempt(work: Callable[[], Done[T]], file: str) -> Done[T]:
    try:
        return work()
    except Stopped:
        raise
    except CrystinetError as error:
        return [failure_document(file, error)], []
    except Exception as fault:
        return [failure_document(file, internal_fault(fault))], []


def _each_input(
    shift: Shift,
    work: Callable[[Sequence[Open]], list[Done[T]]],
    *,
    keep: Callable[[Connection, Sequence[T]], None],
    chunk: int,
) -> None:
    """Work on all inputs that are not done, and write what comes of each with the mark that it is.

    An input that stopped a worker before is tried alone, so that it takes no other with it.
    """
    while inputs := shift.leases.open_inputs(shift.job.id, limit=chunk):
        if inputs[0].attempts:
            inputs = inputs[:1]
        else:
            inputs = [each for each in inputs if not each.attempts]
        shift.begin([each.number for each in inputs])
        if inputs[0].attempts >= _MOST_TRIES:
            done: list[Done[T]] = [([_killed(inputs[0].input.file)], [])]
        else:
            done = work(inputs)
        kept = [each for _, some in done for each in some]
        shift.complete(
            [(each.number, entries) for each, (entries, _) in zip(inputs, done, strict=True)],
            also=partial(_keep, keep, kept),
        )


def _keep(
    keep: Callable[[Connection, Sequence[T]], None], kept: Sequence[T], database: Connection
) -> None:
    keep(database, kept)


def _killed(file: str) -> Document:
    error = InternalFaultError(
        f"The process that worked on {file} was killed {_MOST_TRIES} times.",
        hint="Too little memory for this file, or a fault in a library; please report it.",
    )
    return failure_document(file, error)


KINDS: dict[str, Callable[[Shift], None]] = {
    "batch": _batch,
    "identify": _identify,
    "beyond": _beyond,
    "explain": _explain,
    "refine": _refine,
    "learn": learn,
}
