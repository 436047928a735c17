"""How long work tells what it has done: one protocol for terminals, pages and logs."""

import time
from typing import Protocol


class Enough(Exception):
    """Raised by a `Progress`: what goes on is to end, and what it has found so far counts."""


class Progress(Protocol):
    """Called while work goes on, from the process that leads it."""

    def __call__(self, stage: str, done: int, total: int, *, note: str = "") -> None:
        """Hear that ``done`` of ``total`` parts of a stage are done.

        Parameters
        ----------
        stage
            What is being done, in a word or two.
        done, total
            Parts; a total of 0 means that it is not known.
        note
            A line with more about it.
        """


def silent(stage: str, done: int, total: int, *, note: str = "") -> None:
    """A `Progress` that tells nobody."""


class Patience:
    """A `Progress` that has had `Enough` after some seconds.

    Parameters
    ----------
    seconds
        From now on.
    progress
        Told the same; it may have enough before.

    Attributes
    ----------
    over
        Whether either had enough.
    """

    def __init__(self, seconds: float, progress: Progress = silent) -> None:
        self._end, self._progress = time.monotonic() + seconds, progress
        self.over = False

    def __call__(self, stage: str, done: int, total: int, *, note: str = "") -> None:
        """Hear of progress.

        Raises
        ------
        Enough
            The time is over.
        """
        try:
            self._progress(stage, done, total, note=note)
            if time.monotonic() > self._end:
                raise Enough
        except Enough:
            self.over = True
            raise
