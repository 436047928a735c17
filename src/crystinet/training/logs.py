"""What a run leaves behind to look at: ``log.csv``, and events for TensorBoard on demand."""

import csv
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from crystinet.core.files import cannot_write

LOG = "log.csv"
EVENTS = "tensorboard"
COLUMNS = ("patterns", "seconds", "loss", "training_top1", "validation_top1", "lambda")


@dataclass(frozen=True, slots=True)
class RunState:
    """State of a run after a step, for progress bars and logs."""

    patterns: int
    patterns_per_second: float
    loss: float
    accuracy: float
    validation_top1: float

    @property
    def note(self) -> str:
        """What to say of it: smoothed loss and accuracy, validation, and speed."""
        return (
            f"loss {self.loss:.3f}, top-1 {self.accuracy:.3f}, "
            f"validation {number_or_dash(self.validation_top1)}, "
            f"{self.patterns_per_second:.0f} patterns/s"
        )


def smoothed(running: float, value: float, share: float = 0.02) -> float:
    """Exponential moving average of a figure; ``running`` is NaN before the first value."""
    return value if math.isnan(running) else (1.0 - share) * running + share * value


def append_row(path: Path, columns: Sequence[str], values: Sequence[object]) -> None:
    """Add a line to a CSV file, below the names of its columns where it is new.

    Raises
    ------
    FileMissingError
        The disk is full, say; the file is as it was, so that a run that goes on adds whole lines.
    """
    size = path.stat().st_size if path.exists() else 0
    text = StringIO(newline="")
    writer = csv.writer(text)
    if size == 0:
        writer.writerow(columns)
    writer.writerow(values)
    try:
        with path.open("a", newline="") as file:
            file.write(text.getvalue())
    except OSError as error:
        with suppress(OSError):
            os.truncate(path, size)
        raise cannot_write(path, error) from error


def number_or_dash(value: float) -> str:
    """Three decimals, or a dash for NaN: nothing was validated yet."""
    return "-" if math.isnan(value) else f"{value:.3f}"


@dataclass
class RunLog:
    """The logs of one run in its folder.

    Attributes
    ----------
    folder
        Of the run.
    tensorboard
        Whether to write events for TensorBoard too, into the sub-folder ``tensorboard``.
    every
        Patterns between two events.
    """

    folder: Path
    tensorboard: bool = False
    every: int = 2_000
    _writer: Any = field(default=None, init=False, repr=False)
    _next: int = field(default=0, init=False, repr=False)

    def validation(self, state: RunState, *, seconds: float, confidence_weight: float) -> None:
        """Add a line after a validation; ``confidence_weight`` is lambda."""
        figures = (state.loss, state.accuracy, state.validation_top1, confidence_weight)
        row = [state.patterns, round(seconds, 1), *(round(value, 5) for value in figures)]
        append_row(self.folder / LOG, COLUMNS, row)
        self._add(state.patterns, {"top1/validation": state.validation_top1})

    def step(self, state: RunState, *, learning_rate: float, confidence_weight: float) -> None:
        """Add events, if ``every`` patterns have passed since the last ones."""
        if not self.tensorboard or state.patterns < self._next:
            return
        self._next = state.patterns + self.every
        self._add(
            state.patterns,
            {
                "loss/training": state.loss,
                "loss/lambda": confidence_weight,
                "top1/training": state.accuracy,
                "rate/learning": learning_rate,
                "rate/patterns per second": state.patterns_per_second,
            },
        )

    def close(self) -> None:
        """Write what is still in memory."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _add(self, patterns: int, values: dict[str, float]) -> None:
        if not self.tensorboard:
            return
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            # After a crash, events past the checkpoint are of steps that are now taken again.
            self._writer = SummaryWriter(str(self.folder / EVENTS), purge_step=patterns)
        for name, value in values.items():
            self._writer.add_scalar(name, value, patterns)
