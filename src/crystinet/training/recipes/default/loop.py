"""The training loop: resumable, logged, with a moving average of the weights."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from crystinet.core.errors import ConfigError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import bundle_folder, is_bundle, load_bundle
from crystinet.model.representation import LogAxis, binned_axis
from crystinet.training.checkpoints import save_checkpoint
from crystinet.training.distributed import Workgroup
from crystinet.training.draw.source import PatternSource, RenderingConfig, TrainingBatches
from crystinet.training.groups import Groups
from crystinet.training.logs import RunLog, RunState, smoothed
from crystinet.training.recipes.default.checkpoint import (
    CHECKPOINT,
    check_settings,
    first_weights,
)
from crystinet.training.recipes.default.from_bundle import measure_norms, take_over
from crystinet.training.recipes.default.losses import LossConfig, UnionLoss, union_log_scores
from crystinet.training.recipes.default.rcnet import RCNetConfig, UnionNet

AVERAGE_EVERY = 4  # steps between updates of the moving average
#: Patterns by which a net that starts from a bundle gets to know the values inside it.
FIRST_LOOK = 1024


@dataclass(frozen=True)
class TrainingConfig:
    """Everything a training run depends on besides the data set.

    Attributes
    ----------
    patterns
        Patterns to train on in all.
    batch_size
        Patterns in a step of one process.
    learning_rate, weight_decay, warmup
        AdamW; the rate rises over the share ``warmup`` of the run and then falls as a cosine.
    average_decay
        Decay of the moving average of the weights, the one that is validated and exported.
    validation_every, validation_patterns, checkpoint_every
        In patterns.
    workers
        Processes that render patterns for each training process; 0 where it renders its own,
        which is the best on a processor without a GPU.
    seed
        Of weights, sampling and augmentation.
    axis
        ``ln(1/d)``, or ``2theta`` to measure what the logarithm is worth.
    half_weights
        Whether the bundle keeps its weights and means in half precision: half as large.
    """

    patterns: int = 1_000_000
    batch_size: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    warmup: float = 0.03
    average_decay: float = 0.995
    validation_every: int = 50_000
    validation_patterns: int = 1_500
    checkpoint_every: int = 20_000
    workers: int = 0
    seed: int = 1
    axis: str = LogAxis.kind
    half_weights: bool = False
    net: RCNetConfig = field(default_factory=RCNetConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    rendering: RenderingConfig = field(default_factory=RenderingConfig)


class Trainer:
    """One training run in one folder; `run` continues from the folder's checkpoint."""

    def __init__(
        self,
        dataset: Dataset,
        groups: Groups,
        config: TrainingConfig,
        folder: Path,
        *,
        workgroup: Workgroup = Workgroup(),  # noqa: B008 (frozen)
        tensorboard: bool = False,
    ) -> None:
        self.dataset, self.groups, self.config, self.folder = dataset, groups, config, folder
        self.workgroup = workgroup
        folder.mkdir(parents=True, exist_ok=True)
        self.log = RunLog(folder, tensorboard=tensorboard and workgroup.leads)
        torch.manual_seed(config.seed)
        self.axis = binned_axis(
            config.axis,
            config.rendering.grid,
            n_bins=config.net.n_bins,
            area_bins=config.net.area_bins,
        )
        net = UnionNet(config.net, groups.sizes).to(workgroup.device)
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.parallel: nn.Module = self.net
        if workgroup.size > 1:
            self.parallel = DistributedDataParallel(self.net)
        self.average = AveragedModel(
            self.net, avg_fn=_moving_average(config.average_decay), use_buffers=True
        )
        self.loss = UnionLoss(config.loss, groups.sizes)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.patterns = self.steps = 0
        self.validation_top1 = float("nan")
        self.earlier_patterns = 0  # of the runs that the first weights came from

    @property
    def averaged_net(self) -> UnionNet:
        """The net with the moving average of the weights."""
        net = self.average.module
        assert isinstance(net, UnionNet)  # noqa: S101 (for the type checker)
        return net

    def resume(self) -> bool:
        """Load the folder's checkpoint; False where there is none."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True, map_location=self.workgroup.device)
        if state["groups"] != [list(group) for group in self.groups.classes]:
            raise ConfigError(
                f"{path} was trained for other groups of types.",
                hint="Give the --groups that the run began with, or start in a new folder.",
            )
        check_settings(path, state["config"], asdict(self.config))
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.patterns = state["patterns"]
        self.loss.weight_of_confidence = state["weight_of_confidence"]
        self.validation_top1 = state["validation_top1"]
        self.earlier_patterns = state.get("earlier_patterns", 0)
        return True

    def start_from(self, folder: Path) -> None:
        """Take the averaged weights of another run, or those of a bundle, as the first ones.

        A run with fewer input channels, further blocks or attention will do: what is new changes
        nothing at first. Of a bundle (a folder, or a name in the package) the shared stages are
        taken, and the RCNets of the groups that both have.

        Raises
        ------
        ConfigError
            There is neither, or one of other networks; or a run of other groups of types.
        BundleError
            The bundle is damaged.
        """
        if not (folder / CHECKPOINT).exists() and is_bundle(folder):
            self._start_from_bundle(load_bundle(bundle_folder(folder)))
            return
        weights, self.earlier_patterns = first_weights(
            folder / CHECKPOINT, self.net, config=self.config.net, groups=self.groups
        )
        self.net.load_state_dict(weights)
        self.averaged_net.load_state_dict(weights)

    def _start_from_bundle(self, bundle: Bundle) -> None:
        take_over(self.net, bundle, self.groups)
        batches = iter(self._loader())
        inputs = (next(batches)[0] for _ in range(FIRST_LOOK // self.config.batch_size))
        measure_norms(self.net, (batch.to(self.workgroup.device) for batch in inputs))
        self.averaged_net.load_state_dict(self.net.state_dict())
        former = (bundle.training.get(name, 0) for name in ("patterns", "earlier_patterns"))
        self.earlier_patterns = sum(n for n in former if isinstance(n, int))

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        if not self.workgroup.leads:
            return
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "patterns": self.patterns,
            "weight_of_confidence": self.loss.weight_of_confidence,
            "validation_top1": self.validation_top1,
            "earlier_patterns": self.earlier_patterns,
            "groups": [list(group) for group in self.groups.classes],
            "config": asdict(self.config),
        }
        save_checkpoint(state, self.folder / CHECKPOINT)

    def run(self, report: Callable[[RunState], None] = lambda state: None) -> None:
        """Train to the end; Ctrl-C leaves a checkpoint that `resume` takes up.

        The averaged weights are validated every so often, and at the end.
        """
        loader = self._loader()
        next_validation = self.patterns + self.config.validation_every
        next_checkpoint = self.patterns + self.config.checkpoint_every
        started, start_patterns = time.monotonic(), self.patterns
        loss = accuracy = float("nan")
        try:
            for inputs, target, group in loader:
                if self.patterns >= self.config.patterns:
                    break
                step_loss, step_accuracy = self._step(inputs, target, group)
                loss, accuracy = smoothed(loss, step_loss), smoothed(accuracy, step_accuracy)
                seconds = time.monotonic() - started
                rate = (self.patterns - start_patterns) / seconds
                state = RunState(self.patterns, rate, loss, accuracy, self.validation_top1)
                self.log.step(
                    state,
                    learning_rate=self._learning_rate(),
                    confidence_weight=self.loss.weight_of_confidence,
                )
                if self.patterns >= min(next_validation, self.config.patterns):
                    next_validation += self.config.validation_every
                    state = self._validated(state, seconds)
                if self.patterns >= next_checkpoint:
                    next_checkpoint += self.config.checkpoint_every
                    self.save()
                report(state)
        finally:
            self.save()
            self.log.close()

    def _validated(self, state: RunState, seconds: float) -> RunState:
        """Validate where this process leads, and log it; the others wait."""
        if self.workgroup.leads:
            self.validation_top1 = self.validate()
            state = replace(state, validation_top1=self.validation_top1)
            self.log.validation(
                state, seconds=seconds, confidence_weight=self.loss.weight_of_confidence
            )
        self.workgroup.wait()
        return state

    def _loader(self) -> DataLoader[Any]:
        source = PatternSource(self.dataset, self.config.rendering, self.axis)
        batches = TrainingBatches(
            source,
            self.groups,
            inside=self.dataset.select(Split.TRAIN),
            outside=self.dataset.select_outside(Split.TRAIN),
            batch_size=self.config.batch_size,
            # A resumed run and every process draw new patterns.
            seed=(self.config.seed, self.patterns, self.workgroup.rank),
        )
        return batches.loader(workers=self.config.workers)

    def _learning_rate(self) -> float:
        share = self.patterns / self.config.patterns
        if share < self.config.warmup:
            return self.config.learning_rate * (0.05 + 0.95 * share / self.config.warmup)
        rest = min(1.0, (share - self.config.warmup) / (1.0 - self.config.warmup))
        return self.config.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + float(np.cos(np.pi * rest))))

    def _step(self, inputs: Tensor, target: Tensor, group: Tensor) -> tuple[float, float]:
        self.net.train()
        for part in self.optimizer.param_groups:
            part["lr"] = self._learning_rate()
        device = self.workgroup.device
        inputs, target, group = inputs.to(device), target.to(device), group.to(device)
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
            types, confidences = self.parallel(inputs)
        types, confidences = types.float(), confidences.float()
        loss, parts = self.loss(types, confidences, target, group)
        self.loss.move_lambda(self.workgroup.mean(parts["confidence"]))
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimizer.step()
        self.steps += 1
        if self.steps % AVERAGE_EVERY == 0 and self.workgroup.leads:
            self.average.update_parameters(self.net)
        self.patterns += len(target) * self.workgroup.size
        inside = target >= 0
        scores = union_log_scores(types.detach(), confidences.detach(), self.groups.sizes)
        accuracy = (scores.argmax(dim=1) == target)[inside].float().mean()
        return float(loss.detach()), float(accuracy)

    def validate(self) -> float:
        """Top-1 of the averaged weights on patterns of validation compounds, the same each time."""
        source = PatternSource(self.dataset, self.config.rendering, self.axis)
        indices = self.dataset.select(Split.VALIDATION, known_only=True)
        rng = np.random.default_rng([self.config.seed, 7])
        chosen = rng.choice(indices, min(self.config.validation_patterns, len(indices)), False)
        column_of = self.groups.column_of()
        target = np.array([column_of[self.dataset.members[i].class_number][0] for i in chosen])
        hits = 0
        self.average.eval()
        for start in range(0, len(chosen), 64):
            part = slice(start, start + 64)
            impurities = rng.choice(indices, len(chosen[part]))
            inputs = source.draw_inputs(chosen[part], impurities=impurities, rng=rng)
            device = self.workgroup.device
            with (
                torch.inference_mode(),
                torch.autocast(torch.device(device).type, dtype=torch.bfloat16),
            ):
                types, confidences = self.average(torch.from_numpy(inputs).to(device))
            scores = union_log_scores(types.float(), confidences.float(), self.groups.sizes)
            hits += int((scores.argmax(dim=1).cpu().numpy() == target[part]).sum())
        return hits / max(1, len(chosen))


def _moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Exponential moving average whose decay grows at first, so that the random start fades."""

    def average(mean: Tensor, value: Tensor, count: Tensor | int) -> Tensor:
        if not mean.is_floating_point():
            return value
        n = float(count)
        return mean.lerp(value, 1.0 - min(decay, (1.0 + n) / (10.0 + n)))

    return average
