"""Whole answers on simulated patterns of held-out compounds, as `identify` gives them.

Usage::

    python benchmarks/held_out_answers.py ask DATASET FILE [--split test] [--patterns 300]
        [--outside 100] [--seed 1]
    python benchmarks/held_out_answers.py figures FILE

``ask`` takes compounds of a split of DATASET, of the classes of the model and of others, all known
experimentally, and draws one fully augmented pattern of each as a diffractometer records it. Each
is asked about three times: with nothing known, with its elements, with its formula. Answers are
checked by lines as always. FILE gets one JSON document a pattern, so that an interrupted run leaves
something.

``figures`` says how often the first candidate is right by the networks and in the answer; how often
an answer is known, right, and a pair of types that powder diffraction hardly tells apart; and how
often one of the other types is called known.
"""

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np

from crystinet.app.models import line_check, load_model
from crystinet.app.question import Question
from crystinet.core.errors import CrystinetError
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.evaluation.sampling import HeldOutCompounds
from crystinet.model.identification import Identification
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample
from fit_held_out import drawn

KNOWN_OF = ("nothing", "elements", "formula")
Row = dict[str, Any]


class Asked:
    """Asks about patterns of compounds of a data set."""

    def __init__(self, data: Dataset) -> None:
        self.model, self.data = load_model(), data
        self.check = line_check(self.model)

    def rows(self, sample: HeldOutCompounds, *, seed: int) -> Iterator[Row]:
        """What is said of a pattern of each compound."""
        names = [entry.name for entry in self.model.bundle.types]
        truth = {int(i): names[c] for i, c in zip(sample.inside, sample.target, strict=True)}
        for side, indices in enumerate((sample.inside, sample.outside)):
            for number, pattern in drawn(self.model, self.data, indices, seed=(seed, 47, side)):
                yield self.row(number, pattern, truth.get(number, ""))

    def row(self, number: int, pattern: Pattern, truth: str) -> Row:
        """What is said of one pattern."""
        member = self.data.members[number]
        amounts = composition_of(member.formula)
        formula = "".join(f"{element}{amount:.5g}" for element, amount in amounts.items())
        given = {"elements": sorted(member.elements), "formula": formula}
        row: Row = {"compound": member.formula, "truth": truth}
        for what in KNOWN_OF:
            question = Question.of(**{what: given[what]} if what in given else {})
            try:
                sample = self.model.sample(pattern)
                row[what] = self.said(sample, question)
            except CrystinetError as error:
                row[what] = {"error": error.message}
        return row

    def said(self, sample: Sample, asked: Question) -> Row:
        """What is answered to one question."""
        composed = asked.elements is not None or asked.formula is not None
        (networks,) = self.model.identify(
            [sample], elements=asked.elements, formula=asked.composition_hint
        )
        found = self.check.ranked(sample, networks)
        found = self.check.checked(sample, found, composed=composed)
        return {
            "networks": networks.candidates[0].type,
            "first": found.candidates[0].type,
            "third": [each.type for each in found.candidates[:3]],
            "probability": found.candidates[0].probability,
            "verdict": found.standing,
            "named": _named(found),
            "unknown_score": found.unknown_score,
        }


def _named(found: Identification) -> list[str]:
    return [found.candidates[0].type, *found.ambiguous_with]


def figures(rows: list[Row]) -> Iterator[str]:
    """The figures, a line each."""
    inside = [row for row in rows if row["truth"]]
    outside = [row for row in rows if not row["truth"]]
    yield f"{len(inside)} compounds of the model's types, {len(outside)} of others"
    for what in KNOWN_OF:
        said = [(row[what], row["truth"]) for row in inside if "error" not in row[what]]
        others = [row[what] for row in outside if "error" not in row[what]]
        known = [(each, truth) for each, truth in said if each["verdict"] == "known"]
        yield (
            f"{what} given: right first {_share(e['networks'] == t for e, t in said)} by the "
            f"networks, {_share(e['first'] == t for e, t in said)} in the answer, "
            f"{_share(t in e['third'] for e, t in said)} among three; "
            f"known {_share(e['verdict'] == 'known' for e, _ in said)}, of these the truth named "
            f"{_share(t in e['named'] for e, t in known)}, as a pair "
            f"{_share(len(e['named']) > 1 for e, _ in known)}; "
            f"others known {_share(e['verdict'] == 'known' for e in others)}"
        )


def _share(values: Any) -> str:
    found = list(values)
    return f"{100.0 * np.mean(found):.1f} % of {len(found)}" if found else "none of 0"


def main() -> None:
    """Ask, or say what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("ask", "figures"))
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--split", type=Split, default=Split.TEST)
    parser.add_argument("--patterns", type=int, default=300)
    parser.add_argument("--outside", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.what == "figures":
        rows = [json.loads(line) for line in given.files[0].read_text().splitlines()]
        print("\n".join(figures(rows)))
        return
    data = Dataset.load(given.files[0])
    asked = Asked(data)
    sample = HeldOutCompounds.draw(data, asked.model.bundle, seed=given.seed, split=given.split)
    sample = HeldOutCompounds(
        sample.inside[: given.patterns],
        sample.target[: given.patterns],
        sample.outside[: given.outside],
    )
    with given.files[1].open("w") as file:
        for row in asked.rows(sample, seed=given.seed):
            print(json.dumps(row), file=file, flush=True)


if __name__ == "__main__":
    main()
