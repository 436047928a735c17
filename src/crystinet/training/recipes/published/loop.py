"""Training of one net of the published recipe, on the patterns of its own group alone."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from crystinet.core.arrays import Float32Array, IntArray
from crystinet.core.errors import ConfigError
from crystinet.corpus.splits import Split
from crystinet.training.checkpoints import save_checkpoint
from crystinet.training.draw.source import PatternSource, RenderingConfig, TrainingBatches
from crystinet.training.groups import Groups
from crystinet.training.logs import append_row, smoothed
from crystinet.training.recipes.published.net import (
    PublishedLoss,
    PublishedLossConfig,
    PublishedNetConfig,
    PublishedRCNet,
)

#: Names of the checkpoints of all nets, as a pattern.
CHECKPOINTS = "rcnet-*.pt"
_LOG = ("patterns", "seconds", "loss", "training_top1", "validation_loss", "validation_top1",
        "lambda")  # fmt: skip
#: Settings that a checkpoint goes on with only if they are the same.
_FIXED = ("net", "loss", "rendering", "batch_size", "learning_rate")
_NUMBERS = ("patterns", "validated_at", "best_loss", "validation_loss", "validation_top1")


def _published_rendering() -> RenderingConfig:
    """Types drawn equally often, and no structures outside the groups."""
    return RenderingConfig(outside_share=0.0, balance=0.0)


@dataclass(frozen=True)
class PublishedConfig:
    """Everything a run of the published recipe depends on besides the data set.

    Attributes
    ----------
    patterns
        Patterns to train on in all. Each net gets a share in proportion to the number of its types
        with training compounds, so that every type is seen equally often.
    batch_size
        Patterns in a step; the publication has 1024.
    learning_rate
        Of Adam.
    validations, validation_patterns
        How often each net is validated, evenly over its share, and on how many patterns at most.
        The weights with the least validation loss are the ones that are exported.
    checkpoint_every
        In patterns of one net.
    alpha, r0
        Weight of the similarity in the reliability, and the reliability above which a pattern is
        of a known type.
    workers
        Processes that render patterns; 0 where the training process renders its own.
    seed
        Of weights, sampling and augmentation.
    """

    patterns: int = 1_000_000
    batch_size: int = 64
    learning_rate: float = 1e-3
    validations: int = 20
    validation_patterns: int = 300
    checkpoint_every: int = 2_000
    alpha: float = 0.7
    r0: float = 0.6
    workers: int = 0
    seed: int = 1
    net: PublishedNetConfig = field(default_factory=PublishedNetConfig)
    loss: PublishedLossConfig = field(default_factory=PublishedLossConfig)
    rendering: RenderingConfig = field(default_factory=_published_rendering)

    def __post_init__(self) -> None:
        for name in ("patterns", "batch_size", "validations", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}.", hint="Give 1 or more.")
        if not (0.0 <= self.alpha <= 1.0 and 0.0 < self.r0 < 1.0):
            raise ConfigError(
                f"alpha = {self.alpha:g} or r0 = {self.r0:g} is outside 0 to 1.",
                hint="The published values are 0.7 and 0.6.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Validation:
    """Patterns of validation compounds of one group, the same each time."""

    inputs: Float32Array
    target: IntArray


class NetTrainer:
    """Training of the net of one group; its checkpoint is ``rcnet-NN.pt``, its log ``.csv``."""

    def __init__(
        self,
        source: PatternSource,
        group: int,
        classes: tuple[int, ...],
        config: PublishedConfig,
        folder: Path,
        *,
        budget: int,
        device: str = "cpu",
    ) -> None:
        self.group, self.classes, self.config, self.device = group, classes, config, device
        self.budget = budget
        self.path = folder / f"rcnet-{group:02d}.pt"
        self.source = source
        torch.manual_seed(_seed(config.seed, group))
        net = PublishedRCNet(config.net, len(classes)).to(device)
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.best = {k: v.clone() for k, v in self.net.state_dict().items()}
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=config.learning_rate)
        self.loss = PublishedLoss(config.loss)
        self.patterns, self.validated_at = 0, -1
        self.best_loss = self.validation_loss = self.validation_top1 = float("nan")

    def members(self, split: Split) -> IntArray:
        """Compounds of the group in a split."""
        data = self.source.dataset
        indices = data.select(split)
        mine = [data.members[i].class_number in self.classes for i in indices]
        return indices[np.array(mine, dtype=np.bool_)]

    @property
    def best_net(self) -> PublishedRCNet:
        """A net with the weights of the least validation loss."""
        net = PublishedRCNet(self.config.net, len(self.classes))
        net.load_state_dict(self.best)
        return net.eval()

    def resume(self) -> bool:
        """Load the checkpoint; False where there is none.

        Raises
        ------
        ConfigError
            It was written with other settings, or for other types.
        """
        if not self.path.exists():
            return False
        state = torch.load(self.path, weights_only=True, map_location=self.device)
        now = asdict(self.config)
        changed = [key for key in _FIXED if state["config"].get(key) != now[key]]
        if changed or state["classes"] != list(self.classes):
            raise ConfigError(
                f"{self.path} was trained with other {', '.join(changed) or 'groups of types'}.",
                hint="Start in a new folder, or restore the settings.",
            )
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.loss.weight_of_confidence = state["weight_of_confidence"]
        for name in _NUMBERS:
            setattr(self, name, state[name])
        self.best = state["best"]
        return True

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "net": self.net.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "weight_of_confidence": self.loss.weight_of_confidence,
            "classes": list(self.classes),
            "config": asdict(self.config),
            **{name: getattr(self, name) for name in _NUMBERS},
        }
        save_checkpoint(state, self.path)

    def run(self, report: Callable[[int, float, float, float], None]) -> None:
        """Train up to the budget; ``report`` gets patterns, loss, top-1 and validation loss."""
        if self.patterns >= self.budget and self.validated_at == self.patterns:
            return
        torch.manual_seed(_seed(self.config.seed, self.group, self.patterns))  # dropout and hints
        validation = self.validation_patterns()
        every = max(1, self.budget // self.config.validations)
        next_checkpoint = self.patterns + self.config.checkpoint_every
        next_validation = (self.patterns // every + 1) * every
        started, loss, accuracy = time.monotonic(), float("nan"), float("nan")
        batches = iter(self.loader()) if self.patterns < self.budget else None
        try:
            while batches is not None and self.patterns < self.budget:
                rest = self.budget - self.patterns
                inputs, target, _ = (part[:rest] for part in next(batches))
                new_loss, new_accuracy = self._step(inputs, target)
                loss, accuracy = smoothed(loss, new_loss), smoothed(accuracy, new_accuracy)
                if self.patterns >= next_validation or self.patterns >= self.budget:
                    next_validation = (self.patterns // every + 1) * every
                    self.validate(validation)
                    self._log(time.monotonic() - started, loss, accuracy)
                if self.patterns >= next_checkpoint:
                    next_checkpoint = self.patterns + self.config.checkpoint_every
                    self.save()
                report(self.patterns, loss, accuracy, self.validation_loss)
            if self.validated_at != self.patterns:  # cut off between a last step and its validation
                self.validate(validation)
        finally:
            self.save()

    def loader(self) -> DataLoader[Any]:
        """Endless batches of the training compounds of the net's group."""
        batches = TrainingBatches(
            self.source,
            Groups((self.group,), (self.classes,)),
            inside=self.members(Split.TRAIN),
            outside=np.zeros(0, dtype=np.int64),
            batch_size=self.config.batch_size,
            seed=(self.config.seed, self.group, self.patterns),  # a resumed run draws new patterns
        )
        return batches.loader(workers=self.config.workers)

    def _forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits in single precision; convolutions run in bfloat16, as in the default recipe."""
        with torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16):
            types, confidence = self.net(inputs.to(self.device))
        return types.float(), confidence.float()

    def _step(self, inputs: Tensor, target: Tensor) -> tuple[float, float]:
        self.net.train()
        types, confidence = self._forward(inputs)
        target = target.to(self.device)
        loss, confidence_loss = self.loss(types, confidence, target)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.loss.move_lambda(confidence_loss)
        self.patterns += len(target)
        return float(loss.detach()), float((types.argmax(dim=1) == target).float().mean())

    def validation_patterns(self) -> _Validation:
        """Patterns of validation compounds, the same at every call."""
        rng = np.random.default_rng([self.config.seed, self.group, 7])
        indices = self.members(Split.VALIDATION)
        chosen = rng.permutation(indices)[: self.config.validation_patterns]
        column = {number: i for i, number in enumerate(self.classes)}
        members = self.source.dataset.members
        parts = [
            self.source.draw_inputs(
                chosen[i : i + 64], impurities=rng.choice(indices, len(chosen[i : i + 64])), rng=rng
            )
            for i in range(0, len(chosen), 64)
        ]
        empty = np.zeros((0, *self.source.axis.input_shape), dtype=np.float32)
        target = np.array([column[members[i].class_number] for i in chosen], dtype=np.int64)
        return _Validation(np.concatenate([empty, *parts]), target)

    def validate(self, validation: _Validation) -> None:
        """Cross-entropy of p without hints, and top-1; keep the weights if it is the least so far.

        The whole loss would not do: it has lambda in it, which moves. Without validation compounds
        the latest weights count.
        """
        self.net.eval()
        total, hits, n = 0.0, 0, len(validation.target)
        with torch.inference_mode():
            for i in range(0, n, 64):
                types, _ = self._forward(torch.from_numpy(validation.inputs[i : i + 64]))
                target = torch.from_numpy(validation.target[i : i + 64]).to(self.device)
                total += float(functional.cross_entropy(types, target, reduction="sum"))
                hits += int((types.argmax(dim=1) == target).sum())
        self.validation_loss = total / n if n else float("nan")
        self.validation_top1 = hits / n if n else float("nan")
        self.validated_at = self.patterns
        if np.isnan(self.best_loss) or self.validation_loss < self.best_loss:
            self.best_loss = self.validation_loss
            self.best = {k: v.clone() for k, v in self.net.state_dict().items()}

    def _log(self, seconds: float, loss: float, accuracy: float) -> None:
        figures = (loss, accuracy, self.validation_loss, self.validation_top1)
        row = [self.patterns, round(seconds, 1), *(round(value, 5) for value in figures)]
        lambda_ = f"{self.loss.weight_of_confidence:.5g}"
        append_row(self.path.with_suffix(".csv"), _LOG, [*row, lambda_])


def _seed(*numbers: int) -> int:
    """One seed of several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
