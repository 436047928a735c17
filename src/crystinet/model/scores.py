"""The noun `Scores`: what the networks say of a batch, and the figures that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import Float32Array, FloatArray
from crystinet.model.reliability import (
    Calibration,
    log_sigmoid,
    probability,
    reliability,
    unknown_score,
    winner_reliability,
    winner_unknown_score,
)
from crystinet.model.screening import screening_features

F = TypeVar("F", bound=np.floating[Any])

# Scores nearer to 0 or 1 say no more.
_LEAST_SCORE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Narrowed:
    """That only some of the types are asked about, and what is known of these by themselves.

    Attributes
    ----------
    count
        So many of the first types are asked about, and the others compete with them.
    unknown_alone
        Unknown score by a bundle that knows these types and no others, (b,).
    weights
        Of the unknown score, see `unknown_score`.
    """

    count: int
    unknown_alone: FloatArray
    weights: tuple[float, ...]

    def unknown_score(self, of_all: FloatArray, share: FloatArray) -> FloatArray:
        """0 (surely one of these types) to 1 (surely not), (b,).

        The logistic function of a weighted sum of a constant and three logits: of the score
        ``unknown_alone``, of that of all types, and of not being one of these.

        Parameters
        ----------
        of_all
            Unknown score of all types, (b,).
        share
            Probability of these types among all, (b,).
        """
        logits = self.logits(of_all, share)
        found: FloatArray = np.exp(
            log_sigmoid(self.weights[0] + logits @ np.array(self.weights[1:]))
        )
        return found

    def logits(self, of_all: FloatArray, share: FloatArray) -> FloatArray:
        """The three logits that `unknown_score` is made of, (b, 3)."""
        parts = [_logit(self.unknown_alone), _logit(of_all), _logit(1.0 - share)]
        return np.stack(parts, axis=-1)

    @classmethod
    def join(cls, parts: Sequence["Narrowed"]) -> "Narrowed":
        """The same question about several batches as one; there is at least one."""
        alone = np.concatenate([each.unknown_alone for each in parts])
        return replace(parts[0], unknown_alone=alone)

    def of(self, rows: slice) -> "Narrowed":
        """The same for some patterns of the batch."""
        return replace(self, unknown_alone=self.unknown_alone[rows])


def _joined(parts: Sequence[NDArray[F] | None]) -> NDArray[F] | None:
    """Arrays of several batches as one; None where any has none."""
    there = [part for part in parts if part is not None]
    return np.concatenate(there) if len(there) == len(parts) else None


def _logit(p: FloatArray) -> FloatArray:
    kept = np.clip(p, _LEAST_SCORE, 1.0 - _LEAST_SCORE)
    found: FloatArray = np.log(kept / (1.0 - kept))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the networks say of a batch.

    Attributes
    ----------
    log_share
        ln(C_i p_t|i) of every type, (b, t).
    similarity
        Best cosine with every type's average pattern, (b, t).
    confidence
        C_i of the net of every type, (b, t).
    squared_distance
        Squared Mahalanobis distance of the features from every type, (b, t); zeros where the
        bundle has no shared features.
    asked
        Which types are asked about; None asks about all. Only what the methods give away is cut.
    pooled
        Pooled shared features, (b, f); None where nobody kept them.
    symmetry
        Probability of each space group, (b, 230), see `crystinet.model.symmetry`; None where no
        head for it has been asked.
    """

    log_share: FloatArray
    similarity: FloatArray
    confidence: FloatArray
    squared_distance: FloatArray
    asked: Narrowed | None = field(default=None, kw_only=True)
    pooled: Float32Array | None = field(default=None, kw_only=True)
    symmetry: FloatArray | None = field(default=None, kw_only=True)

    @classmethod
    def join(cls, parts: Sequence["Scores"]) -> "Scores":
        """Scores of several batches as one; there is at least one."""
        arrays = zip(*(part.arrays for part in parts), strict=True)
        asked = [part.asked for part in parts if part.asked is not None]
        return cls(
            *map(np.concatenate, arrays),
            asked=Narrowed.join(asked) if asked else None,
            pooled=_joined([part.pooled for part in parts]),
            symmetry=_joined([part.symmetry for part in parts]),
        )

    def __getitem__(self, row: int) -> "Scores":
        """Scores of one pattern, still with the axis of the batch."""
        part = slice(row, row + 1)
        return Scores(
            *(array[part] for array in self.arrays),
            asked=None if self.asked is None else self.asked.of(part),
            pooled=None if self.pooled is None else self.pooled[part],
            symmetry=None if self.symmetry is None else self.symmetry[part],
        )

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """The arrays, in the order of the attributes."""
        return self.log_share, self.similarity, self.confidence, self.squared_distance

    def probability(self, calibration: Calibration) -> FloatArray:
        """Calibrated probability of every type that is asked about, (b, t); rows add up to 1."""
        found = self.probability_of_all(calibration)
        if self.asked is None:
            return found
        found = found[:, : self.asked.count]
        shares: FloatArray = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-300)
        return shares

    def probability_of_all(self, calibration: Calibration) -> FloatArray:
        """Calibrated probability of every type that there are scores of, (b, t)."""
        return probability(
            log_share=self.log_share, similarity=self.similarity, calibration=calibration
        )

    def reliability(self, calibration: Calibration) -> FloatArray:
        """Reliability of every type that is asked about, (b, t)."""
        return self.reliability_of_all(calibration)[:, : self.asked.count if self.asked else None]

    def reliability_of_all(self, calibration: Calibration) -> FloatArray:
        """Reliability of every type that there are scores of, (b, t)."""
        if calibration.winners_of:
            return winner_reliability(
                log_share=self.log_share,
                confidence=self.confidence,
                similarity=self.similarity,
                alpha=calibration.alpha,
                sizes=calibration.winners_of,
            )
        return reliability(
            share=np.exp(self.log_share), similarity=self.similarity, alpha=calibration.alpha
        )

    def unknown_score(self, calibration: Calibration) -> FloatArray:
        """0 (surely one of the types that are asked about) to 1 (surely not), (b,)."""
        score = self.unknown_score_of_all(calibration)
        if self.asked is None:
            return score
        return self.asked.unknown_score(score, self.share_of_asked(calibration))

    def logits_of_asked(self, calibration: Calibration) -> FloatArray:
        """What the unknown score of the types that are asked about is made of, see `Narrowed`."""
        if self.asked is None:
            raise ValueError("all types are asked about")
        score = self.unknown_score_of_all(calibration)
        return self.asked.logits(score, self.share_of_asked(calibration))

    def share_of_asked(self, calibration: Calibration) -> FloatArray:
        """Probability that the type, if it is any of all, is one that is asked about, (b,)."""
        found = self.probability_of_all(calibration)
        share: FloatArray = found[:, : self.asked.count if self.asked else None].sum(axis=1)
        return np.minimum(share, 1.0)

    def unknown_score_of_all(self, calibration: Calibration) -> FloatArray:
        """0 (surely a type that there are scores of) to 1 (surely none of them), (b,)."""
        if calibration.winners_of:
            best = self.reliability_of_all(calibration).max(axis=1)
            return winner_unknown_score(best, r0=calibration.r0)
        features = self.screening_features(calibration)
        return unknown_score(features, self.log_share, calibration=calibration)

    def with_hint(self, hint: FloatArray) -> "Scores":
        """Scores of types re-weighted by exp(hint), where hint (t,) or (b, t) is at most 0.

        The sum of C p over the types stays what it was: a hint says which type, not how sure the
        networks are. Without this it would only weaken them against the similarity.
        """
        share = self.log_share + hint
        total = np.logaddexp.reduce(self.log_share, axis=1, keepdims=True)
        hinted_total = np.logaddexp.reduce(share, axis=1, keepdims=True)
        return replace(
            self,
            log_share=share + total - hinted_total,
            confidence=self.confidence * np.exp(hint),
        )

    def screening_features(self, calibration: Calibration) -> FloatArray:
        """What the unknown score is made of, see `screening.FEATURES`."""
        return screening_features(
            log_share=self.log_share,
            similarity=self.similarity,
            log_confidence=np.log(np.maximum(self.confidence, 1e-30)),
            squared_distance=self.squared_distance,
            best=self.reliability_of_all(calibration).argmax(axis=1),
        )
