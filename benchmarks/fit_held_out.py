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

``figures`` says how often the first candidate is right before and after the fits, and how well
known types are told from others, by the unknown score and with what the fit leaves; how these count
is chosen on the patterns of ``--chosen``. ``weights`` fits those of
`crystinet.fit.whole_pattern.ranking`: on validation compounds.
"""

import argparse
import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
from scipy.optimize import minimize

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
from crystinet.fit.whole_pattern.candidate import CandidateFit, free_numbers_of, score_of
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern

FITTED, AT_ONCE = 3, 16
# With the weights of the ranking, no fit overcomes a probability that is so many times the own.
FARTHEST = 300.0
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
        fits, scores = self.work.fitted(sample, candidates, without=others)
        first = int(np.argmax(self.work.weighed(candidates, fits, scores)))
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
        return {"score": None, "numbers": 0, "lattice": 1.0, "residual": 1.0, "pull": 0.0}
    score = score_of(found)
    return {
        "score": score if math.isfinite(score) else None,
        "numbers": free_numbers_of(found),
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
    for row in inside:
        before, after = (row["candidates"][i]["type"] == row["truth"] for i in (0, row["first"]))
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


def weights(rows: list[Row]) -> Iterator[str]:
    """The weights that give the right candidates the highest probability; top-1 by folds."""
    posed = [_posed(row) for row in rows if row["truth"]]
    own = np.mean([int(np.argmax(p)) == t for p, _, _, t in posed])
    yield f"{len(posed)} patterns, networks {100.0 * own:.2f} %"
    for most in (5.0, 10.0, 20.0, 40.0):
        best = _fitted_weights(posed, most)
        folds, right, loss = 10, 0, 0.0
        for fold in range(folds):
            kept = [each for i, each in enumerate(posed) if i % folds != fold]
            chosen = _fitted_weights(kept, most)
            for each in posed[fold::folds]:
                said = _said_by(chosen, each, most)
                right += int(np.argmax(said)) == each[3]
                loss -= math.log(max(said[each[3]], 1e-9)) if each[3] >= 0 else 0.0
        yield (
            f"most {most:g}: networks {best[0]:.3f}, fit {best[1]:.3f}, number {best[2]:.3f}; "
            f"cross-validated {100.0 * right / len(posed):.2f} %, loss {loss / len(posed):.4f}"
        )


Posed = tuple[FloatArray, FloatArray, FloatArray, int]


def _posed(row: Row) -> Posed:
    types = [c["type"] for c in row["candidates"]]
    truth = types.index(row["truth"]) if row["truth"] in types else -1
    scores = [math.inf if score is None else score for score in row["scores"]]
    return (
        np.array([c["probability"] for c in row["candidates"]]),
        np.array(scores),
        np.array([c["numbers"] for c in row["candidates"]], dtype=np.float64),
        truth,
    )


def _said_by(w: FloatArray, posed: Posed, most: float) -> FloatArray:
    p, scores, numbers, _ = posed
    finite = np.isfinite(scores)
    best = scores[finite].min() if finite.any() else 0.0
    worse = np.where(finite, np.minimum(np.where(finite, scores, 0.0) - best, most), most)
    if not finite.any():
        worse[:] = 0.0
    logarithm = w[0] * np.log(np.maximum(p, 1e-6)) - w[1] * worse - w[2] * numbers
    found: FloatArray = np.exp(logarithm - logarithm.max())
    return found / found.sum()


def _fitted_weights(posed: list[Posed], most: float) -> FloatArray:
    inside = [each for each in posed if each[3] >= 0]

    def loss(w: FloatArray) -> float:
        said = [math.log(max(_said_by(w, each, most)[each[3]], 1e-12)) for each in inside]
        return -float(np.mean(said))

    found: FloatArray = minimize(loss, np.array([0.9, 0.3, 0.05]), method="Nelder-Mead").x
    return found


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
