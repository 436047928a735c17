"""Networks and fits together on simulated patterns of held-out compounds.

Usage::

    python benchmarks/fit_held_out.py draw DATASET FILE [--split test] [--patterns 200]
        [--outside 100] [--seed 1]
    python benchmarks/fit_held_out.py figures FILE [--chosen FILE]
    python benchmarks/fit_held_out.py weights FILE

``draw`` takes compounds of a split of DATASET, of the classes of the model and of others, and draws
one fully augmented pattern of each as a diffractometer records it (`crystinet.training.draw`). Each
is identified, and the first candidates are fitted as `identify --fit` does, without those that no
fit could bring to the front. No fit starts from a compound of the same elements, nor from a
reference of them. FILE gets one JSON document a pattern.

``figures`` says how often the first candidate is right before and after the fits, with the weights
of now, and how well known types are told from others, by the unknown score and with what the fit
leaves; how these count is chosen on the patterns of ``--chosen``. ``weights`` fits those of
`crystinet.fit.whole_pattern.ranking`: on validation compounds.
"""

import argparse
import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from crystinet.app.models import line_check, load_index, load_model
from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import CrystinetError
from crystinet.core.radiation import Radiation
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split, compound_key
from crystinet.evaluation.metrics import auroc
from crystinet.evaluation.sampling import HeldOutCompounds, full_range_source
from crystinet.fit.whole_pattern.atom_starts import reference_start
from crystinet.fit.whole_pattern.candidate import CandidateFit
from crystinet.fit.whole_pattern.comparison import fitted_candidates
from crystinet.fit.whole_pattern.ranking import FIT, MOST, NOTHING_FITS, weighed
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern

FITTED, AT_ONCE = 3, 16
# With the weights of the ranking, no fit overcomes a probability that is so many times the own.
FARTHEST = 300.0
# Ceilings of the logarithm of the score that are tried.
CEILINGS = (0.5, 1.0, 1.5, 2.0, 3.0)
FEATURES = ("unknown score", "lattice", "atoms", "pull", "unexplained")
Row = dict[str, Any]


# --- draw ----------------------------------------------------------------------------------


def drawn(
    model: Model, data: Dataset, indices: IntArray, *, seed: tuple[int, ...]
) -> Iterator[tuple[int, Pattern]]:
    """Compounds and their patterns, recorded over the whole grid of the model."""
    source, radiation = full_range_source(model.bundle, data), Radiation.of_anode("Cu")
    angles = source.config.grid.two_theta_deg
    rng = np.random.default_rng(seed)
    for start in range(0, len(indices), AT_ONCE):
        chosen = indices[start : start + AT_ONCE]
        recorded = source.recorded(chosen, impurities=rng.choice(indices, len(chosen)), rng=rng)
        for i, curve in zip(chosen.tolist(), recorded.intensity.cpu().numpy(), strict=True):
            yield i, Pattern(angles, curve.astype(np.float64), radiation)


def by_turns(
    streams: list[Iterator[tuple[int, Pattern]]], lengths: list[int]
) -> Iterator[tuple[int, Pattern]]:
    """All of several streams, so that a run that is cut off has its share of each."""
    places = [((i + 1) / n, stream) for stream, n in enumerate(lengths) for i in range(n)]
    for _, stream in sorted(places):
        yield next(streams[stream])


def key_of(formula: str) -> str:
    """The elements of a compound as the splits see them."""
    return compound_key(composition_of(formula))


def is_of_reference(data: Dataset, number: int) -> bool:
    """Whether the reference of a compound's type has its elements: fits would start from it."""
    member = data.members[number]
    start = reference_start(member.type_name) if member.type_name else None
    if start is None:
        return False
    elements = {element for site in start.structure.sites for element, _ in site.species}
    return elements == set(member.elements)


class Asked:
    """Networks and fits, asked about patterns of the compounds of a data set."""

    def __init__(self, model: Model, data: Dataset) -> None:
        self.model, self.data = model, data
        self.work, self.check = Refinement(model, load_index()), line_check(model)
        self.keys = np.array([key_of(c.formula) for c in self.work.index.compounds])

    def rows(self, sample: HeldOutCompounds, *, seed: int) -> Iterator[Row]:
        """What is said of a pattern of each compound."""
        names = [entry.name for entry in self.model.bundle.types]
        truth = {int(i): names[c] for i, c in zip(sample.inside, sample.target, strict=True)}
        sides = (sample.inside, sample.outside)
        streams = [
            drawn(self.model, self.data, indices, seed=(seed, 41, side))
            for side, indices in enumerate(sides)
        ]
        for number, pattern in by_turns(streams, [len(indices) for indices in sides]):
            formula = self.data.members[number].formula
            try:
                said = self.row(pattern, formula)
            except CrystinetError as error:
                print(f"left out: {formula} ({error.message})", flush=True)
                continue
            yield {"formula": formula, "truth": truth.get(number, ""), **said}

    def row(self, pattern: Pattern, formula: str) -> Row:
        """What is said of one pattern."""
        others = np.flatnonzero(self.keys == key_of(formula))
        sample = self.model.sample(pattern)
        (answer,) = self.model.identify([sample])
        answer = self.check.ranked(sample, answer)
        least = answer.candidates[0].probability / FARTHEST
        candidates = [
            ((c.type, *c.merged), c.probability)
            for c in answer.candidates[:FITTED]
            if c.probability >= least
        ]
        fits, scores = fitted_candidates(self.work, sample, candidates, without=others)
        first = int(np.argmax(weighed(candidates, fits, scores)))
        best, proof, line = fits[first], "no lines", 0.0
        if best is not None:
            fit = self.work.answer(sample, best)
            proof = fit.phases[0].verified.value
            line = max((each.height for each in fit.unexplained), default=0.0)
        return {
            "unknown_score": answer.unknown_score,
            "verdict": answer.verdict.value,
            "candidates": [
                {"type": names[0], "probability": p, **_said(found)}
                for (names, p), found in zip(candidates, fits, strict=True)
            ],
            "scores": [score if math.isfinite(score) else None for score in scores],
            "first": first,
            "verified": proof,
            "unexplained": line,
        }


def _said(found: CandidateFit | None) -> Row:
    """What a fit leaves."""
    if found is None:
        return {"score": None, "lattice": 1.0, "residual": 1.0, "pull": 0.0}
    return {
        "score": None if found.joint is None else found.joint.score,
        "lattice": found.lattice.residual,
        "residual": found.residual,
        "pull": found.pull,
        "last_deg": float(found.lattice.points.two_theta_deg[-1]),
        "independent": len(found.lattice.points) / found.lattice.points.correlated,
    }


def read_rows(path: Path) -> list[Row]:
    """What ``draw`` wrote."""
    return [json.loads(line) for line in path.read_text().splitlines()]


# --- figures -------------------------------------------------------------------------------


def figures(rows: list[Row], chosen: list[Row]) -> dict[str, Any]:
    """How often the first candidate is right, and known types told from others."""
    inside = [row for row in rows if row["truth"]]
    right = Counter[str]()
    present = Posed.of(rows, most=MOST).probabilities(FIT)
    for row, first in zip(inside, present.argmax(axis=1).tolist(), strict=True):
        before, after = (row["candidates"][i]["type"] == row["truth"] for i in (0, first))
        right["networks"] += before
        right["with the fit"] += after
        right["lost"] += before and not after
        right["won"] += after and not before
        right["among the fitted"] += row["truth"] in [c["type"] for c in row["candidates"]]
    found: dict[str, Any] = {"patterns": len(inside), **right}
    known = np.array([bool(row["truth"]) for row in rows])
    found["outside"] = int((~known).sum())
    features = features_of(rows)
    found["AUROC, unknown score"] = _auroc(features[:, 0], known)
    if chosen:
        weight = regression(
            features_of(chosen), np.array([not row["truth"] for row in chosen], dtype=bool)
        )
        found["weights"] = dict(zip(FEATURES, np.round(weight[1:], 3).tolist(), strict=True))
        found["AUROC, with the fit"] = _auroc(features @ weight[1:], known)
    for kind, of in (("right", True), ("wrong", False), ("outside", None)):
        said = Counter(
            row["verified"] for row in rows if row["verdict"] == "known" and _is_right(row) is of
        )
        found[f"known, {kind}"] = dict(said)
    return found


def _is_right(row: Row) -> bool | None:
    return row["candidates"][row["first"]]["type"] == row["truth"] if row["truth"] else None


def features_of(rows: list[Row]) -> FloatArray:
    """What speaks against a known type, (n, 5), see `FEATURES`."""
    found = []
    for row in rows:
        best = row["candidates"][row["first"]]
        unknown = min(max(row["unknown_score"], 1e-9), 1.0 - 1e-9)
        more = math.sqrt(max(best["residual"] ** 2 - best["lattice"] ** 2, 0.0))
        found.append(
            [
                math.log(unknown / (1.0 - unknown)),
                best["lattice"],
                more,
                math.sqrt(best["pull"]),
                min(row["unexplained"], 0.5),
            ]
        )
    return np.array(found)


def regression(features: FloatArray, positive: "np.ndarray[Any, Any]") -> FloatArray:
    """Logistic regression, both sides weighing the same: constant and weights, (f + 1,)."""
    x = np.column_stack([np.ones(len(features)), features])
    sign = np.where(positive, 1.0, -1.0)
    weight = np.where(positive, 0.5 / positive.mean(), 0.5 / (1.0 - positive.mean()))

    def loss(w: FloatArray) -> float:
        return float(np.mean(weight * np.logaddexp(0.0, -sign * (x @ w))) + 1e-4 * w[1:] @ w[1:])

    found: FloatArray = minimize(loss, np.zeros(x.shape[1]), method="BFGS").x
    return found


def _auroc(score: FloatArray, known: "np.ndarray[Any, Any]") -> float:
    return round(auroc(negatives=score[known], positives=score[~known]), 4)


# --- weights -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Posed:
    """Candidates of n patterns, up to `FITTED` each.

    Attributes
    ----------
    logarithm, worse
        Of the probability of the networks, minus infinity where there is no candidate; of a score
        against the best. Shape (n, `FITTED`).
    truth
        Which candidate is right, -1 for none, (n,).
    """

    logarithm: FloatArray
    worse: FloatArray
    truth: IntArray

    @classmethod
    def of(cls, rows: list[Row], *, most: float) -> "Posed":
        """Patterns of known types."""
        rows = [row for row in rows if row["truth"]]
        shape = (len(rows), FITTED)
        logarithm, worse = np.full(shape, -np.inf), np.zeros(shape)
        truth = np.full(len(rows), -1)
        for i, row in enumerate(rows):
            candidates = row["candidates"]
            n, scores = len(candidates), [score for score in row["scores"] if score is not None]
            logarithm[i, :n] = [math.log(max(c["probability"], 1e-6)) for c in candidates]
            named = [c["type"] for c in candidates]
            truth[i] = named.index(row["truth"]) if row["truth"] in named else -1
            if not scores or min(c["residual"] for c in candidates) > NOTHING_FITS:
                continue
            best = max(min(scores), 1.0)
            worse[i, :n] = [
                most if score is None else min(math.log(max(score, 1.0) / best), most)
                for score in row["scores"]
            ]
        return cls(logarithm, worse, truth)

    def probabilities(self, weight: float) -> FloatArray:
        """By networks and fit together, (n, `FITTED`); they add up to 1."""
        said = self.logarithm - weight * self.worse
        said = np.exp(said - said.max(axis=1, keepdims=True))
        found: FloatArray = said / said.sum(axis=1, keepdims=True)
        return found

    def loss(self, weight: float) -> float:
        """Mean negative logarithm of the probability of what is right."""
        (inside,) = np.nonzero(self.truth >= 0)
        right = self.probabilities(weight)[inside, self.truth[inside]]
        return -float(np.log(np.maximum(right, 1e-9)).mean())

    def right(self, weight: float) -> int:
        """How many first candidates are right."""
        return int((self.probabilities(weight).argmax(axis=1) == self.truth).sum())

    def best(self) -> float:
        """The weight with the lowest loss."""
        return float(minimize_scalar(self.loss, bounds=(0.0, 10.0), method="bounded").x)


def weights(rows: list[Row]) -> Iterator[str]:
    """What a fit counts, for several ceilings of its score, and what that is worth."""
    for most in CEILINGS:
        posed = Posed.of(rows, most=most)
        n, fit = len(posed.truth), posed.best()
        yield (
            f"at most {most:g}: fit {fit:.2f}; right first {posed.right(fit)} "
            f"(networks {posed.right(0.0)}), loss {posed.loss(fit):.4f} "
            f"(networks {posed.loss(0.0):.4f}) of {n}"
        )


def main() -> None:
    """Draw patterns, or say what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("draw", "figures", "weights"))
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--split", type=Split, default=Split.TEST)
    parser.add_argument("--patterns", type=int, default=200)
    parser.add_argument("--outside", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chosen", type=Path)
    given = parser.parse_args()
    if given.what == "weights":
        for line in weights(read_rows(given.files[0])):
            print(line, flush=True)
        return
    if given.what == "figures":
        chosen = [] if given.chosen is None else read_rows(given.chosen)
        for name, value in figures(read_rows(given.files[0]), chosen).items():
            print(f"{name}: {value}")
        return
    model, data = load_model(), Dataset.load(given.files[0])
    sample = HeldOutCompounds.draw(data, model.bundle, seed=given.seed, split=given.split)
    new = [i for i, number in enumerate(sample.inside) if not is_of_reference(data, number)]
    new = new[: given.patterns]
    sample = HeldOutCompounds(
        sample.inside[new], sample.target[new], sample.outside[: given.outside]
    )
    with given.files[1].open("w") as file:
        for row in Asked(model, data).rows(sample, seed=given.seed):
            print(json.dumps(row), file=file, flush=True)


if __name__ == "__main__":
    main()
