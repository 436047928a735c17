"""Progress bars on standard error for work in named stages."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from crystinet.cli.tables import PlainConsole


class StageBars:
    """A `crystinet.core.progress.Progress`: one bar for each stage, while the context is open.

    Each bar has the time that passed and, as ETA, the time that is left. Nothing is shown before
    the first call.
    """

    def __init__(self, *, console: Console | None = None) -> None:
        self._tasks: dict[str, TaskID] = {}
        self._progress = _BarsWithNotes(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console or PlainConsole(stderr=True),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._tasks:
            return
        if kind is None:  # a stage of one piece that ended well is done, though nobody counted it
            for task in self._progress.tasks:
                if task.total == 1:
                    self._progress.update(task.id, completed=1)
        self._progress.stop()

    def __call__(self, stage: str, done: int, total: int, *, note: str = "") -> None:
        """Show that ``done`` of ``total`` are done; ``note`` stands below the bars."""
        if not self._tasks:
            self._progress.start()
        if stage not in self._tasks:
            # What was done before, by a run that is resumed, says nothing about the speed.
            self._tasks[stage] = self._progress.add_task(stage, total=total or None, completed=done)
        self._progress.update(self._tasks[stage], completed=done, total=total or None, note=note)


class _BarsWithNotes(Progress):
    """Notes have lines of their own, so that no terminal is too narrow for the bars."""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        for task in self.tasks:
            if task.fields.get("note") and not task.finished:
                yield Text(f"{task.description}: {task.fields['note']}")
