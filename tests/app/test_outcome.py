"""A bad file must not stop the others, and a fault of ours must not pass for a bad file."""

import gc
import weakref
from functools import partial

import pytest

from crystinet.app.outcome import Failure, Success, attempt
from crystinet.core.errors import InternalFaultError, InvalidPatternError, UnreadableFileError


def refuse() -> int:
    raise InvalidPatternError("Too short.", hint="Measure more.")


def test_a_result_becomes_a_success() -> None:
    assert attempt("a.xy", lambda: 3) == Success("a.xy", 3)


def test_an_error_of_ours_stays_what_it_is() -> None:
    outcome = attempt("a.xy", refuse)
    assert isinstance(outcome, Failure)
    assert outcome.error.code == "invalid-pattern"
    assert outcome.error.hint == "Measure more."


def test_an_unexpected_exception_is_an_internal_fault_that_names_its_place() -> None:
    outcome = attempt("a.xy", lambda: 1 // 0)
    assert isinstance(outcome, Failure)
    assert isinstance(outcome.error, InternalFaultError)
    assert "ZeroDivisionError" in outcome.error.message
    assert "test_outcome.py, line" in outcome.error.message
    assert "CRYSTINET_TRACEBACK" in outcome.error.hint


def test_keyboard_interrupt_is_not_caught() -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt("a.xy", interrupt)


def test_an_error_does_not_keep_what_was_read() -> None:
    class Content:
        """What was read; it can be watched."""

    def look(found: Content) -> None:
        try:
            raise OSError("inside")
        except OSError as error:
            raise UnreadableFileError("bad", hint="none") from error

    def read(found: Content) -> None:
        problems = []
        try:
            look(found)
        except UnreadableFileError as error:
            problems.append(error)  # the frame and the error hold each other
        raise problems[0]

    content = Content()
    watched = weakref.ref(content)
    gc.disable()
    try:
        outcome = attempt("a.xy", partial(read, content))
        del content
        assert watched() is None
    finally:
        gc.enable()
    assert not outcome.ok
    assert outcome.error.message == "bad"
