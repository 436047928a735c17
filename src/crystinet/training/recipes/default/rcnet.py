"""RCNets: one residual network with a confidence branch for each group of structure types.

All RCNets of a bundle read the features of the same first stages (`SharedStages`), trained once;
each has its own last stage, type branch and confidence branch. A later RCNet for new types is
trained on the frozen shared stages, so nothing that exists changes. See
docs/adr/0004-shared-first-stages.md for what the published method does instead, and why.

The last stages of several RCNets run side by side as the groups of grouped convolutions: no weight
of one net touches a feature of another, but ten small nets cost little more than one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from crystinet.core.errors import ConfigError


@dataclass(frozen=True)
class RCNetConfig:
    """Sizes of the networks.

    Attributes
    ----------
    n_bins
        Length of the input axis.
    area_bins
        Width of the window of the input's third channel, see `LogAxis`; 0 for two channels.
    stem_kernel, stem_stride
        First convolution.
    stages
        (channels, stride) of each shared residual block.
    deeper
        Further residual blocks after each stage, of its channels; empty for none. They change
        nothing at first, so that a run may start from one without them.
    attention_after, attention_heads
        Stages (from 0) that are followed by attention, see `Attention`, and its heads.
    kernel
        Kernel of the shared blocks.
    own_channels, own_kernel
        Last stage of each RCNet.
    dropout
        Before the two branches.
    """

    n_bins: int = 3072
    area_bins: int = 9
    stem_kernel: int = 15
    stem_stride: int = 6
    stages: tuple[tuple[int, int], ...] = (
        (32, 1),
        (48, 2),
        (64, 1),
        (96, 2),
        (96, 1),
        (128, 2),
        (128, 1),
        (160, 2),
    )
    deeper: tuple[int, ...] = ()
    attention_after: tuple[int, ...] = ()
    attention_heads: int = 4
    kernel: int = 5
    own_channels: int = 48
    own_kernel: int = 5
    dropout: float = 0.1

    def __post_init__(self) -> None:
        n = len(self.stages)
        if self.deeper and len(self.deeper) != n:
            raise ConfigError(
                f"deeper has {len(self.deeper)} numbers for {n} stages.",
                hint="Give one for each stage, or an empty list.",
            )
        if not set(self.attention_after) <= set(range(n)):
            raise ConfigError(
                f"attention_after names a stage beyond 0 to {n - 1}.",
                hint="Name stages that there are, or give an empty list.",
            )
        if any(self.stages[i][0] % self.attention_heads for i in self.attention_after):
            raise ConfigError(
                f"The channels of a stage with attention do not divide by "
                f"{self.attention_heads} heads.",
                hint="Change the channels of the stage, or attention_heads.",
            )

    @property
    def lengths(self) -> tuple[int, ...]:
        """Length of the axis after the first convolution and after each stage."""
        stem = -(-self.n_bins // self.stem_stride)
        return tuple(accumulate((s for _, s in self.stages), lambda n, s: -(-n // s), initial=stem))


def grows_from(saved: Mapping[str, Any], config: RCNetConfig) -> bool:
    """Whether nets of ``config`` can start with the weights of saved settings.

    All sizes are the same; the input's third channel, further blocks and attention may be new.
    """
    now = asdict(config)
    former = {"area_bins": 0, "deeper": (), "attention_after": (), **saved}
    new = [name for name in ("area_bins", "attention_after") if not former[name]]
    new += ["deeper"] if not any(former["deeper"]) else []
    new += ["attention_heads"] if "attention_after" in new else []
    return {**former, **{name: now[name] for name in new}} == now


class ResidualBlock(nn.Module):
    """Pre-activation block of two convolutions; identity max-pooled and zero-padded to fit."""

    def __init__(
        self, channels_in: int, channels_out: int, stride: int, kernel: int, groups: int = 1
    ) -> None:
        super().__init__()
        self.stride = stride
        self.extra_channels = channels_out - channels_in
        padding = (0, kernel // 2)
        self.norm1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(
            channels_in, channels_out, (1, kernel), (1, stride), padding, groups=groups, bias=False
        )
        self.norm2 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(
            channels_out, channels_out, (1, kernel), 1, padding, groups=groups, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, c_in, 1, n) to (b, c_out, 1, n / stride)."""
        y: Tensor = self.conv1(functional.relu(self.norm1(x)))
        y = self.conv2(functional.relu(self.norm2(y)))
        if self.stride > 1:
            x = functional.max_pool2d(x, (1, self.stride), ceil_mode=True)
        if self.extra_channels > 0:
            x = functional.pad(x, (0, 0, 0, 0, 0, self.extra_channels))
        return x + y


class Attention(nn.Module):
    """Every place of the axis looks at all others, added to the input; nothing at first.

    The weights of a look depend on the features and on the distance (Shaw, Uszkoreit & Vaswani,
    arXiv:1803.02155). On the axis ln(1/d) a distance is a ratio of d-spacings, so that "a line
    where sqrt(3/4) of this d is" can be asked for wherever the line stands.
    """

    def __init__(self, channels: int, length: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, channels // heads
        self.norm = nn.BatchNorm2d(channels)
        self.ask = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.tell = nn.Conv2d(channels, channels, 1)
        self.by_distance = nn.Parameter(torch.zeros(heads, 2 * length - 1))
        place = torch.arange(length)
        self.distance: Tensor
        self.register_buffer("distance", place[:, None] - place + length - 1, persistent=False)
        with torch.no_grad():
            for part in self.tell.parameters():
                part.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, 1, n) to the same."""
        b, c, _, n = x.shape
        asked = self.ask(self.norm(x)).reshape(b, 3, self.heads, self.width, n)
        query, key, value = asked.unbind(1)  # (b, heads, width, n) each
        look = query.transpose(2, 3) @ key * self.width**-0.5 + self.by_distance[:, self.distance]
        seen = value @ look.softmax(dim=3).transpose(2, 3)
        y: Tensor = x + self.tell(seen.reshape(b, c, 1, n))
        return y


def _silent(block: ResidualBlock) -> ResidualBlock:
    """The block with a last convolution of zeros: it passes its input on."""
    with torch.no_grad():
        block.conv2.weight.zero_()
    return block


class SharedStages(nn.Module):
    """First convolution with a learned bias for each place on the axis, then residual blocks.

    A convolution sees the same feature at any lattice scale; the place bias tells it where on the
    axis it stands, since absolute d-spacings carry information as well.
    """

    def __init__(self, config: RCNetConfig) -> None:
        super().__init__()
        first, n_channels = config.stages[0][0], 3 if config.area_bins else 2
        lengths = config.lengths
        self.stem = nn.Conv2d(
            n_channels,
            first,
            (1, config.stem_kernel),
            (1, config.stem_stride),
            (0, config.stem_kernel // 2),
        )
        self.place = nn.Parameter(torch.zeros(1, first, 1, lengths[0]))
        channels = [first, *(c for c, _ in config.stages)]
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(channels[i], c, stride, config.kernel)
                for i, (c, stride) in enumerate(config.stages)
            )
        )
        # What came later stands apart, so that the parts above keep the names of their weights.
        deeper = config.deeper or (0,) * len(config.stages)
        self.deeper = nn.ModuleList(
            nn.Sequential(*(_silent(ResidualBlock(c, c, 1, config.kernel)) for _ in range(n)))
            for (c, _), n in zip(config.stages, deeper, strict=True)
        )
        self.attention = nn.ModuleDict(
            {
                str(i): Attention(channels[i + 1], lengths[i + 1], config.attention_heads)
                for i in config.attention_after
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, n_channels, 1, n_bins) to (b, c, 1, n)."""
        y: Tensor = self.stem(x) + self.place
        for i, (block, deeper) in enumerate(zip(self.blocks, self.deeper, strict=True)):
            y = deeper(block(y))
            if str(i) in self.attention:
                y = self.attention[str(i)](y)
        return y


class RCNets(nn.Module):
    """Last stage, type branch and confidence branch of each of m groups.

    ``group_sizes`` are the numbers of types of the groups, t in all.
    """

    def __init__(self, config: RCNetConfig, group_sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.group_sizes = group_sizes
        channels, own, m = config.stages[-1][0], config.own_channels, len(group_sizes)
        self.norm = nn.BatchNorm2d(channels)
        self.reduce = nn.Conv2d(channels, m * own, 1, bias=False)
        self.block = ResidualBlock(m * own, m * own, 1, config.own_kernel, groups=m)
        self.final_norm = nn.BatchNorm2d(m * own)
        self.dropout = nn.Dropout(config.dropout)
        self.type_branches = nn.ModuleList(nn.Linear(2 * own, n) for n in group_sizes)
        self.confidence_branches = nn.ModuleList(nn.Linear(2 * own, 1) for _ in group_sizes)

    def maps(self, features: Tensor) -> Tensor:
        """Features (b, c, 1, n) to the last feature maps of all nets, (b, m own, 1, n)."""
        y = self.block(self.reduce(functional.relu(self.norm(features))))
        return functional.relu(self.final_norm(y))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (b, c, 1, n) to type logits (b, t) and confidence logits (b, m)."""
        return self.branches(self.maps(features))

    def branches(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Feature maps (b, m own, 1, n) to type logits (b, t) and confidence logits (b, m)."""
        pooled = torch.stack([y.mean(dim=(2, 3)), y.amax(dim=(2, 3))], dim=1)  # (b, 2, m own)
        parts = self.dropout(pooled).chunk(len(self.group_sizes), dim=2)  # m of (b, 2, own)
        flat = [part.flatten(1) for part in parts]
        types = [f(x) for f, x in zip(self.type_branches, flat, strict=True)]
        confidences = [f(x) for f, x in zip(self.confidence_branches, flat, strict=True)]
        return torch.cat(types, dim=1), torch.cat(confidences, dim=1)

    def head_rows(self) -> Tensor:
        """Weights and biases of all branches, (t + m, 2 own + 1): types, then confidences."""
        linear = [*self.type_branches, *self.confidence_branches]
        return torch.cat([torch.cat([f.weight, f.bias[:, None]], dim=1) for f in linear])


class UnionNet(nn.Module):
    """The shared stages and the RCNets that read them."""

    def __init__(self, config: RCNetConfig, group_sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.shared = SharedStages(config)
        self.nets = RCNets(config, group_sizes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Input (b, n_channels, n_bins) to type logits (b, t) and confidence logits (b, m)."""
        types, confidences = self.nets(self.shared(x.unsqueeze(2)))
        return types, confidences
