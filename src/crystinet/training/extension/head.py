"""Train further RCNets on shared features that are there already, beside frozen ones."""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

from crystinet.core.arrays import FloatArray
from crystinet.core.progress import Progress, silent
from crystinet.training.checkpoints import save_checkpoint
from crystinet.training.extension.features import Features
from crystinet.training.groups import Groups
from crystinet.training.recipes.default.losses import LossConfig, UnionLoss, union_log_scores
from crystinet.training.recipes.default.rcnet import RCNetConfig, RCNets

CHECKPOINT = "head.pt"


@dataclass(frozen=True)
class HeadConfig:
    """How a further set of RCNets is trained.

    Attributes
    ----------
    epochs, batch_size
        Passes over the drawn patterns, and patterns in a step.
    learning_rate, weight_decay
        AdamW; the rate falls as a cosine.
    own_channels, own_kernel, dropout
        See `RCNetConfig`.
    average_decay
        Decay of the moving average of the weights, the one that is exported.
    seed
        Of weights and order.
    loss
        Weights of the parts of the loss.
    """

    epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    own_channels: int = 64
    own_kernel: int = 5
    dropout: float = 0.2
    average_decay: float = 0.98
    seed: int = 1
    loss: LossConfig = field(default_factory=LossConfig)


class HeadTrainer:
    """Trains new RCNets; the state of each epoch is kept in a folder, where `run` goes on.

    The loss is that of the training of all RCNets (`UnionLoss`) for the new ones, with everything
    else as negatives, and the cross-entropy over all types, old and new: what competes in the
    union competes in training, but nothing old can move.
    """

    def __init__(
        self, features: Features, groups: Groups, config: HeadConfig, folder: Path
    ) -> None:
        torch.manual_seed(config.seed)
        self.features, self.groups, self.config, self.folder = features, groups, config, folder
        sizes = RCNetConfig(
            stages=((features.features.shape[1], 1),),
            own_channels=config.own_channels,
            own_kernel=config.own_kernel,
            dropout=config.dropout,
        )
        self.net = RCNets(sizes, groups.sizes)
        self.average = AveragedModel(
            self.net,
            avg_fn=get_ema_avg_fn(config.average_decay),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )
        self.loss = UnionLoss(config.loss, groups.sizes)
        inside = features.columns[features.columns >= 0]
        n_types = features.log_share.shape[1] + len(groups.columns)
        drawn = np.bincount(inside, minlength=n_types) + 1.0
        self.log_prior = torch.from_numpy(np.log(drawn / drawn.mean()).astype(np.float32))
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.epoch = 0

    @property
    def averaged_net(self) -> RCNets:
        """The nets with the moving average of the weights."""
        net = self.average.module
        assert isinstance(net, RCNets)  # noqa: S101 (for the type checker)
        return net.eval()

    def run(self, report: Progress = silent) -> None:
        """Train to the end, from the checkpoint where there is one."""
        self._resume()
        n = len(self.features.columns)
        steps = max(1, n // self.config.batch_size)
        total = self.config.epochs * steps
        while self.epoch < self.config.epochs:
            order = np.random.default_rng([self.config.seed, self.epoch]).permutation(n)
            torch.manual_seed(self.config.seed + self.epoch)
            for step in range(steps):
                done = self.epoch * steps + step
                fall = 0.01 + 0.495 * (1.0 + math.cos(math.pi * done / total))
                for part in self.optimizer.param_groups:
                    part["lr"] = self.config.learning_rate * fall
                self._step(order[step * self.config.batch_size :][: self.config.batch_size])
                report("training", done + 1, total)
            self.epoch += 1
            self._save()

    def _step(self, rows: np.ndarray) -> None:
        self.net.train()
        data = self.features
        maps = torch.from_numpy(data.features[rows].astype(np.float32))
        column = torch.from_numpy(data.columns[rows])
        group = torch.from_numpy(data.nets[rows])
        known = torch.from_numpy(data.log_share[rows])
        types, confidences = self.net(maps)[:2]
        n_old = known.shape[1]
        own_column = torch.where(group >= 0, column - n_old, torch.full_like(column, -1))
        if (group >= 0).any():
            loss, parts = self.loss(types, confidences, own_column, group)
            self.loss.move_lambda(parts["confidence"])
        else:
            loss = functional.softplus(confidences).mean()
        loss = loss + self._competition(known, types, confidences, column)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimizer.step()
        self.average.update_parameters(self.net)

    def _competition(
        self, known: Tensor, types: Tensor, confidences: Tensor, column: Tensor
    ) -> Tensor:
        """Cross-entropy over the types of all nets."""
        inside = column >= 0
        if not inside.any():
            return types.sum() * 0.0
        own = union_log_scores(types, confidences, self.groups.sizes)
        everything = torch.cat([known, own], dim=1)[inside] + self.log_prior
        return functional.cross_entropy(
            everything, column[inside], label_smoothing=self.config.loss.label_smoothing
        )

    def score(self, maps: NDArray[np.float32], *, offset: float = 0.0) -> FloatArray:
        """ln(C p) of the new types from shared features (b, c, 1, l), shape (b, t).

        ``offset`` is taken off the logits of the confidences, as `be_cautious` would.
        """
        with torch.inference_mode():
            types, confidences = self.averaged_net(torch.from_numpy(maps))[:2]
            share = union_log_scores(types, confidences - offset, self.groups.sizes)
        return np.asarray(share.numpy(), dtype=np.float64)

    def be_cautious(self, offset: float) -> None:
        """Take something off the logits of all confidences, for good."""
        with torch.no_grad():
            for branch in self.averaged_net.confidence_branches:
                assert isinstance(branch, nn.Linear)  # noqa: S101 (for the type checker)
                branch.bias.sub_(offset)

    def _save(self) -> None:
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "weight_of_confidence": self.loss.weight_of_confidence,
            "config": asdict(self.config),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        save_checkpoint(state, self.folder / CHECKPOINT)

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch = state["epoch"]
        self.loss.weight_of_confidence = state["weight_of_confidence"]
