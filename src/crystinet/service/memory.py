"""Memory of the processes of a service: no more of it than they use."""

import ctypes
from collections.abc import Callable
from functools import cache

#: Number of the setting in malloc.h, and its value: heaps that threads share. The C library of
#: Linux would give each thread one of its own, and what one has freed no other can use.
_ARENA_MAX, _ARENAS = -8, 2


def share_heaps() -> None:
    """Let all threads of this process use the same few heaps; to be called before there are any."""
    call = _of_c_library("mallopt")
    if call is not None:
        call(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give what is free back to the system: loading a bundle leaves 30 MB of it."""
    call = _of_c_library("malloc_trim")
    if call is not None:
        call(0)


@cache
def _of_c_library(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has none, as on macOS, Windows and with musl."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
    return found
