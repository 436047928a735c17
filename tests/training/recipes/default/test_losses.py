import pytest
import torch

from crystinet.training.recipes.default.losses import (
    LossConfig,
    UnionLoss,
    group_log_softmax,
    hinted_loss,
    union_log_scores,
)

SIZES = (3, 2)


def outputs(seed: int = 0, b: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(b, 5, generator=generator, requires_grad=True),
        torch.randn(b, 2, generator=generator, requires_grad=True),
    )


def test_probabilities_add_up_inside_each_group() -> None:
    p = group_log_softmax(outputs()[0], SIZES).exp()
    torch.testing.assert_close(p[:, :3].sum(1), torch.ones(6))
    torch.testing.assert_close(p[:, 3:].sum(1), torch.ones(6))


def test_union_score_is_confidence_times_probability() -> None:
    types, confidences = outputs()
    score = union_log_scores(types, confidences, SIZES).exp()
    expected = confidences.sigmoid()[:, 1] * types[:, 3:].softmax(1)[:, 1]
    torch.testing.assert_close(score[:, 4], expected)


def test_hints_by_the_formula() -> None:
    p, c = torch.tensor([0.2]), torch.tensor([0.5])
    always = hinted_loss(p, c, hint_share=1.0)
    assert float(always) == pytest.approx(-torch.log(torch.tensor(0.5 * 0.2 + 0.5)).item())
    never = hinted_loss(p, c, hint_share=0.0)
    assert float(never) == pytest.approx(-torch.log(torch.tensor(0.2)).item())


def test_an_outside_pattern_only_lowers_confidences() -> None:
    types, confidences = outputs(b=2)
    target, group = torch.tensor([0, -1]), torch.tensor([0, -1])
    loss, parts = UnionLoss(LossConfig(), SIZES)(types, confidences, target, group)
    loss.backward()  # type: ignore[no-untyped-call]
    assert types.grad is not None
    assert confidences.grad is not None
    assert not types.grad[1].any()  # nothing about its type
    assert (confidences.grad[1] > 0).all()  # descent lowers both confidences
    assert confidences.grad[0, 0] < 0  # and raises that of the right net
    assert set(parts) == {"task", "confidence", "negative", "union"}


def test_lambda_falls_below_the_budget_and_rises_above_it() -> None:
    types, _ = outputs()
    target, group = torch.tensor([0, 1, 2, 3, 4, 0]), torch.tensor([0, 0, 0, 1, 1, 0])
    loss = UnionLoss(LossConfig(budget=0.3), SIZES)
    sure = torch.full((6, 2), 5.0)
    _, parts = loss(types, sure, target, group)
    loss.move_lambda(parts["confidence"])
    assert loss.weight_of_confidence == pytest.approx(0.1 / 1.03)
    _, parts = loss(types, -sure, target, group)
    loss.move_lambda(parts["confidence"])
    assert loss.weight_of_confidence == pytest.approx(0.1 / 1.03 / 0.8)
