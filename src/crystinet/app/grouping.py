"""Use case: decide which structure types share a network."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.pictures import check_picture
from crystinet.core.extras import GROUPING, need_extra
from crystinet.core.files import check_place, sha256_of_file, write_whole
from crystinet.core.plain import Document
from crystinet.core.progress import Progress, silent

if TYPE_CHECKING:
    from crystinet.training.plan import GroupPlan

#: Groups, and augmented patterns in the average of a type, unless others are asked for.
GROUPS, PATTERNS_PER_TYPE = 10, 120


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of structure types.

    Attributes
    ----------
    plan
        The groups, with the place of each type on the map and how all was decided.
    """

    plan: "GroupPlan"

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of types that no group has, since the data set has no training compound of them."""
        return tuple(kind.name for kind in self.plan.left_out)

    def to_dict(self) -> Document:
        """The plan as JSON has it."""
        return self.plan.to_dict()


def group_types(
    dataset: Path,
    *,
    groups: int = GROUPS,
    seed: int = 1,
    patterns: int = PATTERNS_PER_TYPE,
    published: bool = False,
    output: Path | None = None,
    picture: Path | None = None,
    report: Progress = silent,
) -> Grouping:
    """Group structure types by how much their patterns resemble.

    Parameters
    ----------
    dataset
        File of `crystinet.app.datasets.build_dataset`.
    groups
        Number of groups.
    seed
        Of patterns, map and groups: equal seed, equal plan.
    patterns
        Augmented patterns that each type's average is made of.
    published
        True for the published groups, with their map.
    output
        Where to write the plan, for `crystinet.app.train.train`.
    picture
        Where to draw the map; the suffix names the format.
    report
        Told what is done.

    Raises
    ------
    MissingExtraError
        The extra ``train``, or for a picture ``report``, is not installed.
    ConfigError
        The data set cannot be grouped in this way, or the picture has no known format.
    FileMissingError
        A file cannot be written.
    CorpusError
        The file is no data set.
    """
    need_extra("train", *GROUPING, what="Grouping")
    if picture is not None:
        check_picture(picture)
    if output is not None:
        check_place(output)
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.training.grouping import GroupingConfig, make_plan

    plan = make_plan(
        Dataset.load(dataset),
        GroupingConfig(groups=groups, seed=seed, patterns_per_type=patterns),
        dataset_sha256=sha256_of_file(dataset),
        published=published,
        report=report,
    )
    if output is not None:
        write_whole(output, plan.to_json())
    if picture is not None:
        from crystinet.report.plots import plot_group_map

        plot_group_map(plan, picture)
    return Grouping(plan)
