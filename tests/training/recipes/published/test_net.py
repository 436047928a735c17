from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.training.recipes.default.losses import hinted_loss
from crystinet.training.recipes.published.net import (
    PublishedLoss,
    PublishedLossConfig,
    PublishedNetConfig,
    PublishedRCNet,
)

SMALL = PublishedNetConfig(channels=4, double_every=2, blocks=4, kernel=6)


def test_the_published_net_has_the_published_size() -> None:
    net = PublishedRCNet(PublishedNetConfig(), 10)
    weights = sum(p.numel() for p in net.parameters())
    # Two convolutions a block, kernel 30; channels 10, 20, 40, 80 in four blocks each.
    channels = [10, *(10 * 2 ** (i // 4) for i in range(16))]
    convolutions = 30 * 10 + sum(30 * (a * b + b * b) for a, b in pairwise(channels))
    norms = 2 * (sum(channels[:-1]) + sum(channels[1:]) + 80)
    branches = 80 * 10 + 10 + 80 + 1
    assert weights == convolutions + 10 + norms + branches
    assert weights == pytest.approx(1.9e6, rel=0.01)


def test_every_second_block_halves_the_length_and_every_fourth_doubles_the_channels() -> None:
    net = PublishedRCNet(PublishedNetConfig(), 10).eval()
    shapes = []
    x = torch.zeros(1, 10, 1, 5250)
    with torch.inference_mode():
        for block in net.blocks:
            x = block(x)
            shapes.append((x.shape[1], x.shape[3]))
    lengths = [5250, 2625, 2625, 1313, 1313, 657, 657, 329, 329, 165, 165, 83, 83, 42, 42, 21]
    assert [n for _, n in shapes] == lengths
    assert [c for c, _ in shapes] == [10] * 4 + [20] * 4 + [40] * 4 + [80] * 4


def test_outputs_are_logits_of_the_types_and_one_confidence() -> None:
    types, confidence = PublishedRCNet(SMALL, 7).eval()(torch.rand(3, 1, 200))
    assert types.shape == (3, 7)
    assert confidence.shape == (3, 1)


def test_the_identity_is_pooled_and_filled_with_zeros() -> None:
    block = PublishedRCNet(SMALL, 2).eval().blocks[3]  # stride 2, 8 channels
    widening = PublishedRCNet(SMALL, 2).eval().blocks[2]  # 4 to 8 channels
    for weight in (block.conv2.weight, widening.conv2.weight):
        torch.nn.init.zeros_(weight)
    x = torch.rand(1, 8, 1, 9)
    torch.testing.assert_close(block(x)[0, :, 0, :4], x[0, :, 0, :8].reshape(8, 4, 2).amax(2))
    x = torch.rand(1, 4, 1, 9)
    torch.testing.assert_close(widening(x)[:, :4], x)
    assert not widening(x)[:, 4:].any()


def test_dropout_acts_in_training_only() -> None:
    net, x = PublishedRCNet(SMALL, 2), torch.rand(2, 1, 100)
    assert not torch.equal(net(x)[0], net(x)[0])
    net.eval()
    assert torch.equal(net(x)[0], net(x)[0])


def logits(p: float, c: float, n: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of two types with probability p of the first, and of the confidence c."""
    first = torch.tensor([[p, 1.0 - p]]).log().repeat(n, 1)
    return first, torch.logit(torch.tensor([[c]])).repeat(n, 1)


@settings(deadline=None)
@given(p=st.floats(0.01, 0.99), c=st.floats(0.01, 0.99), weight=st.floats(0.0, 2.0))
def test_the_loss_is_that_of_the_formula(p: float, c: float, weight: float) -> None:
    target = torch.zeros(1, dtype=torch.int64)
    for share, task in ((1.0, -torch.log(torch.tensor(c * p + 1.0 - c))), (0.0, None)):
        loss = PublishedLoss(PublishedLossConfig(hint_share=share, lambda_start=weight))
        value, confidence = loss(*logits(p, c), target)
        task = -torch.log(torch.tensor(p)) if task is None else task
        assert confidence == pytest.approx(-float(torch.tensor(c).log()), rel=1e-3, abs=1e-5)
        assert float(value) == pytest.approx(float(task) + weight * confidence, rel=1e-3, abs=1e-4)
        other = hinted_loss(torch.tensor([p]), torch.tensor([c]), hint_share=share)
        assert float(task) == pytest.approx(float(other), rel=1e-4, abs=1e-5)


def test_about_half_of_a_batch_gets_hints() -> None:
    torch.manual_seed(0)
    loss = PublishedLoss(PublishedLossConfig(lambda_start=0.0))
    target = torch.zeros(4000, dtype=torch.int64)
    value, _ = loss(*logits(0.2, 0.5, n=4000), target)
    without, hinted = -torch.log(torch.tensor([0.2, 0.6])).numpy()
    assert float(value) == pytest.approx(0.5 * (without + hinted), abs=0.03)


def test_a_hopeless_pattern_still_has_a_gradient() -> None:
    types = torch.tensor([[-200.0, 200.0]], requires_grad=True)
    loss = PublishedLoss(PublishedLossConfig(hint_share=0.0))
    value, _ = loss(types, torch.zeros(1, 1), torch.zeros(1, dtype=torch.int64))
    value.backward()  # type: ignore[no-untyped-call]
    assert types.grad is not None
    assert float(types.grad[0, 0]) == pytest.approx(-1.0)


def test_lambda_moves_by_the_published_factors() -> None:
    loss = PublishedLoss(PublishedLossConfig())
    assert (loss.config.budget, loss.weight_of_confidence) == (0.6, 0.1)
    loss.move_lambda(0.59)
    assert loss.weight_of_confidence == pytest.approx(0.1 / 1.03)
    loss.move_lambda(0.61)
    assert loss.weight_of_confidence == pytest.approx(0.1 / 1.03 / 0.8)
    loss.move_lambda(0.6)
    assert loss.weight_of_confidence == pytest.approx(0.1 / 1.03 / 0.64)
    for _ in range(5_000):
        loss.move_lambda(9.0)
    assert loss.weight_of_confidence == loss.most
