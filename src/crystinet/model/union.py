"""The union of RCNets: one pattern or many in, ranked structure types out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arguments import as_count
from crystinet.core.arrays import FloatArray
from crystinet.model.bundle import Bundle
from crystinet.model.identification import Candidate, Identification, Verdict
from crystinet.model.reliability import (
    Calibration,
    log_sigmoid,
    log_softmax,
    probability,
    reliability,
    unknown_features,
    unknown_score,
)
from crystinet.model.similarity import best_cosine
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.preprocessing import preprocess

BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the union says of a batch.

    Attributes
    ----------
    log_share
        ln(C_i p_t|i) of every type, (b, t).
    similarity
        Best cosine with every type's average pattern, (b, t).
    confidence
        C_i of the net of every type, (b, t).
    """

    log_share: FloatArray
    similarity: FloatArray
    confidence: FloatArray

    @classmethod
    def join(cls, parts: Sequence["Scores"]) -> "Scores":
        """Scores of several batches as one."""
        return cls(
            np.concatenate([p.log_share for p in parts]),
            np.concatenate([p.similarity for p in parts]),
            np.concatenate([p.confidence for p in parts]),
        )

    def reliability(self, calibration: Calibration) -> FloatArray:
        """Reliability of every type, (b, t)."""
        return reliability(
            share=np.exp(self.log_share), similarity=self.similarity, alpha=calibration.alpha
        )


class Union:
    """The networks of a bundle, loaded once and used for any number of patterns."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._sizes = np.array(list(bundle.group_sizes.values()))

    def prepare(self, pattern: Pattern) -> Pattern:
        """Preprocess a pattern as the bundle wants it; InvalidPatternError where impossible."""
        return preprocess(pattern, grid=self.bundle.axis.grid, config=self.bundle.preprocessing)

    def network_input(self, prepared: Sequence[Pattern]) -> NDArray[np.float32]:
        """Network inputs (b, 2, n_bins) of preprocessed patterns."""
        intensity = np.stack([p.intensity for p in prepared])
        mask = np.stack([p.mask for p in prepared])
        knee = self.bundle.preprocessing.intensity_knee
        return self.bundle.axis.network_input(intensity, mask, knee=knee)

    def score(self, inputs: NDArray[np.float32]) -> Scores:
        """Run all nets on network inputs (b, 2, n_bins)."""
        parts = [self._score_batch(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
        return Scores.join(parts)

    def _score_batch(self, inputs: NDArray[np.float32]) -> Scores:
        (features,) = self.bundle.shared(inputs)
        outputs = [net(features) for net in self.bundle.nets]
        types = np.concatenate([t for t, _ in outputs], axis=1).astype(np.float64)
        confidences = np.concatenate([c for _, c in outputs], axis=1).astype(np.float64)
        parts = np.split(types, np.cumsum(self._sizes)[:-1], axis=1)
        log_p = np.concatenate([log_softmax(part) for part in parts], axis=1)
        log_confidence = np.repeat(log_sigmoid(confidences), self._sizes, axis=1)
        similarity, _ = best_cosine(inputs, self.bundle.averages, config=self.bundle.similarity)
        return Scores(
            log_share=log_p + log_confidence,
            similarity=similarity,
            confidence=np.exp(log_confidence),
        )

    def identify(
        self, patterns: Sequence[Pattern], *, top: int | None = None
    ) -> list[Identification]:
        """Identify raw patterns; ``top`` limits the number of candidates of each.

        Raises
        ------
        InvalidPatternError
            A pattern cannot be identified, see `prepare`.
        ConfigError
            ``top`` is no positive whole number.
        """
        if top is not None:
            top = as_count(top, name="top")
        started = time.perf_counter()
        prepared = [self.prepare(pattern) for pattern in patterns]
        if not prepared:
            return []
        scores = self.score(self.network_input(prepared))
        elapsed = (time.perf_counter() - started) / len(prepared)
        return [
            self._answer(i, raw, ready, scores, top=top, elapsed_s=elapsed)
            for i, (raw, ready) in enumerate(zip(patterns, prepared, strict=True))
        ]

    def _answer(
        self,
        i: int,
        raw: Pattern,
        ready: Pattern,
        scores: Scores,
        *,
        top: int | None,
        elapsed_s: float,
    ) -> Identification:
        calibration = self.bundle.calibration
        r = scores.reliability(calibration)[i]
        row = slice(i, i + 1)
        p = probability(
            log_share=scores.log_share[row],
            similarity=scores.similarity[row],
            calibration=calibration,
        )[0]
        features = unknown_features(
            log_share=scores.log_share[row],
            similarity=scores.similarity[row],
            ranking_score=r[None, :],
        )
        unknown = float(unknown_score(features, calibration=calibration)[0])
        order = np.argsort(-r, kind="stable")[:top]
        candidates = tuple(
            Candidate(
                type=entry.name,
                number=entry.number,
                merged=entry.merged,
                reliability=float(r[t]),
                probability=float(p[t]),
                similarity=float(scores.similarity[i, t]),
                confidence=float(scores.confidence[i, t]),
                net=entry.net,
            )
            for t in order
            for entry in (self.bundle.types[t],)
        )
        return Identification(
            candidates=candidates,
            verdict=verdict(unknown, candidates[0].probability, calibration),
            unknown_score=unknown,
            wavelength_angstrom=raw.radiation.wavelength_angstrom,
            two_theta_range=raw.measured_range_deg,
            warnings=ready.warnings,
            steps=ready.steps,
            model_id=self.bundle.id,
            model_version=self.bundle.version,
            elapsed_s=elapsed_s,
            name=raw.name,
        )


def verdict(unknown: float, best_probability: float, calibration: Calibration) -> Verdict:
    """Known, uncertain or unknown, from the unknown score and the best candidate's probability."""
    if unknown > calibration.unknown_above:
        return Verdict.UNKNOWN
    if unknown < calibration.known_below and best_probability > calibration.certain_above:
        return Verdict.KNOWN
    return Verdict.UNCERTAIN
