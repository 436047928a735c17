"""What a run leaves behind to look at: ``log.csv``, and events for TensorBoard on demand."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOG = "log.csv"
EVENTS = "tensorboard"
COLUMNS = ("patterns", "seconds", "loss", "training_top1", "validation_top1", "lambda")


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a run after a step, for progress bars and logs."""

    patterns: int
    patterns_per_second: float
    loss: float
    accuracy: float
    validation_top1: float


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

    def validation(self, progress: Progress, *, seconds: float, confidence_weight: float) -> None:
        """Add a line after a validation; ``confidence_weight`` is lambda."""
        path = self.folder / LOG
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(COLUMNS)
            values = (
                progress.loss,
                progress.accuracy,
                progress.validation_top1,
                confidence_weight,
            )
            writer.writerow(
                [progress.patterns, round(seconds, 1), *(round(value, 5) for value in values)]
            )
        self._add(progress.patterns, {"top1/validation": progress.validation_top1})

    def step(self, progress: Progress, *, learning_rate: float, confidence_weight: float) -> None:
        """Add events, if ``every`` patterns have passed since the last ones."""
        if not self.tensorboard or progress.patterns < self._next:
            return
        self._next = progress.patterns + self.every
        self._add(
            progress.patterns,
            {
                "loss/training": progress.loss,
                "loss/lambda": confidence_weight,
                "top1/training": progress.accuracy,
                "rate/learning": learning_rate,
                "rate/patterns per second": progress.patterns_per_second,
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
