"""The loss of the RCNets: confidence learning inside a group, rejection outside, one union."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class LossConfig:
    """Weights of the parts of the loss.

    Attributes
    ----------
    budget
        Target of the mean confidence loss -ln C inside the group.
    lambda_start, lambda_up, lambda_down
        Weight of the confidence loss at first, and the factors it is divided by: ``lambda_up``
        while the loss is below the budget, ``lambda_down`` (below 1, so lambda grows) above it.
        The published values are 0.1, 1.03 and 0.8, with a budget of 0.6.
    hint_share
        Share of a batch in which the net may ask for the answer.
    negative_weight
        Weight of -ln(1 - C) for patterns of other groups and of outside structures.
    union_weight
        Weight of the cross-entropy over all types of all groups.
    label_smoothing
        Of the union cross-entropy.
    """

    budget: float = 0.3
    lambda_start: float = 0.1
    lambda_up: float = 1.03
    lambda_down: float = 0.8
    hint_share: float = 0.5
    negative_weight: float = 1.0
    union_weight: float = 1.0
    label_smoothing: float = 0.02


def group_log_softmax(type_logits: Tensor, group_sizes: tuple[int, ...]) -> Tensor:
    """Log-probabilities inside each group, (b, t) to (b, t)."""
    parts = torch.split(type_logits, list(group_sizes), dim=1)
    return torch.cat(
        [functional.log_softmax(part, dim=1) for part in parts],
        dim=1,
    )


def union_log_scores(
    type_logits: Tensor, confidence_logits: Tensor, group_sizes: tuple[int, ...]
) -> Tensor:
    """ln(C_i p_t|i) for every type, shape (b, t): what competes across the nets."""
    sizes = torch.tensor(group_sizes, device=type_logits.device)
    log_confidence = functional.logsigmoid(confidence_logits).repeat_interleave(sizes, dim=1)
    return log_confidence + group_log_softmax(type_logits, group_sizes)


def hinted_loss(probability: Tensor, confidence: Tensor, *, hint_share: float) -> Tensor:
    """Cross-entropy with hints, mean over the batch; both inputs (b,), the latter C in (0, 1).

    p' = C p + (1 - C) y, so for the true type p' = C p + 1 - C (DeVries & Taylor,
    arXiv:1802.04865). A random share of the batch gets hints, the rest is plain cross-entropy.
    """
    hinted = torch.rand_like(confidence) < hint_share
    c = torch.where(hinted, confidence, torch.ones_like(confidence))
    return -torch.log((c * probability + 1.0 - c).clamp_min(1e-7)).mean()


class UnionLoss:
    """Loss of all RCNets together, with lambda held at the confidence budget."""

    def __init__(self, config: LossConfig, group_sizes: tuple[int, ...]) -> None:
        self.config = config
        self.group_sizes = group_sizes
        self.weight_of_confidence = config.lambda_start

    def __call__(
        self, type_logits: Tensor, confidence_logits: Tensor, target: Tensor, group: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss and its parts.

        ``target`` (b,) is the column of the true type in ``type_logits``, or -1 for an outside
        structure; ``group`` (b,) the index of its net, or -1.
        """
        inside = target >= 0
        rows = torch.arange(len(target), device=target.device)[inside]
        own = group[inside]
        log_p = group_log_softmax(type_logits, self.group_sizes)[rows, target[inside]]
        own_logit = confidence_logits[rows, own]
        task = hinted_loss(log_p.exp(), own_logit.sigmoid(), hint_share=self.config.hint_share)
        confidence = -functional.logsigmoid(own_logit).mean()
        foreign = torch.ones_like(confidence_logits, dtype=torch.bool)
        foreign[rows, own] = False
        negative = functional.softplus(confidence_logits)[foreign].mean()
        union = functional.cross_entropy(
            union_log_scores(type_logits, confidence_logits, self.group_sizes)[inside],
            target[inside],
            label_smoothing=self.config.label_smoothing,
        )
        loss = (
            task
            + self.weight_of_confidence * confidence
            + self.config.negative_weight * negative
            + self.config.union_weight * union
        )
        parts = {"task": task, "confidence": confidence, "negative": negative, "union": union}
        return loss, {name: float(value.detach()) for name, value in parts.items()}

    def move_lambda(self, confidence_loss: float) -> None:
        """Weaken the confidence loss while it is below the budget, strengthen it above."""
        below = confidence_loss < self.config.budget
        self.weight_of_confidence /= self.config.lambda_up if below else self.config.lambda_down
        self.weight_of_confidence = min(max(self.weight_of_confidence, 1e-3), 1.0)
