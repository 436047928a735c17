"""Groups of types decided by data: average patterns, UMAP to a map, affinity propagation.

The published method's way to its ten groups, with one difference: two average patterns are compared
by their cosine at the best lattice scale, as the model itself compares them, instead of bin by bin.

Sources: L. McInnes, J. Healy & J. Melville, UMAP, arXiv:1802.03426; B. J. Frey & D. Dueck, affinity
propagation, Science 315 (2007) 972.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import ConfigError
from crystinet.core.progress import Progress, silent
from crystinet.core.version import __version__
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.labels.classes import class_names, training_counts, with_classes
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.representation import LogAxis
from crystinet.model.similarity import SimilarityConfig
from crystinet.training.averages import average_patterns, similarities, whole_range
from crystinet.training.draw.source import PatternSource, RenderingConfig
from crystinet.training.groups import Groups, published_groups
from crystinet.training.plan import PUBLISHED, GroupPlan, PlannedGroup, PlannedType

#: UMAP's default; with fewer types all of them are neighbours.
NEIGHBOURS = 15
#: Trials of the preference by bisection, and on a grid where that meets no partition of the size.
_BISECTIONS, _GRID = 40, 120
#: The preference, relative to the largest squared distance, is searched between these powers of 10.
_LOWEST_POWER, _HIGHEST_POWER = -6.0, 3.0


@dataclass(frozen=True)
class GroupingConfig:
    """How groups are made.

    Attributes
    ----------
    groups
        Number of groups.
    seed
        Of the augmented patterns, of UMAP and of affinity propagation.
    patterns_per_type
        Augmented training patterns in each average.
    """

    groups: int = 10
    seed: int = 1
    patterns_per_type: int = 120


def make_plan(
    dataset: Dataset,
    config: GroupingConfig,
    *,
    dataset_sha256: str = "",
    published: bool = False,
    report: Progress = silent,
) -> GroupPlan:
    """Group the types of a data set by how much their average training patterns resemble.

    Types without a training compound are left out. Groups are numbered by their first type.

    Parameters
    ----------
    dataset
        Only its training compounds are used.
    config
        Equal settings give an equal plan.
    dataset_sha256
        Of the data set's file, for the provenance.
    published
        Take the published groups of these types instead, with their places on the same map.
    report
        Called now and then.

    Raises
    ------
    ConfigError
        No such number of groups can be made, or ``published`` is wanted of other types.
    """
    names, counts = class_names(dataset), training_counts(dataset)
    known = {number: name for number, name in names.items() if counts[number]}
    if not 1 <= config.groups <= len(known) and not published:
        raise ConfigError(
            f"{config.groups} groups cannot be made of {len(known)} types with training compounds.",
            hint=f"Ask for 1 to {len(known)} groups." if known else "Use another data set.",
        )
    rendering = RenderingConfig()
    source = PatternSource(with_classes(dataset, known), rendering, LogAxis(rendering.grid))
    averages = average_patterns(
        whole_range(source),
        Groups((1,), (tuple(known),)),
        similarity=SimilarityConfig(),
        per_class=config.patterns_per_type,
        rng=np.random.default_rng([config.seed, 31]),
        report=report,
    )
    alike = similarities(averages, max_shift=SimilarityConfig().max_shift)
    report("map and groups", 0, 1)
    places = map_of_types(alike, seed=config.seed)
    numbers = np.array(list(known), dtype=np.int64)
    figures: dict[str, Any] = {}
    theirs = _published_labels(numbers)
    if published:
        if theirs is None:
            raise ConfigError(
                "The published groups do not have all types of this data set.",
                hint="Leave --published out.",
            )
        labels = theirs
    else:
        labels, figures["preference"] = partition(places, config.groups, seed=config.seed)
    figures |= _figures(labels, theirs, alike)
    report("map and groups", 1, 1)
    return GroupPlan(
        groups=_numbered(labels, numbers, known, places, keep_numbers=published),
        left_out=tuple(PlannedType(n, name) for n, name in names.items() if n not in known),
        provenance=_provenance(config, dataset_sha256, published) | figures,
    )


def map_of_types(alike: FloatArray, *, seed: int) -> FloatArray:
    """UMAP of types to two dimensions, (t, 2), from their similarities (t, t).

    It starts from principal coordinates of the distances (J. C. Gower, Biometrika 53 (1966) 325):
    UMAP's own start takes random numbers that its seed does not rule where the types fall into
    separate clusters.
    """
    n = len(alike)
    if n < 4:  # fewer points than UMAP can place
        return np.stack([np.arange(n, dtype=np.float64), np.zeros(n)], axis=1)
    distance = 1.0 - alike
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tensorflow, which is not needed; of the given metric
        import umap

        places = umap.UMAP(
            n_neighbors=min(NEIGHBOURS, n - 1),
            metric="precomputed",
            init=_principal_coordinates(distance),
            random_state=seed,
            n_jobs=1,
        ).fit_transform(distance)
    return np.asarray(places, dtype=np.float64)


def _principal_coordinates(distance: FloatArray) -> FloatArray:
    """Two coordinates of points whose distances (t, t) are given, the larger 10 at most, (t, 2)."""
    squares = distance**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-0.5 * centred)
    places = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0.0))
    scaled: FloatArray = 10.0 * places / max(float(np.abs(places).max()), 1e-12)
    return scaled.astype(np.float32)


def partition(places: FloatArray, n_groups: int, *, seed: int) -> tuple[IntArray, float | None]:
    """Exactly ``n_groups`` groups of points (t, 2) by affinity propagation.

    The number of groups grows with the preference, the affinity of a point to itself; so the
    preference is found by bisection, and on a grid where a jump passes over the number.

    Returns
    -------
    labels
        Group of each point, (t,).
    preference
        The one that was found; None where one group or as many as points are wanted, which needs
        none.

    Raises
    ------
    ConfigError
        No preference gives this number; the hint names the nearest that can be had.
    """
    n = len(places)
    if n_groups == n:
        return np.arange(n), None
    if n_groups == 1:
        return np.zeros(n, dtype=np.int64), None
    affinity = -((places[:, None] - places[None]) ** 2).sum(axis=2)
    scale = max(float(-affinity.min()), 1e-12)
    found: dict[int, IntArray] = {}
    low, high = _LOWEST_POWER, _HIGHEST_POWER

    def groups_at(power: float) -> int:
        labels, converged = _propagate(affinity, -scale * 10.0**power, seed=seed)
        count = len(set(labels.tolist()))
        if converged:
            found.setdefault(count, labels)
        return count

    for _ in range(_BISECTIONS):
        power = 0.5 * (low + high)
        count = groups_at(power)
        if n_groups in found:
            return found[n_groups], -scale * 10.0**power
        low, high = (power, high) if count > n_groups else (low, power)
    for power in np.linspace(_LOWEST_POWER, _HIGHEST_POWER, _GRID):
        groups_at(float(power))
        if n_groups in found:
            return found[n_groups], -scale * 10.0 ** float(power)
    nearest = sorted({1, n, *found}, key=lambda count: (abs(count - n_groups), count))[:3]
    raise ConfigError(
        f"Affinity propagation never makes exactly {n_groups} groups of these {n} types.",
        hint=f"Ask for {', '.join(map(str, sorted(nearest)))}, or try another --seed.",
    )


def _propagate(affinity: FloatArray, preference: float, *, seed: int) -> tuple[IntArray, bool]:
    """Labels of one run of affinity propagation, and whether it converged."""
    from sklearn.cluster import AffinityPropagation
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        labels = AffinityPropagation(
            affinity="precomputed",
            preference=preference,
            damping=0.9,
            max_iter=2000,
            convergence_iter=50,
            random_state=seed,
        ).fit_predict(affinity)
    failed = any(issubclass(each.category, ConvergenceWarning) for each in caught)
    return np.asarray(labels, dtype=np.int64), not failed and bool((labels >= 0).all())


def _published_labels(numbers: IntArray) -> IntArray | None:
    """Number of the published group of each class; None where one has none."""
    groups = published_groups(load_catalogue())
    group_of = {
        number: group
        for group, classes in zip(groups.numbers, groups.classes, strict=True)
        for number in classes
    }
    found = [group_of.get(int(number)) for number in numbers]
    return None if None in found else np.array(found, dtype=np.int64)


def _figures(labels: IntArray, theirs: IntArray | None, alike: FloatArray) -> dict[str, Any]:
    """How far the groups agree with the published ones, and how well they hold the alike together.

    ``nearest_in_group`` is the share of the types whose most similar type is in their group.
    """
    figures: dict[str, Any] = {"nearest_in_group": _nearest_in_group(labels, alike)}
    if theirs is not None:
        from sklearn.metrics import adjusted_rand_score

        rand = float(adjusted_rand_score(theirs, labels))
        figures["adjusted_rand_index_to_published"] = round(rand, 4)
        figures["nearest_in_published_group"] = _nearest_in_group(theirs, alike)
    return figures


def _nearest_in_group(labels: IntArray, alike: FloatArray) -> float | None:
    if len(labels) < 2:
        return None
    others = np.where(np.eye(len(alike), dtype=bool), -1.0, alike)
    return round(float((labels[others.argmax(axis=1)] == labels).mean()), 4)


def _numbered(
    labels: IntArray,
    numbers: IntArray,
    names: Mapping[int, str],
    places: FloatArray,
    *,
    keep_numbers: bool,
) -> tuple[PlannedGroup, ...]:
    """Groups in the order of their first types; ``keep_numbers`` takes the labels as numbers."""
    groups: list[PlannedGroup] = []
    for label in dict.fromkeys(labels.tolist()):
        types = tuple(
            PlannedType(int(n), names[int(n)], (round(float(x), 3), round(float(y), 3)))
            for n, (x, y), own in zip(numbers, places, labels, strict=True)
            if own == label
        )
        groups.append(PlannedGroup(label if keep_numbers else len(groups) + 1, types))
    return tuple(sorted(groups, key=lambda group: group.number))


def _provenance(config: GroupingConfig, dataset_sha256: str, published: bool) -> dict[str, Any]:
    return {
        "method": PUBLISHED if published else "UMAP and affinity propagation",
        "dataset_sha256": dataset_sha256,
        "seed": config.seed,
        "patterns_per_type": config.patterns_per_type,
        "crystinet": __version__,
        "versions": {name: version(name) for name in ("numpy", "scikit-learn", "umap-learn")},
    }
