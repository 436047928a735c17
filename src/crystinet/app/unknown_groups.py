"""Unknown patterns that were collected, grouped by likeness: the same unknown again or not.

The groups are what somebody has to look at and name; see docs/tutorials/unknowns.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from crystinet.app.documents import error_document
from crystinet.app.models import load_model
from crystinet.app.outcome import Failure, attempt
from crystinet.app.unknowns import NAMED, Unknown, read_collected, read_unknowns
from crystinet.core.errors import UnreadableFileError
from crystinet.core.plain import Document
from crystinet.model.identification import Verdict
from crystinet.model.likeness import centred_features, group_by_likeness, likeness, representative

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
        The types that were named most often among the first, further ones among them.
    """

    members: tuple[Unknown, ...]
    likeness: float
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """What a folder of unknown patterns holds.

    Attributes
    ----------
    folder
        Of the patterns.
    model_id, model_version
        The bundle that was asked.
    groups
        The largest first.
    resolved
        Patterns that the given model does not call unknown, with its answers.
    problems
        Records or numbers that cannot be read.
    """

    folder: Path
    model_id: str
    model_version: str
    groups: tuple[Group, ...]
    resolved: tuple[tuple[Unknown, "Identification"], ...]
    problems: tuple[Failure, ...]

    def path_of(self, record: Unknown) -> Path:
        """File with the numbers of a pattern."""
        return self.folder / f"{record.id}.xy"

    def to_dict(self) -> Document:
        """Plain data, as ``crystinet unknowns --json``."""
        return {
            "model": {"id": self.model_id, "version": self.model_version},
            "groups": [
                {
                    "group": number,
                    "likeness": round(each.likeness, 6),
                    "nearest": list(each.nearest),
                    "representative": str(self.path_of(each.members[0])),
                    "members": [self._record(record) for record in each.members],
                }
                for number, each in enumerate(self.groups, start=1)
            ],
            "resolved": [
                {
                    **self._record(record),
                    "verdict": answer.verdict.value,
                    "type": answer.ranking[0].type,
                    "probability": round(answer.ranking[0].probability, 6),
                }
                for record, answer in self.resolved
            ],
            "problems": [
                {"file": problem.file, "error": error_document(problem.error)}
                for problem in self.problems
            ],
        }

    def _record(self, record: Unknown) -> Document:
        return {
            "id": record.id,
            "file": record.file,
            "pattern": str(self.path_of(record)),
            "collected": record.collected,
            "unknown_score": record.unknown_score,
        }


def overview(
    folder: Path, *, model: str | Path | None = None, least: float | None = None
) -> Overview:
    """Group the patterns of a folder by likeness.

    Patterns that another model collected are judged anew: a larger one may know some of them.

    Parameters
    ----------
    folder
        Of a `Collector`.
    model
        Folder of a bundle, or the name of one in the package; None takes its default.
    least
        Mean likeness above which two groups are one; None takes the usual one.

    Raises
    ------
    FileMissingError
        There is no such folder.
    BundleError
        The bundle is unusable.
    """
    from crystinet.model.likeness import LikenessConfig

    loaded = load_model(model)
    config = LikenessConfig() if least is None else LikenessConfig(least=least)
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
        looked = attempt(path, partial(_look, folder, record, loaded))
        if isinstance(looked, Failure):
            problems.append(looked)
            continue
        sample, answer = looked.result
        if answer is not None and answer.verdict is not Verdict.UNKNOWN:
            resolved.append((record, answer))
        else:
            records.append(record)
            samples.append(sample)
    return Overview(
        folder=folder,
        model_id=loaded.bundle.id,
        model_version=loaded.bundle.version,
        groups=tuple(_groups(records, samples, loaded, config)),
        resolved=tuple(resolved),
        problems=tuple(problems),
    )


def _look(folder: Path, record: Unknown, model: "Model") -> "tuple[Sample, Identification | None]":
    """A sample, and what the model says about it where another one had been asked."""
    sample = model.sample(read_collected(folder, record))
    own = record.model_id == model.bundle.id
    if own and len(record.features) != len(model.bundle.feature_space.whitening):
        raise UnreadableFileError(
            f"The record of {record.id} has {len(record.features)} features, which are not those "
            "of the model that it names.",
            hint="Delete its .json file, and collect the pattern again.",
        )
    answer = None if own else model.identify([sample])[0]
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
    numbers = group_by_likeness(alike, least=config.least)
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
