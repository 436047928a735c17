"""What became of one file of a batch: a result, or the error that stopped it."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeAlias, TypeVar

from crystinet.core.errors import CrystinetError, InternalFaultError
from crystinet.core.plain import Document

T = TypeVar("T")
R = TypeVar("R", covariant=True)  # a result is only read


@dataclass(frozen=True, slots=True)
class Success(Generic[R]):
    """A file of a batch that was worked on, and its result.

    Attributes
    ----------
    file
        As the user named it; with "#2" for the second of its patterns.
    result
        What was asked for: an `Identification` from `crystinet.identify_many`.

    Examples
    --------
    >>> import crystinet
    >>> success = crystinet.Success("a.xy", 3)
    >>> success.ok, success.result
    (True, 3)
    """

    file: str
    result: R

    @property
    def ok(self) -> Literal[True]:
        """Whether there is a result: yes."""
        return True

    def __repr__(self) -> str:
        return f"Success {self.file!r}: {self.result!r}"

    def to_dict(self) -> Document:
        """Plain data: ``file``, ``ok``, and those of the result, if it has any."""
        told = getattr(self.result, "to_dict", None)
        rest = {"result": self.result} if told is None else told()
        return {"file": self.file, "ok": True, **rest}


@dataclass(frozen=True, slots=True)
class Failure:
    """A file of a batch, and the error that stopped it.

    Attributes
    ----------
    file
        As the user named it; with "#2" for the second of its patterns.
    error
        Its ``code`` is for programs, its ``message`` and ``hint`` for people.

    Examples
    --------
    >>> import crystinet
    >>> (failure,) = crystinet.identify_many(["no-such-file.xy"])
    >>> failure.ok, failure.error.code
    (False, 'file-missing')
    """

    file: str
    error: CrystinetError

    @property
    def ok(self) -> Literal[False]:
        """Whether there is a result: no."""
        return False

    def __repr__(self) -> str:
        return f"Failure {self.file!r}: {self.error.code}, {self.error.message}"

    def to_dict(self) -> Document:
        """Plain data: ``file``, ``ok`` and the error, as in the documents of the command line."""
        return {"file": self.file, "ok": False, "error": self.error.to_dict()}


Outcome: TypeAlias = Success[T] | Failure


def attempt(file: str, work: Callable[[], T]) -> Outcome[T]:
    """Do ``work``; an error becomes the outcome of this file and leaves the other files alone.

    An exception that nobody expected stays an internal fault: it must not pass for a bad file.
    """
    try:
        return Success(file, work())
    except CrystinetError as error:
        return Failure(file, _let_go(error))
    except Exception as fault:
        return Failure(file, internal_fault(fault))


def _let_go(error: CrystinetError) -> CrystinetError:
    """The error of a bad file, without the frames that it came through; a fault of ours keeps them.

    They would hold the whole content of the file in memory, until the next search for garbage.
    """
    each: BaseException | None = None if isinstance(error, InternalFaultError) else error
    while each is not None:
        each.__traceback__ = None
        each = each.__cause__ or each.__context__
    return error


def internal_fault(fault: Exception) -> InternalFaultError:
    """Wrap an unexpected exception, naming the line that raised it."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    error = InternalFaultError(
        f"{type(fault).__name__}: {fault}{where}",
        hint="This is a fault of crystinet, not of your input. Please report it with the output "
        "of the same command run with CRYSTINET_TRACEBACK=1 in the environment.",
    )
    error.__cause__ = fault
    return error
