"""Unknown patterns that were collected, grouped by likeness: the same unknown again or not.

The groups are what somebody has to look at and name; see docs/tutorials/unknowns.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crystinet.app.outcome import Failure, attempt
from crystinet.app.unknowns import NAMED, Unknown, read_collected, read_unknowns
from crystinet.model.identification import Verdict
from crystinet.model.likeness import centred_features, group, likeness, representative

if TYPE_CHECKING:
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model
    from crystinet.model.likeness import LikenessConfig
    from crystinet.patterns.sample import Sample


@dataclass(frozen=True)
class Group:
    """Unknown patterns that are alike.

    Attributes
    ----------
    members
        The patterns, the one most like the others first.
    likeness
        Mean likeness of its pairs; 1 for a single pattern.
    nearest
        The known types that were named most often as candidates.
    """

    members: tuple[Unknown, ...]
    likeness: float
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """What a folder of unknown patterns holds.

    Attributes
    ----------
    groups
        The largest first.
    resolved
        Patterns that the given model does not call unknown, with its answers.
    problems
        Records or numbers that cannot be read.
    """

    groups: tuple[Group, ...]
    resolved: tuple[tuple[Unknown, "Identification"], ...]
    problems: tuple[Failure, ...]


def overview(folder: Path, model: "Model", *, config: "LikenessConfig | None" = None) -> Overview:
    """Group the patterns of a folder by likeness.

    Patterns that another model collected are judged anew: a larger one may know some of them.

    Parameters
    ----------
    folder
        Of a `Collector`.
    model
        The model.
    config
        How patterns are compared; the usual way if None.

    Raises
    ------
    FileMissingError
        There is no such folder.
    """
    from crystinet.model.likeness import LikenessConfig

    records: list[Unknown] = []
    samples: list[Sample] = []
    resolved: list[tuple[Unknown, Identification]] = []
    problems: list[Failure] = []
    for outcome in read_unknowns(folder):
        if isinstance(outcome, Failure):
            problems.append(outcome)
            continue
        record = outcome.result
        path = str(folder / f"{record.id}.xy")
        looked = attempt(path, lambda r=record: _look(folder, r, model))  # type: ignore[misc]
        if isinstance(looked, Failure):
            problems.append(looked)
            continue
        sample, answer = looked.result
        if answer is not None and answer.verdict is not Verdict.UNKNOWN:
            resolved.append((record, answer))
        else:
            records.append(record)
            samples.append(sample)
    groups = _groups(records, samples, model, config or LikenessConfig())
    return Overview(tuple(groups), tuple(resolved), tuple(problems))


def _look(folder: Path, record: Unknown, model: "Model") -> "tuple[Sample, Identification | None]":
    """A sample, and what the model says about it where another one had been asked."""
    sample = model.sample(read_collected(folder, record))
    answer = None if record.model_id == model.bundle.id else model.identify([sample])[0]
    return sample, answer


def _groups(
    records: Sequence[Unknown],
    samples: Sequence["Sample"],
    model: "Model",
    config: "LikenessConfig",
) -> list[Group]:
    if not records:
        return []
    bundle = model.bundle
    pooled = np.array(
        [
            record.features if record.model_id == bundle.id else model.pooled_features([sample])[0]
            for record, sample in zip(records, samples, strict=True)
        ],
        dtype=np.float32,
    )
    space = bundle.feature_space
    features = centred_features(pooled, whitening=space.whitening, centroids=space.centroids)
    alike = likeness(
        model.network_input([sample.prepared for sample in samples]),
        features,
        coarsen=bundle.similarity.coarsen,
        config=config,
    )
    numbers = group(alike, least=config.least)
    found = []
    for number in range(int(numbers.max()) + 1):
        rows = [int(i) for i in np.flatnonzero(numbers == number)]
        own = alike[np.ix_(rows, rows)]
        first = representative(own)
        order = [first, *(i for i in np.argsort(-own[first], kind="stable") if i != first)]
        pairs = own[np.triu_indices(len(rows), 1)]
        named = Counter(name for i in rows for name in records[i].nearest)
        found.append(
            Group(
                members=tuple(records[rows[i]] for i in order),
                likeness=float(pairs.mean()) if len(pairs) else 1.0,
                nearest=tuple(name for name, _ in named.most_common(NAMED)),
            )
        )
    return found


def overview_document(found: Overview, *, folder: Path, model: dict[str, Any]) -> dict[str, Any]:
    """Make the document of ``unknowns --json``."""
    return {
        "model": model,
        "groups": [
            {
                "group": number,
                "likeness": round(each.likeness, 6),
                "nearest": list(each.nearest),
                "representative": str(folder / f"{each.members[0].id}.xy"),
                "members": [_told(record, folder) for record in each.members],
            }
            for number, each in enumerate(found.groups, start=1)
        ],
        "resolved": [
            {
                **_told(record, folder),
                "verdict": answer.verdict.value,
                "type": answer.candidates[0].type,
                "probability": round(answer.candidates[0].probability, 6),
            }
            for record, answer in found.resolved
        ],
        "problems": [
            {
                "file": problem.file,
                "error": {
                    "code": problem.error.code,
                    "message": problem.error.message,
                    "hint": problem.error.hint,
                },
            }
            for problem in found.problems
        ],
    }


def _told(record: Unknown, folder: Path) -> dict[str, Any]:
    return {
        "id": record.id,
        "file": record.file,
        "pattern": str(folder / f"{record.id}.xy"),
        "collected": record.collected,
        "unknown_score": record.unknown_score,
    }
