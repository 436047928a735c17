"""The RCNet of the published method: a complete network of its own for each group of types.

After L. Chen et al., J. Am. Chem. Soc. 2024, 146, 8098, where docs/explanation/recipes.md says
what is ours. One-dimensional convolutions are written as two-dimensional ones of height 1, which
torch runs a third faster on a processor.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class PublishedNetConfig:
    """Sizes of the network; the defaults are the published ones.

    Attributes
    ----------
    channels, double_every
        Channels of the first block, doubled after so many blocks each time.
    blocks, kernel
        Residual blocks of two convolutions, and the width of all convolutions.
    halve_every
        Every so many blocks the first convolution has stride 2.
    dropout
        Before each convolution of the blocks.
    """

    channels: int = 10
    double_every: int = 4
    blocks: int = 16
    kernel: int = 30
    halve_every: int = 2
    dropout: float = 0.5


def _same(x: Tensor, *, kernel: int, stride: int) -> Tensor:
    """Pad (b, c, 1, n) with zeros so that a convolution gives ceil(n / stride) points.

    Of an even kernel, the odd point goes to the right.
    """
    n = int(x.shape[-1])
    missing = max(0, (-(-n // stride) - 1) * stride + kernel - n)
    return functional.pad(x, (missing // 2, missing - missing // 2))


class PublishedBlock(nn.Module):
    """Pre-activation block: batch norm, ReLU, dropout and convolution, twice.

    The identity is max-pooled where the block has a stride, and filled up with zero channels where
    it has more of them.
    """

    def __init__(
        self, channels_in: int, channels_out: int, *, stride: int, kernel: int, dropout: float
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.dropout = kernel, stride, dropout
        self.extra_channels = channels_out - channels_in
        self.norm1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, (1, kernel), (1, stride), bias=False)
        self.norm2 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, (1, kernel), bias=False)

    def _activated(self, x: Tensor) -> Tensor:
        return functional.dropout(functional.relu(x), self.dropout, self.training)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c_in, 1, n) to (b, c_out, 1, ceil(n / stride))."""
        y = self._activated(self.norm1(x))
        y = self.conv1(_same(y, kernel=self.kernel, stride=self.stride))
        y = self._activated(self.norm2(y))
        y = self.conv2(_same(y, kernel=self.kernel, stride=1))
        if self.stride > 1:
            x = functional.max_pool2d(x, (1, self.stride), ceil_mode=True)
        if self.extra_channels > 0:
            x = functional.pad(x, (0, 0, 0, 0, 0, self.extra_channels))
        total: Tensor = x + y
        return total


class PublishedRCNet(nn.Module):
    """First convolution, residual blocks, global average pooling, and the two branches."""

    def __init__(self, config: PublishedNetConfig, n_types: int) -> None:
        super().__init__()
        self.kernel = config.kernel
        self.stem = nn.Conv2d(1, config.channels, (1, config.kernel))
        channels = [
            config.channels * 2 ** (max(0, i - 1) // config.double_every)
            for i in range(config.blocks + 1)
        ]
        self.blocks = nn.Sequential(
            *(
                PublishedBlock(
                    channels[i],
                    channels[i + 1],
                    stride=2 if i % config.halve_every == config.halve_every - 1 else 1,
                    kernel=config.kernel,
                    dropout=config.dropout,
                )
                for i in range(config.blocks)
            )
        )
        self.norm = nn.BatchNorm2d(channels[-1])
        self.types = nn.Linear(channels[-1], n_types)
        self.confidence = nn.Linear(channels[-1], 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Input (b, 1, n) to type logits (b, t) and confidence logits (b, 1)."""
        y = self.stem(_same(x.unsqueeze(2), kernel=self.kernel, stride=1))
        pooled = functional.relu(self.norm(self.blocks(y))).mean(dim=(2, 3))
        return self.types(pooled), self.confidence(pooled)


@dataclass(frozen=True)
class PublishedLossConfig:
    """Numbers of the loss; the defaults are the published ones.

    Attributes
    ----------
    budget
        Target of the mean confidence loss -ln C.
    lambda_start, lambda_up, lambda_down
        Weight of the confidence loss at first, and the factors it is divided by after each step:
        ``lambda_up`` while the loss is below the budget, ``lambda_down`` (below 1, so lambda grows)
        above it.
    hint_share
        Chance of a pattern to get a hint.
    """

    budget: float = 0.6
    lambda_start: float = 0.1
    lambda_up: float = 1.03
    lambda_down: float = 0.8
    hint_share: float = 0.5


class PublishedLoss:
    """Cross-entropy of p' = C p + (1 - C) y, plus lambda times the mean of -ln C.

    See DeVries & Taylor, arXiv:1802.04865.
    """

    #: Bound that only keeps a number a number; no run comes near it.
    most = 1e6

    def __init__(self, config: PublishedLossConfig) -> None:
        self.config = config
        self.weight_of_confidence = config.lambda_start

    def __call__(
        self, type_logits: Tensor, confidence_logits: Tensor, target: Tensor
    ) -> tuple[Tensor, float]:
        """Loss of a batch, and the mean of -ln C.

        ``type_logits`` (b, t) and ``confidence_logits`` (b, 1) are those of one net, ``target``
        (b,) the columns of the true types. A random half of the batch gets hints; the rest has
        C = 1.
        """
        log_p = functional.log_softmax(type_logits, dim=1)
        log_p = log_p.gather(1, target[:, None])[:, 0]
        log_c = functional.logsigmoid(confidence_logits[:, 0])
        log_rest = functional.logsigmoid(-confidence_logits[:, 0])
        # Of the true type p' = C p + 1 - C; in logarithms, so that a tiny p has a gradient.
        hinted = torch.logaddexp(log_c + log_p, log_rest)
        gets_hints = torch.rand_like(log_c) < self.config.hint_share
        task = -torch.where(gets_hints, hinted, log_p).mean()
        confidence = -log_c.mean()
        return task + self.weight_of_confidence * confidence, float(confidence.detach())

    def move_lambda(self, confidence_loss: float) -> None:
        """Weaken the confidence loss while it is below the budget, strengthen it above."""
        below = confidence_loss < self.config.budget
        factor = self.config.lambda_up if below else self.config.lambda_down
        self.weight_of_confidence = min(self.weight_of_confidence / factor, self.most)
