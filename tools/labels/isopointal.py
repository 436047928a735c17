"""Teach isopointal structures as members, not at all, or as outside, and compare.

Usage::

    python tools/labels/isopointal.py store corpus.sqlite isopointal.sqlite
    crystinet corpus build isopointal.sqlite isopointal.npz --known-only --outside 5000 --variants 0
    python tools/labels/isopointal.py compare corpus.sqlite dataset.npz isopointal.npz FEATURES

`assign` says of some structures that they are *isopointal* to a type: they have its space group and
occupied positions, and differ in one thing (an anti-type, c/a or a coordinate outside). ``store``
makes a store of these alone, without what makes `corpus build` leave them out; those that were made
are taken. ``compare`` needs also the whole store, which says what each is isopointal to, and the
training data set.

One fully augmented pattern of each compound goes through the shared stages of both bundles of the
package, which stay as they are; what is pooled there (FEATURES keeps it) is the input of a small
net, a hidden layer and one output for each type, each with a sigmoid.
It is taught three times on compounds of the training split: with isopointal structures as members
of their types, without them, and as *outside* all types. The figures are of test compounds.
"""

import argparse
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from crystinet.core.arrays import BoolArray, Float32Array, IntArray
from crystinet.core.files import read_arrays, write_arrays
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.metrics import auroc
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import bundle_folder, load_bundle
from crystinet.model.screening import pool
from crystinet.training.draw.source import PatternSource, RenderingConfig

LABELS = ("members", "left out", "outside")
BATCH, HIDDEN, PASSES, STEP = 128, 256, 14, 256
#: Of the types' own compounds, so many may be refused where others are counted as accepted.
REFUSED = 0.05


class Features:
    """Features, columns of types (-1 for none) and splits of compounds: (n, f), (n,) and (n,)."""

    def __init__(self, inputs: Float32Array, column: IntArray, split: IntArray) -> None:
        self.inputs, self.column, self.split = inputs, column, split

    def of(self, split: Split) -> "Features":
        """Those of one split."""
        return self.where(self.split == list(Split).index(split))

    def where(self, rows: BoolArray) -> "Features":
        """Those of some rows."""
        return Features(self.inputs[rows], self.column[rows], self.split[rows])


def keep_isopointal(corpus: Path, kept: Path) -> None:
    """Copy a store, without all structures but isopointal ones, of which it does not say so.

    A few structures of classes stay, since no data set is without any.
    """
    shutil.copyfile(corpus, kept)
    with sqlite3.connect(kept) as store:
        store.execute(
            "DELETE FROM structure WHERE (isopointal_to = '' OR NOT known_experimentally) AND id "
            "NOT IN (SELECT min(id) FROM structure WHERE class_number > 0 GROUP BY class_number "
            "LIMIT 3)"
        )
        store.execute("UPDATE structure SET isopointal_to = ''")


def drawn(
    path: Path, bundles: list[Bundle], data: Dataset, chosen: IntArray, *, seed: int
) -> Float32Array:
    """Features of one pattern of each chosen compound, from the file if it is there."""
    if path.exists():
        return read_arrays(path)["inputs"].astype(np.float32)
    first = bundles[0]
    rendering = RenderingConfig(preprocessing=first.preprocessing, grid=first.axis.grid)
    source, rng = PatternSource(data, rendering, first.axis), np.random.default_rng([seed, 61])
    parts = []
    for start in range(0, len(chosen), BATCH):
        batch = chosen[start : start + BATCH]
        inputs = source.draw_inputs(batch, impurities=rng.choice(chosen, len(batch)), rng=rng)
        parts.append(np.hstack([pool(bundle.shared(inputs)[0]) for bundle in bundles]))
        print(f"\r{path.name} {start + len(batch)}/{len(chosen)}   ", end="", file=sys.stderr)
    found = np.concatenate(parts)
    write_arrays(path, {"inputs": found.astype(np.float16)})
    return found


def chosen_of(data: Dataset, *, patterns: int, seed: int) -> IntArray:
    """Compounds that are taught and judged: known experimentally where they are judged."""
    rng = np.random.default_rng([seed, 62])
    taught, judged = [], []
    for i, member in enumerate(data.members):
        if member.split is Split.TRAIN:
            taught.append(i)
        elif member.known_experimentally and member.split is Split.TEST:
            judged.append(i)
    return np.concatenate([rng.permutation(taught)[:patterns], rng.permutation(judged)[:3000]])


def columns_of(names: list[str]) -> dict[str, int]:
    """Column of each type by its name, and those of the types that count as it."""
    catalogue = load_catalogue()
    column = {name: i for i, name in enumerate(names)}
    for kind in catalogue:
        if (of := catalogue.class_of(kind).name) in column:
            column[kind.name] = column[of]
    return column


def features_of(
    bundles: list[Bundle],
    column: Mapping[str, int],
    corpus: Path,
    dataset: Path,
    isopointal: Path,
    folder: Path,
    *,
    patterns: int,
    seed: int,
) -> tuple[Features, Features]:
    """Features of the data set, and of those that are isopointal to a type with a column.

    Both are standardised by the first; what was drawn is kept in ``folder``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(corpus) as store:
        near_to = dict(store.execute("SELECT id, isopointal_to FROM structure"))
    parts: list[Features] = []
    for path in (dataset, isopointal):
        data = Dataset.load(path)
        chosen, near = chosen_of(data, patterns=patterns, seed=seed), path == isopointal
        if near:
            chosen = np.array([i for i in chosen if near_to[data.members[i].row_id] in column])
        members = [data.members[i] for i in chosen]
        types = [near_to[m.row_id] if near else m.type_name for m in members]
        inside = [near or m.class_number != OUTSIDE for m in members]
        inputs = drawn(folder / path.with_suffix(".npz").name, bundles, data, chosen, seed=seed)
        if not parts:
            mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-2
        parts.append(
            Features(
                ((inputs - mean) / spread).astype(np.float32),
                np.array(
                    [column.get(t, -1) if i else -1 for t, i in zip(types, inside, strict=True)]
                ),
                np.array([list(Split).index(m.split) for m in members]),
            )
        )
    return parts[0], parts[1]


def taught(inputs: Float32Array, target: IntArray, types: int, *, seed: int) -> torch.nn.Module:
    """A small net with one sigmoid a type; a target of -1 is none of them."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Dropout(0.1),
        torch.nn.Linear(inputs.shape[1], HIDDEN),
        torch.nn.GELU(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(HIDDEN, types),
    )
    wanted = torch.zeros(len(target), types)
    rows = torch.from_numpy(np.flatnonzero(target >= 0))
    wanted[rows, torch.from_numpy(target[target >= 0])] = 1.0
    given, steps = torch.from_numpy(inputs), len(inputs) // STEP
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=PASSES * steps + 1)
    rng = np.random.default_rng([seed, 63])
    for _ in range(PASSES):
        order = torch.from_numpy(rng.permutation(len(inputs)))
        for step in range(steps):
            part = order[step * STEP : (step + 1) * STEP]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                net(given[part]), wanted[part], reduction="sum"
            )
            optimiser.zero_grad()
            (loss / STEP).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    return net.eval()


def figures(net: torch.nn.Module, judged: dict[str, Features]) -> dict[str, float]:
    """What the net makes of test compounds of types, of isopointal ones, and of others."""
    with torch.no_grad():
        logits = {name: net(torch.from_numpy(each.inputs)).numpy() for name, each in judged.items()}
    best = {name: values.max(axis=1) for name, values in logits.items()}
    right = {
        name: logits[name].argmax(axis=1) == judged[name].column for name in ("types", "isopointal")
    }
    limit = np.quantile(best["types"], REFUSED)

    def apart(name: str) -> float:
        return auroc(negatives=best[name], positives=best["types"])

    return {
        "types right first, %": 100.0 * float(right["types"].mean()),
        "types told from others, AUROC": apart("others"),
        "types told from isopointal, AUROC": apart("isopointal"),
        "isopointal: their type first, %": 100.0 * float(right["isopointal"].mean()),
        "isopointal accepted, %": 100.0 * float((best["isopointal"] > limit).mean()),
        "others accepted, %": 100.0 * float((best["others"] > limit).mean()),
    }


def labelled(own: Features, near: Features, labels: str) -> tuple[Float32Array, IntArray]:
    """What is taught under one of `LABELS`."""
    if labels == "left out":
        return own.inputs, own.column
    column = near.column if labels == "members" else np.full_like(near.column, -1)
    return np.concatenate([own.inputs, near.inputs]), np.concatenate([own.column, column])


def rows_of(found: list[dict[str, float]]) -> Iterator[str]:
    """Mean and spread over seeds."""
    for name in found[0]:
        values = np.array([each[name] for each in found])
        digits = 4 if "AUROC" in name else 1
        yield f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"


def main() -> None:
    """Make the store, or draw features, teach under each labelling, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("store", "compare"))
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patterns", type=int, default=16_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    if asked.what == "store":
        keep_isopointal(*asked.files)
        return
    bundles = [load_bundle(bundle_folder(Path(name))) for name in ("default", "wide")]
    names = [entry.name for entry in bundles[0].types]
    own, near = features_of(
        bundles, columns_of(names), *asked.files, patterns=asked.patterns, seed=asked.seed
    )
    test = own.of(Split.TEST)
    judged = {
        "types": test.where(test.column >= 0),
        "others": test.where(test.column < 0),
        "isopointal": near.of(Split.TEST),
    }
    own, near = (each.of(Split.TRAIN) for each in (own, near))
    print(f"\ntaught: {len(own.inputs)} and {len(near.inputs)} isopointal; judged: ", end="")
    print(", ".join(f"{len(each.inputs)} {name}" for name, each in judged.items()))
    table: dict[str, list[str]] = {}
    for labels in LABELS:
        found = []
        for repeat in range(asked.repeats):
            inputs, target = labelled(own, near, labels)
            net = taught(inputs, target, len(names), seed=asked.seed + repeat)
            found.append(figures(net, judged))
        table[labels] = list(rows_of(found))
    print("| |" + "|".join(f" {labels} " for labels in LABELS) + "|\n|" + " --- |" * 4)
    for i, what in enumerate(found[0]):
        print(f"| {what} | " + " | ".join(table[labels][i] for labels in LABELS) + " |")


if __name__ == "__main__":
    main()
