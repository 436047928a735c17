"""Which pairs of structure types powder diffraction can not tell apart, by measurement.

Nine pairs of the method's 100 types are merged into one class each. Here every such pair, and the
pairs of types with the most similar average patterns, is put to the test: a linear probe learns to
tell the patterns of training compounds apart, and is judged on patterns of held-out compounds.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray, IntArray
from crystinet.core.errors import CorpusError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member
from crystinet.corpus.splits import Split, compound_key
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.probe import Judgement, PairPatterns, judge
from crystinet.model.bundle import Bundle
from crystinet.model.screening import pool
from crystinet.training.averages import aligned, average_of, similarities, whole_range
from crystinet.training.draw.source import PatternSource, RenderingConfig

_BATCH = 64


@dataclass(frozen=True)
class PairsConfig:
    """What is measured.

    Attributes
    ----------
    nearest
        For each type, so many types with the most similar average patterns.
    fewest
        Compounds that each type of a pair must have, for training and held out.
    most
        Compounds of a type that are used at most, for training and held out.
    patterns
        Augmented patterns of each held-out compound; training compounds have as many or more, so
        that each type has at least ``most`` patterns.
    threshold
        Pairs with less balanced accuracy count as not told apart.
    seed
        Of the choice of compounds, of augmentation and of intervals.
    """

    nearest: int = 2
    fewest: int = 5
    most: int = 60
    patterns: int = 2
    threshold: float = 0.9
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """Two types and how well a probe tells them apart.

    Attributes
    ----------
    first, second
        Names of the types.
    merged
        One of the nine pairs that the published method merges.
    similarity
        Cosine of the average patterns at the best lattice scale.
    training, held_out
        Compounds (chemical systems) of each type there are, used or not.
    judgement
        None where a type has too few compounds.
    """

    first: str
    second: str
    merged: bool
    similarity: float
    training: tuple[int, int]
    held_out: tuple[int, int]
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class PairsReport:
    """All pairs, the least told apart first, and what they were measured with."""

    pairs: tuple[Pair, ...]
    threshold: float
    provenance: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @property
    def not_told_apart(self) -> tuple[Pair, ...]:
        """Pairs below the threshold."""
        return tuple(p for p in self.pairs if p.judgement and p.judgement.accuracy < self.threshold)


@dataclass(frozen=True, slots=True, eq=False)
class _Patterns:
    """Patterns of one type: network inputs (b, 2, n), whitened features (b, k), compounds (b,)."""

    inputs: Float32Array
    features: Float32Array
    compound: IntArray


def measure_pairs(
    bundle: Bundle,
    dataset: Dataset,
    config: PairsConfig,
    *,
    dataset_sha256: str = "",
    report: Progress = silent,
) -> PairsReport:
    """Measure how well the merged pairs and the most similar pairs of types are told apart.

    Patterns are augmented like training patterns, of the whole range and without impurities. Types
    are the unmerged ones, as the compounds of the data set name them.

    Raises
    ------
    CorpusError
        The data set has fewer than two types with training compounds.
    """
    members = _by_type(dataset)
    names = [name for name in members if members[name][0]]
    if len(names) < 2:
        raise CorpusError(
            "The data set has fewer than two types with training compounds.",
            hint="Build it of more structures.",
        )
    source = _source(bundle, dataset)
    rng = np.random.default_rng([config.seed, 37])
    training = {}
    for done, name in enumerate(names):
        training[name] = _draw(source, bundle, members[name][0], config, rng, least=config.most)
        report("training patterns", done + 1, len(names))
    averages = np.stack(
        [average_of(training[n].inputs, similarity=bundle.similarity) for n in names]
    )
    alike = similarities(averages, max_shift=bundle.similarity.max_shift)
    chosen = _choose(names, alike, nearest=config.nearest)
    enough = {n for n in names if min(len(side) for side in members[n]) >= config.fewest}
    needed = sorted({n for pair in chosen if enough.issuperset(pair) for n in pair})
    held_out = {}
    for done, name in enumerate(needed):
        held_out[name] = _draw(source, bundle, members[name][1], config, rng)
        report("held-out patterns", done + 1, len(needed))
    pairs = []
    for done, pair in enumerate(chosen):
        judgement = None
        if enough.issuperset(pair):
            common = averages[[names.index(n) for n in pair]].mean(axis=0)
            judgement = judge(
                _side([training[n] for n in pair], common, bundle),
                _side([held_out[n] for n in pair], common, bundle),
                seed=config.seed,
            )
        pairs.append(_pair(pair, judgement, members, alike, names))
        report("probes", done + 1, len(chosen))
    return PairsReport(
        pairs=tuple(sorted(pairs, key=_order)),
        threshold=config.threshold,
        provenance={
            "bundle": bundle.id,
            "dataset_sha256": dataset_sha256,
            "settings": asdict(config),
        },
    )


def merged_pairs() -> list[tuple[str, str]]:
    """The nine pairs that the published method merges: the class, and its partner."""
    catalogue = load_catalogue()
    return [
        (catalogue.by_number(kind.merged_into).name, kind.name)
        for kind in catalogue
        if kind.merged_into is not None
    ]


def _by_type(dataset: Dataset) -> dict[str, tuple[list[list[int]], list[list[int]]]]:
    """Indices of the compounds of each type, training and held out, those of a system together."""
    found: dict[str, tuple[dict[str, list[int]], dict[str, list[int]]]] = {}
    for i, member in enumerate(dataset.members):
        if member.class_number != OUTSIDE:
            sides = found.setdefault(member.type_name, (defaultdict(list), defaultdict(list)))
            sides[member.split is not Split.TRAIN][_key(member)].append(i)
    return {
        name: (list(train.values()), list(rest.values()))
        for name, (train, rest) in sorted(found.items())
    }


def _key(member: Member) -> str:
    """What the split goes by; the row where there is no formula."""
    return compound_key(composition_of(member.formula)) if member.formula else str(member.row_id)


def _source(bundle: Bundle, dataset: Dataset) -> PatternSource:
    config = RenderingConfig(preprocessing=bundle.preprocessing, grid=bundle.axis.grid)
    return whole_range(PatternSource(dataset, config, bundle.axis))


def _draw(
    source: PatternSource,
    bundle: Bundle,
    compounds: Sequence[Sequence[int]],
    config: PairsConfig,
    rng: np.random.Generator,
    *,
    least: int = 0,
) -> _Patterns:
    """Patterns of at most ``config.most`` compounds of a type, ``least`` of them at least."""
    chosen = rng.permutation(len(compounds))[: config.most].tolist()
    repeats = max(config.patterns, -(-least // len(chosen)))
    compound = np.repeat(chosen, repeats)
    indices = np.array([rng.choice(compounds[c]) for c in compound], dtype=np.int64)
    inputs, features = [], []
    for start in range(0, len(indices), _BATCH):
        part = indices[start : start + _BATCH]
        inputs.append(source.draw_inputs(part, impurities=part, rng=rng))
        (shared,) = bundle.shared(inputs[-1])
        features.append(pool(shared) @ bundle.feature_space.whitening)
    return _Patterns(np.concatenate(inputs), np.concatenate(features), compound)


def _choose(names: list[str], alike: FloatArray, *, nearest: int) -> list[tuple[str, str]]:
    """The merged pairs of these types, then each type with its most similar ones."""
    chosen = dict.fromkeys(pair for pair in merged_pairs() if set(pair) <= set(names))
    others = np.where(np.eye(len(names), dtype=bool), -1.0, alike)
    for i, name in enumerate(names):
        for j in np.argsort(-others[i], kind="stable")[: min(nearest, len(names) - 1)]:
            pair = (name, names[j])
            if pair not in chosen and pair[::-1] not in chosen:
                chosen[pair] = None
    return list(chosen)


def _side(parts: Sequence[_Patterns], common: FloatArray, bundle: Bundle) -> PairPatterns:
    """Patterns of both types as the probe sees them: aligned to the mean of both averages."""
    rows = [aligned(p.inputs, common, similarity=bundle.similarity)[0] for p in parts]
    return PairPatterns(
        patterns=np.concatenate(rows),
        features=np.concatenate([p.features for p in parts]),
        second=np.repeat([False, True], [len(p.compound) for p in parts]),
        # Compounds are numbered within a type; the second type's come after the first's.
        compound=np.concatenate(
            [parts[0].compound, parts[1].compound + parts[0].compound.max() + 1]
        ),
    )


def _pair(
    pair: tuple[str, str],
    judgement: Judgement | None,
    members: Mapping[str, tuple[list[list[int]], list[list[int]]]],
    alike: FloatArray,
    names: list[str],
) -> Pair:
    (a, b), (train, rest) = pair, zip(*(map(len, members[n]) for n in pair), strict=True)
    return Pair(
        first=a,
        second=b,
        merged=pair in merged_pairs(),
        similarity=round(float(alike[names.index(a), names.index(b)]), 4),
        training=(train[0], train[1]),
        held_out=(rest[0], rest[1]),
        judgement=judgement,
    )


def _order(pair: Pair) -> tuple[bool, float, float]:
    """Least told apart first; those without a number last, the most similar first."""
    accuracy = pair.judgement.accuracy if pair.judgement else 1.0
    return pair.judgement is None, accuracy, -pair.similarity
