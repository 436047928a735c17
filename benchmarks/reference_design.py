"""The reference design for speed: ten nets of the published size in torch, random weights.

Usage::

    python benchmarks/reference_design.py WEIGHTS FILE...            # answer once, in this process
    python benchmarks/reference_design.py WEIGHTS FILE... --compare [--repeats 3] [--model BUNDLE]

It does for a pattern what the published method does, as simply as torch allows: the nets are loaded
once, patterns are prepared by the same functions as for our union and go through all ten nets as
one batch; cosine with average patterns, reliability and ranking follow. ``--compare`` times it and
our union in turns in one process, so that other work on the machine meets both, and prints JSON.
`benchmarks/identify.py --reference` runs both forms. Missing WEIGHTS are drawn at random and
written first.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from crystinet.core.grid import DEFAULT_GRID
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.backend import usable_cores
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.model.networks import BATCH
from crystinet.model.reliability import log_sigmoid, log_softmax, winner_reliability
from crystinet.model.representation import GridAxis
from crystinet.model.similarity import PUBLISHED_SIMILARITY, best_cosine
from crystinet.patterns import Pattern, PreprocessingConfig, preprocess, read_pattern
from crystinet.training.groups import published_groups
from crystinet.training.recipes.published.net import PublishedNetConfig, PublishedRCNet


class ReferenceDesign:
    """Ten published nets, loaded once.

    ``weights`` is a file of torch with a list of their weights.
    """

    def __init__(self, weights: Path) -> None:
        self.sizes = published_groups(load_catalogue()).sizes
        self.axis, self.config = GridAxis(DEFAULT_GRID), PreprocessingConfig()
        self.nets = [PublishedRCNet(PublishedNetConfig(), n).eval() for n in self.sizes]
        for net, state in zip(self.nets, torch.load(weights, weights_only=True), strict=True):
            net.load_state_dict(state)
            net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        rng = np.random.default_rng(0)
        self.averages = rng.random((sum(self.sizes), self.axis.length), dtype=np.float32)

    @staticmethod
    def write_weights(path: Path) -> None:
        """Write random weights for the ten nets."""
        torch.manual_seed(0)
        sizes = published_groups(load_catalogue()).sizes
        torch.save([PublishedRCNet(PublishedNetConfig(), n).state_dict() for n in sizes], path)

    def identify(self, patterns: Sequence[Pattern]) -> list[list[int]]:
        """Columns of the types of each pattern, best first."""
        prepared = [preprocess(p, grid=self.axis.grid, config=self.config) for p in patterns]
        ranking: list[list[int]] = []
        for i in range(0, len(prepared), BATCH):
            part = prepared[i : i + BATCH]
            inputs = self.axis.network_input(
                np.stack([p.intensity for p in part]), np.stack([p.mask for p in part]), knee=0.0
            )
            ranking += self._rank(inputs)
        return ranking

    def _rank(self, inputs: np.ndarray) -> list[list[int]]:
        x = torch.from_numpy(inputs)
        with torch.inference_mode():
            outputs = [net(x) for net in self.nets]
        log_p = np.concatenate([log_softmax(t.double().numpy()) for t, _ in outputs], axis=1)
        confidence = np.concatenate([c.double().numpy() for _, c in outputs], axis=1)
        log_c = np.repeat(log_sigmoid(confidence), self.sizes, axis=1)
        similarity, _ = best_cosine(inputs, self.averages, config=PUBLISHED_SIMILARITY)
        r = winner_reliability(
            log_share=log_p + log_c,
            confidence=np.exp(log_c),
            similarity=similarity,
            alpha=0.7,
            sizes=self.sizes,
        )
        order: list[list[int]] = np.argsort(-r, axis=1).tolist()
        return order


def compare(
    reference: ReferenceDesign, model: Model, patterns: list[Pattern], *, repeats: int
) -> dict[str, dict[str, float]]:
    """Median milliseconds a pattern of both, one pattern alone and all in one batch."""
    runs: dict[str, Callable[[Sequence[Pattern]], object]] = {
        "union": lambda given: model.identify([model.sample(p) for p in given]),
        "reference": reference.identify,
    }
    times: dict[str, dict[str, list[float]]] = {name: {"single": [], "batch": []} for name in runs}
    for run in runs.values():
        run(patterns[:1])  # opens networks and fills caches
        run(patterns[:2])
    for i in range(repeats):
        for name, run in runs.items():
            for kind, given in (("single", [patterns[i % len(patterns)]]), ("batch", patterns)):
                started = time.perf_counter()
                run(given)
                elapsed = time.perf_counter() - started
                times[name][kind].append(1e3 * elapsed / len(given))
    return {
        name: {kind: statistics.median(values) for kind, values in kinds.items()}
        for name, kinds in times.items()
    }


def main() -> None:
    """Answer, or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", type=Path, help="bundle instead of the built-in one")
    options = parser.parse_args()
    torch.set_num_threads(usable_cores())
    if not options.weights.exists():
        ReferenceDesign.write_weights(options.weights)
    reference = ReferenceDesign(options.weights)
    patterns = [read_pattern(path) for path in options.files]
    if options.compare:
        model = Model(load_bundle(options.model))
        print(json.dumps(compare(reference, model, patterns, repeats=options.repeats)))
    else:
        print(json.dumps([ranking[:5] for ranking in reference.identify(patterns)]))


if __name__ == "__main__":
    main()
