"""Requests to a server of others: not too often, again where they fail, saying what is awaited.

The words are for people who know their powders, not the web.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Session
    from urllib3.util import Retry

#: A request that a server refuses for now (busy, too many requests) is repeated so often, each
#: time after twice as long, or after as long as the server says.
REPEATS = 6
#: The same where nobody answers at all: a wrong address is to be told within a quarter of a minute.
_REPEATS_UNANSWERED = 4
#: The same where an answer does not come in time, which takes minutes each.
_REPEATS_TIMED_OUT = 2
#: To reach a server, and for its answer: some search for more than a minute.
_TIMEOUTS_S = (15.0, 120.0)
_BUSY = (429, 502, 503, 504)
#: Shorter waits are not worth a word, seconds.
_LEAST_TOLD_S = 1.5


class Attempts:
    """What became of the attempts at one request.

    Parameters
    ----------
    tell
        Told what is waited for, in words.

    Attributes
    ----------
    problem
        What went wrong last, in words; empty where nothing did.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.problem = ""

    def waits(self, seconds: float) -> None:
        """Hear of a wait before the next attempt."""
        if seconds >= _LEAST_TOLD_S:
            self._tell(f"{self.problem}; asking again in {seconds:.0f} s (Ctrl-C stops)")


def polite_session(pause_s: float, attempts: Attempts) -> "type[Session]":
    """Sessions of ``requests`` that wait before each request, and repeat those that fail.

    ``pause_s`` is in seconds.
    """
    import requests
    from requests.adapters import HTTPAdapter

    class PoliteSession(requests.Session):
        """Waits before each request; repeats those that fail for a while."""

        def __init__(self) -> None:
            super().__init__()
            for scheme in ("http://", "https://"):
                self.mount(scheme, HTTPAdapter(max_retries=_repeats(attempts)))

        def get(self, url: str | bytes, **options: Any) -> requests.Response:  # type: ignore[override]
            time.sleep(pause_s)
            answer = super().get(url, **{**options, "timeout": _TIMEOUTS_S})
            attempts.problem = ""
            return answer

    return PoliteSession


def _repeats(attempts: Attempts) -> "Retry":
    from urllib3.util import Retry

    class ToldRetry(Retry):
        """Says what it waits for, before it waits."""

        def increment(self, *args: Any, **options: Any) -> "ToldRetry":
            status = getattr(options.get("response"), "status", None)
            attempts.problem = _problem(status, options.get("error"))
            return super().increment(*args, **options)

        def sleep(self, response: Any = None) -> None:
            asked = self.get_retry_after(response) if response else None
            attempts.waits(asked or self.get_backoff_time())
            super().sleep(response)

    return ToldRetry(
        REPEATS,
        connect=_REPEATS_UNANSWERED,
        read=_REPEATS_TIMED_OUT,
        backoff_factor=1.0,
        status_forcelist=_BUSY,
    )


def _problem(status: int | None, error: Exception | None) -> str:
    """What went wrong, in words."""
    from urllib3 import exceptions

    if status == 429:
        return "the server wants fewer questions in this time (429)"
    if status is not None:
        return f"the server is busy or out of order ({status})"
    if isinstance(error, exceptions.NameResolutionError):
        return "no server of this name is found (is it spelt right, is there a network?)"
    if isinstance(error, exceptions.SSLError):
        return "the server cannot prove that this is its name"
    if isinstance(error, exceptions.NewConnectionError):
        return "nobody answers at this address"
    if isinstance(error, exceptions.TimeoutError):
        return "the server does not answer in time"
    return "the answer broke off"
