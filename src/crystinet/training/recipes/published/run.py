"""A run of the published recipe: the nets of all groups, one after the other or shared out."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crystinet.core.errors import CorpusError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.model.representation import GridAxis
from crystinet.training.distributed import Workgroup
from crystinet.training.draw.source import PatternSource
from crystinet.training.groups import Groups
from crystinet.training.logs import number_or_dash
from crystinet.training.recipes.published.loop import NetTrainer, PublishedConfig


@dataclass(frozen=True, slots=True)
class PublishedState:
    """State of a run after a step: the whole run's patterns, and how its present net does."""

    net: int
    patterns: int
    total: int
    patterns_per_second: float
    loss: float
    accuracy: float
    validation_loss: float

    @property
    def note(self) -> str:
        """What to say of it: net, smoothed loss and accuracy, validation, and speed."""
        return (
            f"net {self.net}, loss {self.loss:.3f}, top-1 {self.accuracy:.3f}, "
            f"validation loss {number_or_dash(self.validation_loss)}, "
            f"{self.patterns_per_second:.0f} patterns/s"
        )


class PublishedRun:
    """The nets of all groups in one folder. Several processes share the nets among themselves."""

    def __init__(
        self,
        dataset: Dataset,
        groups: Groups,
        config: PublishedConfig,
        folder: Path,
        *,
        workgroup: Workgroup = Workgroup(),  # noqa: B008 (frozen)
    ) -> None:
        self.dataset, self.groups, self.config, self.folder = dataset, groups, config, folder
        folder.mkdir(parents=True, exist_ok=True)
        budgets = share_patterns(dataset, groups, config.patterns)
        source = PatternSource(dataset, config.rendering, GridAxis(config.rendering.grid))
        self.nets = tuple(
            NetTrainer(
                source, group, classes, config, folder, budget=budget, device=workgroup.device
            )
            for group, classes, budget in zip(groups.numbers, groups.classes, budgets, strict=True)
        )
        # The largest shares go to the processes one by one, then the next ones backwards, ...
        order = sorted(range(len(budgets)), key=lambda i: -budgets[i])
        turn = [*range(workgroup.size), *reversed(range(workgroup.size))]
        own = [i for place, i in enumerate(order) if turn[place % len(turn)] == workgroup.rank]
        self.own = tuple(self.nets[i] for i in sorted(own))

    @property
    def patterns(self) -> int:
        """Patterns that all nets were trained on."""
        return sum(net.patterns for net in self.nets)

    def resume(self) -> bool:
        """Load all checkpoints that there are; False where there is none."""
        found = [net.resume() for net in self.nets]
        return any(found)

    def collect(self) -> None:
        """Take the nets that other processes have trained."""
        for net in self.nets:
            if net not in self.own:
                net.resume()

    def run(self, report: Callable[[PublishedState], None] = lambda state: None) -> None:
        """Train this process's nets; Ctrl-C leaves checkpoints that `resume` takes up."""
        started, first = time.monotonic(), sum(net.patterns for net in self.own)
        total = sum(net.budget for net in self.own)
        for net in self.own:
            before = sum(other.patterns for other in self.own if other is not net)

            def show(
                patterns: int,
                loss: float,
                accuracy: float,
                validation: float,
                group: int = net.group,
                before: int = before,
            ) -> None:
                done = before + patterns
                rate = (done - first) / max(1e-9, time.monotonic() - started)
                report(PublishedState(group, done, total, rate, loss, accuracy, validation))

            net.run(show)


def share_patterns(dataset: Dataset, groups: Groups, patterns: int) -> tuple[int, ...]:
    """Patterns for each net, in proportion to its types with training compounds.

    Raises
    ------
    CorpusError
        A group has no training compound at all.
    """
    present = {dataset.members[i].class_number for i in dataset.select(Split.TRAIN)}
    weights = np.array([len(present.intersection(classes)) for classes in groups.classes])
    for number, weight in zip(groups.numbers, weights, strict=True):
        if not weight:
            raise CorpusError(
                f"The data set has no training compound of a type of group {number}.",
                hint="Each net learns from the compounds of its own group: build the data set "
                "with more of them.",
            )
    ends = np.round(np.cumsum(weights) * (patterns / weights.sum())).astype(np.int64)
    return tuple(int(n) for n in np.diff(ends, prepend=0))
