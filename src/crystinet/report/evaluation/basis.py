"""What all figures of simulated patterns share: arrays, labels, and the words on their origin."""

from dataclasses import dataclass, replace
from functools import cached_property

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.evaluation.nets import nets_of, published_reliability
from crystinet.evaluation.study import Study
from crystinet.model.bundle import Bundle
from crystinet.model.reliability import Calibration
from crystinet.model.scores import Scores

#: Weights of the similarity that the paper states figures for.
PAPER_ALPHAS = (0.0, 0.7)


def origin(bundle: Bundle) -> str:
    """Which bundle, in short."""
    return f"bundle {bundle.id[:12]} (version {bundle.version})"


@dataclass(frozen=True, eq=False)
class Basis:
    """A study with what is derived from it once."""

    study: Study

    @property
    def bundle(self) -> Bundle:
        """The bundle that is judged."""
        return self.study.model.bundle

    @property
    def calibration(self) -> Calibration:
        """Its calibration."""
        return self.bundle.calibration

    @property
    def inside(self) -> Scores:
        """Scores of the test compounds of known types."""
        return self.study.simulated.inside

    @property
    def outside(self) -> Scores:
        """Scores of the test compounds of other structures."""
        return self.study.simulated.outside

    @property
    def target(self) -> IntArray:
        """Column of the right type of each test compound."""
        return self.study.simulated.sample.target

    @cached_property
    def nets(self) -> IntArray:
        """Index of the net of each column."""
        return nets_of(self.bundle)

    @cached_property
    def net_labels(self) -> list[str]:
        """Names of the nets, for people."""
        return [f"RCNet {number}" for number in self.bundle.group_sizes]

    @cached_property
    def net_numbers(self) -> list[str]:
        """Numbers of the nets, where there is little room."""
        return [f"#{number}" for number in self.bundle.group_sizes]

    @cached_property
    def names(self) -> list[str]:
        """Names of the types, in the order of the columns."""
        return [entry.name for entry in self.bundle.types]

    def reliability(self, scores: Scores, alpha: float) -> FloatArray:
        """R of every type with another alpha, (b, t)."""
        return scores.reliability(replace(self.calibration, alpha=alpha))

    def published(self, scores: Scores, alpha: float) -> FloatArray:
        """R of the winner of each net by the published rule, (b, t)."""
        return published_reliability(
            log_share=scores.log_share,
            confidence=scores.confidence,
            similarity=scores.similarity,
            nets=self.nets,
            alpha=alpha,
        )

    @cached_property
    def alphas(self) -> dict[str, float]:
        """The alphas that figures are shown at, the bundle's own among them, with their names."""
        return {f"alpha {a:g}": a for a in sorted({*PAPER_ALPHAS, self.calibration.alpha})}

    def on(self, patterns: str) -> str:
        """Words that say what a figure was computed on."""
        data = self.study.dataset_sha256[:12] or "not recorded"
        return f"{patterns}; data set {data}, seed {self.study.seed}; {origin(self.bundle)}."

    @cached_property
    def on_test(self) -> str:
        """The same for the test compounds of known types."""
        return self.on(self.test_patterns)

    @cached_property
    def test_patterns(self) -> str:
        """What the test patterns are."""
        grid = self.bundle.axis.grid
        return (
            f"{len(self.target)} simulated patterns, fully augmented, one of each test compound "
            f"known experimentally, {grid.start_deg:g}-{grid.stop_deg:.0f} degrees, split by "
            "compound"
        )

    @cached_property
    def on_both(self) -> str:
        """The same for these and the other structures."""
        n = len(self.outside.log_share)
        return self.on(
            f"{self.test_patterns}; as unknown, one such pattern of each of {n} test compounds "
            "with none of the bundle's types"
        )
