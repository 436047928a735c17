"""What all commands share: exit status, errors on standard error, JSON on standard output."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

import typer

from crystinet.app.documents import error_document
from crystinet.app.outcome import Failure, Outcome, internal_fault
from crystinet.cli.streams import abandon_output
from crystinet.core.errors import ConfigError, CrystinetError, InternalFaultError
from crystinet.core.plain import Document, json_text, printable, printable_line
from crystinet.core.progress import Enough

P = ParamSpec("P")
T = TypeVar("T")

#: Exit status of every command.
EXIT_OK, EXIT_INTERNAL_FAULT, EXIT_FAILED = 0, 1, 2
#: What shells report for a program that SIGINT or SIGPIPE ended.
EXIT_INTERRUPTED, EXIT_BROKEN_PIPE = 130, 141

#: A progress bar for fewer files would only flicker.
FEWEST_FOR_PROGRESS = 4


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Make a command of a function that returns an exit status; it never shows a traceback.

    An error that concerns no single file goes to standard error, and where the command has an
    option ``as_json`` that is set, also into a JSON document on standard output.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(ended_quietly(lambda: _run(command, *args, **kwargs)))

    return run


def ended_quietly(work: Callable[[], int]) -> int:
    """Do ``work`` and return its exit status, or that of what ended it from outside."""
    try:
        status = work()
        sys.stdout.flush()  # a reader that is gone must show here, not at shutdown
    except BrokenPipeError:
        abandon_output()
        return EXIT_BROKEN_PIPE
    except OSError as error:  # a full disk, for instance: no fault of ours
        abandon_output()
        say(f"crystinet: the system refused to go on: {error}", err=True)
        return EXIT_FAILED
    except KeyboardInterrupt:
        say("Interrupted.", err=True)
        return EXIT_INTERRUPTED
    return status


def exit_status(outcomes: Iterable[Outcome[Any]]) -> int:
    """Exit status of a batch: 0 all processed, 2 a file failed, 1 an internal fault."""
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Failure)]
    if any(isinstance(error, InternalFaultError) for error in errors):
        return EXIT_INTERNAL_FAULT
    return EXIT_FAILED if errors else EXIT_OK


@contextmanager
def terminable() -> Iterator[None]:
    """Take SIGTERM, which batch systems send before they end a job, for Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Dispensable:
    """A `Progress` of work that an answer can do without: Ctrl-C ends it, and not the command.

    Use it as a context. The first Ctrl-C while such work goes on ends this and all that follows;
    another one, or one at any other time, ends the command.

    Parameters
    ----------
    what
        Goes without: "the search for a lattice".
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._busy = self._refused = False
        self._before: Any = None

    def __enter__(self) -> Self:
        # Where Ctrl-C is ignored, as in the background of a shell, that stays.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *caught: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _interrupted(self, number: int, frame: Any) -> None:
        if self._refused or not self._busy:
            raise KeyboardInterrupt
        self._refused = True
        say(f"Without {self._what}, then; Ctrl-C again ends the command.", err=True)

    def __call__(self, stage: str, done: int, total: int, *, note: str = "") -> None:
        """Hear of progress.

        Raises
        ------
        Enough
            The work was refused.
        """
        if self._refused:
            raise Enough
        self._busy = not 0 < total == done


def _run(command: Callable[P, int], *args: P.args, **kwargs: P.kwargs) -> int:
    try:
        return command(*args, **kwargs)
    except CrystinetError as known:
        error = known
    except OSError:
        raise
    except Exception as fault:
        error = internal_fault(fault)
    print_error(error)
    if kwargs.get("as_json"):
        print_json({"results": [], "error": error_document(error)})
    return EXIT_INTERNAL_FAULT if isinstance(error, InternalFaultError) else EXIT_FAILED


def numbers(text: str | None, *, count: int, option: str) -> tuple[float, ...] | None:
    """Numbers separated by commas that an option was given; None where there is no text."""
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count:
        raise ConfigError(
            f"{option} is {text!r}, not {count} numbers.",
            hint="Separate them by commas, without spaces.",
        )
    return values


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text, whatever names it quotes: on standard output, or on standard error."""
    typer.echo(printable(text), err=err, nl=nl)


def print_json(document: Document) -> None:
    """Print the one JSON document of a command on standard output."""
    sys.stdout.write(json_text(document))


def print_error(error: CrystinetError, *, file: str | None = None) -> None:
    """Print an error and its hint on standard error.

    With ``CRYSTINET_TRACEBACK`` set in the environment, an internal fault shows its traceback.
    """
    where = f"{printable_line(file)}: " if file else ""
    say(f"crystinet: {where}{error.message}\n  Hint: {error.hint}", err=True)
    if error.__cause__ is not None and os.environ.get("CRYSTINET_TRACEBACK"):
        traceback.print_exception(error.__cause__)


def print_notes(outcome: Outcome[Any]) -> None:
    """Print the error or the warnings of one file on standard error."""
    if isinstance(outcome, Failure):
        print_error(outcome.error, file=outcome.file)
        return
    for warning in getattr(outcome.result, "warnings", ()):
        say(f"crystinet: {printable_line(outcome.file)}: warning: {warning}", err=True)


def with_progress(outcomes: Iterable[T], *, over: Sized, verb: str) -> Iterator[T]:
    """Pass ``outcomes`` on, with a bar on standard error where a person is watching."""
    if len(over) < FEWEST_FOR_PROGRESS or not sys.stderr.isatty():
        yield from outcomes
        return
    from rich.progress import track

    from crystinet.cli.tables import PlainConsole

    console = PlainConsole(stderr=True)
    yield from track(outcomes, description=verb, total=len(over), console=console, transient=True)
