"""A plan of groups as a file, and the groups that a data set is trained with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crystinet.core.config import from_table
from crystinet.core.errors import ConfigError, CorpusError, CrystinetError, UnknownTypeError
from crystinet.core.files import read_plain, sha256_of_file
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.labels.classes import class_names, training_counts, with_classes
from crystinet.corpus.labels.selection import FIRST_OWN_NUMBER
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import Catalogue, load_catalogue
from crystinet.training.groups import Groups, published_groups

SCHEMA = 1
#: The word for the groups of the published method.
PUBLISHED = "published"
_MOST_BYTES = 16 * 2**20
_HINT = "Use a plan written by `crystinet group`, or `published`."


@dataclass(frozen=True, slots=True)
class PlannedType:
    """One type of a plan.

    Attributes
    ----------
    number, name
        Of the class: 1 to 91, or from 101 on a number of the data set.
    place
        (x, y) on the map of types; empty where there is none.
    """

    number: int
    name: str
    place: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """One group: its number, and its types."""

    number: int
    types: tuple[PlannedType, ...]


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """Which types each RCNet tells apart, and how that was decided.

    Attributes
    ----------
    groups
        One or more groups of one or more types each; no type twice.
    left_out
        Types of the data set without a training compound.
    provenance
        Data set with its hash, seed, versions and figures, as JSON has them.

    Raises
    ------
    ConfigError
        A group is empty, a number or a type is there twice, or a type is none.
    """

    groups: tuple[PlannedGroup, ...]
    left_out: tuple[PlannedType, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require(bool(self.groups), "It has no groups.")
        _require_once([group.number for group in self.groups], "group")
        for group in self.groups:
            _require(bool(group.types), f"Group {group.number} has no types.")
        _require_once([kind.number for kind in self.types], "type")
        _require_once([kind.name for kind in self.types], "type")
        for kind in self.types:
            _check_type(kind, load_catalogue())

    @property
    def types(self) -> tuple[PlannedType, ...]:
        """All types, group by group."""
        return tuple(kind for group in self.groups for kind in group.types)

    @property
    def names(self) -> dict[int, str]:
        """Name of each type by its number."""
        return {kind.number: kind.name for kind in self.types}

    def to_dict(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "schema": SCHEMA,
            "groups": [asdict(group) for group in self.groups],
            "left_out": [asdict(kind) for kind in self.left_out],
            "provenance": dict(self.provenance),
        }

    def to_json(self) -> str:
        """The file's text: equal plans give equal text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"


def read_plan(path: Path) -> GroupPlan:
    """Read a file with the text of `GroupPlan.to_json`.

    Raises
    ------
    ConfigError
        The file cannot be read, or holds no plan.
    """
    try:
        table = json.loads(read_plain(path, most_bytes=_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as a plan ({error}).", hint=_HINT) from error
    if not isinstance(table, dict) or table.get("schema") != SCHEMA:
        raise ConfigError(f"{path} is no plan of groups of schema {SCHEMA}.", hint=_HINT)
    provenance = table.get("provenance", {})
    try:
        parts = from_table(_Parts, {k: table[k] for k in ("groups", "left_out") if k in table})
        return GroupPlan(
            groups=parts.groups,
            left_out=parts.left_out,
            provenance=provenance if isinstance(provenance, dict) else {},
        )
    except CrystinetError as error:
        raise ConfigError(f"{path}: {error.message}", hint=error.hint) from error


@dataclass(frozen=True, slots=True)
class _Parts:
    """What `from_table` can check of a file."""

    groups: tuple[PlannedGroup, ...]
    left_out: tuple[PlannedType, ...] = ()


def published_plan() -> GroupPlan:
    """The ten groups of the published method."""
    catalogue = load_catalogue()
    groups = published_groups(catalogue)
    return GroupPlan(
        groups=tuple(
            PlannedGroup(
                number, tuple(PlannedType(n, catalogue.by_number(n).name) for n in classes)
            )
            for number, classes in zip(groups.numbers, groups.classes, strict=True)
        ),
        provenance={"method": PUBLISHED},
    )


def load_plan(word: str) -> tuple[GroupPlan, str]:
    """The plan that ``--groups`` names, and what to write of its origin into a bundle.

    Raises
    ------
    ConfigError
        As `read_plan`.
    """
    if word == PUBLISHED:
        return published_plan(), PUBLISHED
    path = Path(word)
    plan = read_plan(path)
    return plan, f"{path.name}, SHA-256 {sha256_of_file(path)}"


def fit_plan(plan: GroupPlan, dataset: Dataset) -> tuple[Groups, Dataset, list[str]]:
    """The groups to train on a data set, the data set with their classes, and what to warn of.

    A type of the plan without a training compound is left out, since nothing can be learned about
    it. Compounds of types that the plan does not have count as structures outside the types.

    Raises
    ------
    ConfigError
        No type of the plan has a training compound, or the published plan is to be used on a data
        set of other types.
    CorpusError
        No type of the plan has a validation compound, which the calibration needs.
    """
    names = plan.names
    fitted = with_classes(dataset, names)
    others = _others(dataset, names)
    own = [name for number, name in class_names(dataset).items() if number >= FIRST_OWN_NUMBER]
    if own and plan.provenance.get("method") == PUBLISHED:
        raise ConfigError(
            f"The data set has types that the published groups do not have: {_some(own)}.",
            hint="Make groups for it: `crystinet group DATASET -o plan.json`; then --groups "
            "plan.json.",
        )
    counts = training_counts(fitted)
    kept = [
        (group.number, tuple(kind.number for kind in group.types if counts[kind.number]))
        for group in plan.groups
    ]
    kept = [(number, classes) for number, classes in kept if classes]
    if not kept:
        raise ConfigError(
            "The data set has no training compound of any type of the plan.",
            hint="Make a plan for it: `crystinet group DATASET -o plan.json`.",
        )
    groups = Groups(tuple(n for n, _ in kept), tuple(classes for _, classes in kept))
    missing = [name for number, name in names.items() if number not in groups.columns]
    warnings = []
    if missing:
        warnings.append(f"No training compound, so left out: {_some(missing)}.")
    if others:
        warnings.append(f"Not in the plan, so outside the types: {_some(others)}.")
    fitted = with_classes(fitted, {n: names[n] for n in groups.columns})
    if not len(fitted.select(Split.VALIDATION)):
        raise CorpusError(
            "The data set has no validation compound of any type of the plan.",
            hint="Build it of more compounds: the probabilities are calibrated on these.",
        )
    return groups, fitted, warnings


def _others(dataset: Dataset, names: Mapping[int, str]) -> list[str]:
    """Names of the classes of a data set that a plan does not have."""
    known = set(names.values())
    return [name for name in class_names(dataset).values() if name not in known]


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _check_type(kind: PlannedType, catalogue: Catalogue) -> None:
    _require(len(kind.place) in (0, 2), f"The place of {kind.name!r} is not (x, y).")
    if kind.number >= FIRST_OWN_NUMBER:
        _require(bool(kind.name.strip()), f"Type {kind.number} has no name.")
        return
    try:
        found = catalogue.by_number(kind.number)
    except UnknownTypeError as error:
        raise ConfigError(error.message, hint=_HINT) from error
    _require(found.name == kind.name, f"Number {kind.number} is {found.name!r}, not {kind.name!r}.")
    _require(
        found.merged_into is None,
        f"{kind.name!r} is no class of its own: it is merged into number {found.merged_into}.",
    )


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise ConfigError(problem, hint=_HINT)


def _require_once(values: list[Any], what: str) -> None:
    for value in values:
        _require(values.count(value) == 1, f"The {what} {value!r} is there twice.")
