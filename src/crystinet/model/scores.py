"""The noun `Scores`: what the networks say of a batch, and the figures that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.model.reliability import (
    Calibration,
    probability,
    reliability,
    unknown_score,
    winner_reliability,
    winner_unknown_score,
)
from crystinet.model.screening import screening_features


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
    """

    log_share: FloatArray
    similarity: FloatArray
    confidence: FloatArray
    squared_distance: FloatArray

    @classmethod
    def join(cls, parts: Sequence["Scores"]) -> "Scores":
        """Scores of several batches as one."""
        return cls(
            np.concatenate([p.log_share for p in parts]),
            np.concatenate([p.similarity for p in parts]),
            np.concatenate([p.confidence for p in parts]),
            np.concatenate([p.squared_distance for p in parts]),
        )

    def __getitem__(self, row: int) -> "Scores":
        """Scores of one pattern, still with the axis of the batch."""
        part = slice(row, row + 1)
        return Scores(
            self.log_share[part],
            self.similarity[part],
            self.confidence[part],
            self.squared_distance[part],
        )

    def probability(self, calibration: Calibration) -> FloatArray:
        """Calibrated probability of every type, (b, t)."""
        return probability(
            log_share=self.log_share, similarity=self.similarity, calibration=calibration
        )

    def reliability(self, calibration: Calibration) -> FloatArray:
        """Reliability of every type, (b, t)."""
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
        """0 (surely one of the known types) to 1 (surely not), (b,)."""
        if calibration.winners_of:
            best = self.reliability(calibration).max(axis=1)
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
            best=self.reliability(calibration).argmax(axis=1),
        )
