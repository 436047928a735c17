"""How long work tells what it has done: one protocol for terminals, pages and logs."""

from typing import Protocol


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
