"""The model at work: one pattern or many in, ranked structure types out."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arguments import as_count
from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import ConfigError, InternalFaultError
from crystinet.core.files import sha256_of
from crystinet.core.notes import Note, NoteCode, find_note
from crystinet.model.beside_base import beside_base, check_base, names_of
from crystinet.model.bundle import Bundle
from crystinet.model.composition import check_elements
from crystinet.model.composition_network import doubted
from crystinet.model.further import FurtherTypes, further_types
from crystinet.model.identification import Candidate, Identification, Verdict
from crystinet.model.joint import Partner
from crystinet.model.networks import quiet, score_networks
from crystinet.model.reliability import (
    Calibration,
    candidate_set_size,
)
from crystinet.model.scores import Scores
from crystinet.model.screening import pool
from crystinet.model.symmetry import LikelySymmetry, symmetry_of
from crystinet.model.verdicts import (
    BY_COMPOSITION_ALONE,
    CANNOT_HOLD,
    LEAST_ALONE,
    TOO_FEW_ELEMENTS,
    doubt_of,
    verdict,
    verdict_beside,
)
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.model.formula_hint import FormulaHint, Held


class Model:
    """The networks of a bundle, loaded once and used for any number of patterns.

    Parameters
    ----------
    bundle
        Its types are the ones that answers are about.
    partner
        Another bundle that has a say; None asks the bundle alone.
    base
        The bundle that this one was extended from, with its partner; asked beside this one.

    Raises
    ------
    BundleError
        The bundles do not belong together.
    """

    def __init__(
        self, bundle: Bundle, partner: Partner | None = None, *, base: "Model | None" = None
    ) -> None:
        if partner is not None:
            partner.check(bundle)
        if base is not None:
            check_base(bundle, base.bundle)
        self.bundle: Bundle = bundle
        self.partner: Partner | None = partner
        self.base: Model | None = None if base is None else base._asked_by(bundle)
        self._left_out: frozenset[str] = frozenset()

    @property
    def calibration(self) -> Calibration:
        """Of what `score` gives."""
        return self.bundle.calibration if self.partner is None else self.partner.calibration

    @cached_property
    def alone(self) -> "Model":
        """The bundle without its partner."""
        return self if self.partner is None and self.base is None else Model(self.bundle)

    @cached_property
    def scored(self) -> Bundle:
        """The bundle whose types `score` gives scores of: its own, or the partner's, and more."""
        return self.partner.bundle if self.partner and self.partner.has_more else self.bundle

    @property
    def id(self) -> str:
        """Of all that has a say: the bundle's id, or one of both bundles' ids."""
        if self.base is not None:
            return sha256_of(f"{self.bundle.id}+{self.base.id}".encode())
        if self.partner is None:
            return self.bundle.id
        return sha256_of(f"{self.bundle.id}+{self.partner.bundle.id}".encode())

    def names_of_class(self, name: str) -> tuple[str, ...]:
        """A type and what is merged into it; empty where no bundle that has a say knows it."""
        asked = [self, self.base] if self.base else [self]
        for bundle in (each for model in asked for each in (model.bundle, model.scored)):
            for entry in bundle.types:
                if entry.name == name:
                    return (entry.name, *entry.merged)
        return ()

    def sample(self, pattern: Pattern) -> Sample:
        """Prepare a measured pattern as the bundle wants it, once for all that look at it.

        Raises
        ------
        InvalidPatternError
            The pattern cannot be prepared, see `crystinet.patterns.preprocessing.preprocess`.
        """
        return Sample.of(pattern, grid=self.bundle.axis.grid, config=self.bundle.preprocessing)

    def network_input(self, prepared: Sequence[Pattern]) -> NDArray[np.float32]:
        """Network inputs (b, channels, length) of preprocessed patterns."""
        intensity = np.stack([p.intensity for p in prepared])
        mask = np.stack([p.mask for p in prepared])
        knee = self.bundle.preprocessing.intensity_knee
        return self.bundle.axis.network_input(intensity, mask, knee=knee)

    def pooled_features(self, samples: Sequence[Sample]) -> NDArray[np.float32]:
        """Pooled shared features (b, f)."""
        return pool(self.bundle.shared(self.network_input(self._prepared(samples)))[0])

    def _prepared(self, samples: Sequence[Sample]) -> list[Pattern]:
        """Prepared patterns; refuses what was prepared for networks of another kind."""
        for sample in samples:
            if (sample.grid, sample.config) != (self.bundle.axis.grid, self.bundle.preprocessing):
                raise ConfigError(
                    f"The sample {sample.raw.name!r} was prepared for another model.",
                    hint="Make it with the `sample` method of the model that is asked.",
                )
        return [sample.prepared for sample in samples]

    def score(self, inputs: NDArray[np.float32]) -> Scores:
        """Run all nets on network inputs (b, channels, length), those of the partner too."""
        own = score_networks(self.bundle, inputs)
        if self.partner is None:
            return own
        other = score_networks(self.partner.bundle, inputs)
        with quiet():
            return self.partner.joined(own, other, alone=self.bundle.calibration)

    def composition_hint(
        self, elements: Iterable[str] | None, formula: "FormulaHint | None" = None
    ) -> FloatArray:
        """What is added to ln(C p) of every type for a composition, (t,), at most 0.

        The types are those of `scored`. Where its bundle has a network for compositions, that is
        asked; where it has none, the table of the elements of each type.

        Raises
        ------
        ConfigError
            For what is no chemical element.
        """
        if elements is None:
            return np.zeros(len(self.scored.types))
        named = check_elements(elements)
        network = self.scored.composition_network
        if network is not None:
            amounts = None if formula is None else formula.amounts
            return network.hint(
                amounts or dict.fromkeys(named, 1.0), with_amounts=amounts is not None
            )
        score = self.scored.composition.log_likelihood(named)
        hint: FloatArray = self.calibration.composition_weight * (score - score.max())
        return hint

    def identify(
        self,
        samples: Sequence[Sample],
        *,
        top: int | None = None,
        elements: Iterable[str] | None = None,
        formula: "FormulaHint | None" = None,
    ) -> list[Identification]:
        """Rank the types that samples may have.

        Parameters
        ----------
        samples
            From `sample`.
        top
            Number of candidates to keep of each; None keeps the whole ranking.
        elements
            Elements of the samples, where they are known: types are re-weighted by how often such
            compounds have them.
        formula
            What the composition lets the sites of types hold, see `crystinet.model.formula_hint`;
            with amounts these re-weight types too.

        Raises
        ------
        ConfigError
            ``top`` is no positive whole number, ``elements`` holds what is no element, or a sample
            was prepared for another model.
        """
        if top is not None:
            top = as_count(top, name="top")
        started = time.perf_counter()
        prepared = self._prepared(samples)
        if not prepared:
            return []
        scores = self.score(self.network_input(prepared))
        hint = self.composition_hint(elements, formula)
        elapsed = (time.perf_counter() - started) / len(prepared)
        with quiet():
            answers = [
                self._answer(
                    sample, scores[i], hint=hint, formula=formula, top=top, elapsed_s=elapsed
                )
                for i, sample in enumerate(samples)
            ]
        if self.base is None:
            return answers
        of_base = self.base.identify(samples, top=1, elements=elements, formula=formula)
        names = names_of(self.base.bundle)
        return [
            beside_base(own, base, of_base=names)
            for own, base in zip(answers, of_base, strict=True)
        ]

    def _asked_by(self, extended: Bundle) -> "Model":
        """The same, for which the types of an extended bundle are no further ones."""
        model = Model(self.bundle, self.partner)
        model._left_out = names_of(extended)
        return model

    def _answer(
        self,
        sample: Sample,
        own: Scores,
        *,
        hint: FloatArray,
        formula: "FormulaHint | None",
        top: int | None,
        elapsed_s: float,
    ) -> Identification:
        calibration = self.calibration
        raw, ready = sample.raw, sample.prepared
        hinted, held = self.hinted(own, hint, formula)
        unknown = self.unknown_score(own, hinted, held, hint)
        reliability = hinted.reliability(calibration)[0]
        probability = hinted.probability(calibration)[0]
        _check_finite(unknown, reliability, probability, own.similarity, own.confidence)
        ranking = np.argsort(-reliability, kind="stable")
        in_set = candidate_set_size(
            probability[ranking], set_probability=calibration.set_probability
        )
        found, reason = verdict(unknown, probability[ranking[0]], calibration)
        if held is not None:
            alike = int(np.argmax(own.reliability(calibration)[0]))
            if held.refuses(int(ranking[0])) and found is not Verdict.UNKNOWN:
                found, reason = Verdict.UNCERTAIN, CANNOT_HOLD
            elif found is Verdict.KNOWN and (
                own.probability(calibration)[0, ranking[0]] < LEAST_ALONE
            ):
                reason = BY_COMPOSITION_ALONE.format(self.bundle.types[alike].name)
                found = Verdict.UNCERTAIN
            elif held.excludes(alike) and found is not Verdict.KNOWN:
                reason = TOO_FEW_ELEMENTS.format(self.bundle.types[alike].name)
        if none := find_note(ready.notes, NoteCode.NO_PEAKS):
            unknown, found, reason = 1.0, Verdict.UNKNOWN, none.text
        elif found is Verdict.KNOWN and (doubt := doubt_of(ready.notes)):
            found, reason = Verdict.UNCERTAIN, doubt.text
        further = self._further(own, hinted, held, hint, ready.notes)
        if further is not None:
            best = float(probability[ranking[0]])
            found, reason = verdict_beside(found, reason, further, best)
        return Identification(
            candidates=self._candidates(ranking[:top], own, reliability, probability),
            verdict=found,
            reason=reason,
            unknown_score=unknown,
            candidate_set=tuple(self.bundle.types[t].name for t in ranking[:in_set]),
            wavelength_angstrom=raw.radiation.wavelength_angstrom,
            wavelength_from=raw.radiation.origin,
            two_theta_range=raw.measured_range_deg,
            notes=ready.notes,
            steps=ready.steps,
            model_id=self.bundle.id,
            model_version=self.bundle.version,
            elapsed_s=elapsed_s + sample.preparation_s,
            name=raw.name,
            metadata=raw.metadata,
            further=further,
            symmetry=_symmetry(own, ready.notes),
            types_asked=len(self.scored.types),
        )

    def _further(
        self,
        own: Scores,
        hinted: Scores,
        held: "Held | None",
        hint: FloatArray,
        notes: Sequence[Note],
    ) -> FurtherTypes | None:
        """What the partner's other types are worth; None where there are none."""
        if self.partner is None or own.asked is None or find_note(notes, NoteCode.NO_PEAKS):
            return None
        found = further_types(
            self.partner.bundle,
            hinted.probability_of_all(self.calibration)[0],
            asked=own.asked.count,
            unknown_score=self._doubted(self._unknown_score_of_all(own, held), own, hint),
            calibration=self.partner.joint.calibration,
            groups=None if self.partner.head is None else self.partner.head.groups.tolist(),
            left_out=self._left_out,
        )
        alone = float(own.asked.unknown_alone[0])
        tipped = alone >= self.bundle.calibration.known_below
        found = replace(found, unknown_alone=alone, tipped=tipped)
        if not found.known:
            return found
        names = [entry.name for entry in self.scored.types]
        if held is not None and held.refuses(names.index(found.types[0].type)):
            return found.doubted(CANNOT_HOLD)
        doubt = doubt_of(notes)
        return found if doubt is None else found.doubted(doubt.text)

    def unknown_score(
        self, own: Scores, hinted: Scores, held: "Held | None", hint: FloatArray
    ) -> float:
        """0 (surely one of the bundle's types) to 1 (surely not).

        Parameters
        ----------
        own
            Scores of one pattern.
        hinted, held
            From `hinted`.
        hint
            From `composition_hint`, (t,).
        """
        score = self._unknown_score_of_all(own, held)
        if own.asked is not None:
            share = hinted.share_of_asked(self.calibration)
            score = float(own.asked.unknown_score(np.array([score]), share)[0])
        return self._doubted(score, own, hint)

    def _doubted(self, score: float, own: Scores, hint: FloatArray) -> float:
        """An unknown score, with what a network for compositions says against the types."""
        if self.scored.composition_network is None or not hint.any():
            return score
        return doubted(score, hint, own.probability_of_all(self.calibration)[0])

    def _unknown_score_of_all(self, own: Scores, held: "Held | None") -> float:
        score = float(own.unknown_score_of_all(self.calibration)[0])
        if held is None:
            return score
        return held.unknown_score(score, own.probability_of_all(self.calibration)[0])

    def hinted(
        self, scores: Scores, hint: FloatArray, formula: "FormulaHint | None"
    ) -> "tuple[Scores, Held | None]":
        """Re-weighted scores of one pattern, and how well the first candidates hold the formula.

        Parameters
        ----------
        scores
            Of one pattern.
        hint
            From `composition_hint`, (t,).
        formula
            What else is known of the composition.
        """
        hinted = scores.with_hint(hint)
        if formula is None:
            return hinted, None
        of_all = np.argsort(-hinted.reliability_of_all(self.calibration)[0], kind="stable")
        own = np.argsort(-hinted.reliability(self.calibration)[0], kind="stable")
        held = formula.held_by(self.scored.types, of_all, own)
        return hinted.with_hint(held.weight), held

    def _candidates(
        self, columns: IntArray, own: Scores, reliability: FloatArray, probability: FloatArray
    ) -> tuple[Candidate, ...]:
        """Candidates for columns, in this order; the scores are those of one pattern."""
        return tuple(
            Candidate(
                type=entry.name,
                number=entry.number,
                merged=entry.merged,
                reliability=float(reliability[t]),
                probability=float(probability[t]),
                similarity=float(own.similarity[0, t]),
                confidence=float(own.confidence[0, t]),
                net=entry.net,
            )
            for t in columns
            for entry in (self.bundle.types[t],)
        )


def _symmetry(own: Scores, notes: Sequence[Note]) -> LikelySymmetry | None:
    """What is probable of the symmetry; None where the pattern has too few lines to say it."""
    if own.symmetry is None or find_note(notes, NoteCode.NO_PEAKS) or doubt_of(notes):
        return None
    return symmetry_of(own.symmetry[0])


def _check_finite(*scores: float | FloatArray) -> None:
    if not all(np.isfinite(each).all() for each in scores):
        raise InternalFaultError(
            "The scores of this pattern are not finite: there is no answer.",
            hint="This is a fault of crystinet or of its model, not of the pattern. Please report "
            "it with the pattern.",
        )
