"""Use case: rank structure types for many patterns of any origin, one after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.cluster import Content, identify_contents_on, read_content
from crystinet.app.files import pattern_files
from crystinet.app.identifications import Identifications
from crystinet.app.identify import Answer, Identifier
from crystinet.app.outcome import Failure, Outcome, Success, attempt
from crystinet.app.question import Question
from crystinet.app.reading import pattern_of, patterns_of
from crystinet.core.arguments import as_count
from crystinet.core.errors import ConfigError
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.tables import Table, is_table

if TYPE_CHECKING:
    from crystinet.model.identification import Identification

#: Files that a process is given at a time: few, so that a dozen of them keep several busy.
_FILES_PER_CHUNK = 4


def identify_many(
    sources: Iterable[str | Path | Pattern | Table],
    *,
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    column: str | int | None = None,
    top: int | None = None,
    elements: Iterable[str] | None = None,
    two_theta_range: Sequence[float] | None = None,
    model: str | Path | None = None,
    workers: int = 1,
    beyond: bool | None = False,
) -> Identifications:
    """Rank structure types for many patterns; one that fails does not stop the others.

    Parameters
    ----------
    sources
        Pattern files, folders (they stand for the pattern files in them and below, sorted by
        name), names with wildcards ("run*/*.xy"), `Pattern` values and what `Pattern.from_arrays`
        takes alone, in any mixture.
    wavelength_angstrom, anode, column, top, elements, two_theta_range, model
        As in `identify`, the same for all.
    workers
        Number of processes. More than one are started anew, so a script needs
        ``if __name__ == "__main__":`` around the call.
    beyond
        As in `identify`, and off unless asked for, since it takes seconds a pattern; None looks
        for the lattice of those that are unknown, of files with one pattern.

    Returns
    -------
    Identifications
        Outcomes in the order of ``sources``, worked out as they are asked for: in a loop each
        comes as soon as it is there, and an index, ``len``, ``to_dict`` and ``to_dataframe`` wait
        for what they need. A `Success` has ``file`` and ``result``, an `Identification`; a
        `Failure` has ``file`` and ``error``. A file with several patterns has an outcome for each:
        "a.raw#1", "a.raw#2". The ``file`` of a `Pattern` is its name, or "pattern 3".

    Raises
    ------
    ConfigError, InvalidWavelengthError
        An argument is wrong for all of them.
    BundleError
        The bundle is unusable.

    Examples
    --------
    >>> import crystinet
    >>> reference = crystinet.types()[0].reference
    >>> good = crystinet.simulate(reference, counts=5000, seed=1)
    >>> outcomes = crystinet.identify_many([good, "no-such-file.xy"], top=1)
    >>> [outcome.ok for outcome in outcomes]
    [True, False]
    >>> outcomes[1].error.code
    'file-missing'
    """
    question = Question.of(
        wavelength_angstrom=wavelength_angstrom,
        anode=anode,
        column=column,
        top=top,
        elements=elements,
        two_theta_range=two_theta_range,
        model=model,
        beyond=beyond,
    )
    if (
        isinstance(sources, str | Path | Pattern)
        or not isinstance(sources, Iterable)
        or (is_table(sources) and not isinstance(sources, tuple | list))
    ):
        raise ConfigError(
            f"sources is a single {type(sources).__name__}, not a list.",
            hint="Give a list of files, folders or patterns; crystinet.identify takes one.",
        )
    processes = as_count(workers, name="workers")
    identifier = Identifier(question)  # says at once what is wrong with the bundle
    named = (each for n, source in enumerate(sources, start=1) for each in _named(source, n))
    answers = (
        _in_this_process(named, identifier)
        if processes == 1
        else _in_processes(named, identifier, processes)
    )
    bundle = identifier.model.bundle
    return Identifications(
        map(_identification_alone, answers), model_id=bundle.id, model_version=bundle.version
    )


_Named = tuple[str, "str | Path | Pattern | Table"]


def _in_this_process(named: Iterable[_Named], identifier: Identifier) -> Iterator[Outcome[Answer]]:
    for name, source in named:
        yield from identifier.answers(name, partial(patterns_of, source, identifier.question))


def _in_processes(
    named: Iterable[_Named], identifier: Identifier, processes: int
) -> Iterator[Outcome[Answer]]:
    contents: Iterator[Content] = (
        attempt(name, _reader_of(source, identifier.question)) for name, source in named
    )
    try:
        for answered in identify_contents_on(
            processes, contents, identifier.question, most_files=_FILES_PER_CHUNK
        ):
            yield from answered
    except BrokenProcessPool as error:
        raise ConfigError(
            f"The {processes} processes of identify_many do not start.",
            hint='In a script, put the call under: if __name__ == "__main__":',
        ) from error


def _reader_of(
    source: str | Path | Pattern | Table, question: Question
) -> Callable[[], bytes | Pattern]:
    """What a worker is given: the bytes of a file, or the pattern itself."""
    if isinstance(source, Pattern) or is_table(source):
        return partial(pattern_of, source, question)
    return partial(read_content, source)


def _identification_alone(outcome: Outcome[Answer]) -> "Outcome[Identification]":
    if isinstance(outcome, Failure):
        return outcome
    return Success(outcome.file, outcome.result.identification)


def _named(source: str | Path | Pattern | Table, number: int) -> list[_Named]:
    """What one of many sources stands for, with the name that its outcome gets."""
    if isinstance(source, Pattern):
        return [(source.name or f"pattern {number}", source)]
    if is_table(source):
        return [(f"pattern {number}", source)]
    if not isinstance(source, str | Path) or not str(source):
        return [(f"source {number}", source)]  # reading it says what is wrong
    return [(str(file), file) for file in pattern_files([Path(source)])]
