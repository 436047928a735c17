"""What a recipe says about itself, so that whoever trains needs to know none by name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from crystinet.core.errors import ConfigError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.model.bundle import Bundle
from crystinet.training.distributed import Workgroup
from crystinet.training.groups import Groups


@dataclass(frozen=True)
class TrainingJob:
    """One run: the data, where it happens, and facts for the bundle.

    Attributes
    ----------
    dataset, groups
        Compounds, and which of their types share a net.
    folder
        Of the checkpoints and logs.
    workgroup
        The processes that train together.
    dataset_path, groups_from
        The file of the data set and the origin of the groups, which the bundle names.
    version
        Of the bundle.
    resume
        Whether to go on from the folder's checkpoints.
    start_from
        Folder of another run whose weights are the first ones.
    tensorboard
        Whether to write events for TensorBoard.
    """

    dataset: Dataset
    groups: Groups
    folder: Path
    dataset_path: Path
    workgroup: Workgroup = Workgroup()  # noqa: RUF009 (frozen)
    groups_from: str = "published"
    version: str = "0"
    resume: bool = False
    start_from: Path | None = None
    tensorboard: bool = False


C = TypeVar("C")


class Recipe(Protocol[C]):
    """A way to train the nets of a bundle. C is its class of settings.

    Attributes
    ----------
    name
        The word for it, as ``--recipe`` and the manifest of a bundle have it.
    checkpoints
        Names of the checkpoints that it leaves in a run's folder, as a glob pattern.
    not_taken
        Attributes of `TrainingJob` that it does not take.
    days_to_wait
        How long its processes may wait for each other; None leaves it to torch (minutes).
    config_type
        C, a frozen dataclass with ``patterns``, ``seed`` and ``workers`` among its fields.
    """

    name: str
    checkpoints: str
    not_taken: frozenset[str]
    days_to_wait: float | None
    config_type: type[C]

    def train(self, job: TrainingJob, config: C, report: Progress = silent) -> Bundle | None:
        """Train to the end and make the bundle; None in a process that does not lead.

        It leaves the workgroup when the training is done. An interrupt leaves checkpoints that an
        equal job with ``resume`` takes up.

        Raises
        ------
        ConfigError
            The checkpoints are of other settings or other groups.
        """
        ...


def check_run_folder(
    recipe: Recipe[Any], folder: Path, *, resume: bool, recipes: tuple[Recipe[Any], ...]
) -> None:
    """Refuse a folder with a run of another recipe, or one that is not to be gone on with.

    Raises
    ------
    ConfigError
        There are checkpoints, the hint says what to do; or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is no folder.", hint="Name a new folder for the run.")
    if _has_run(recipe, folder):
        if not resume:
            raise ConfigError(
                f"{folder} holds a checkpoint.", hint="Add --resume, or name another folder."
            )
    elif any(_has_run(other, folder) for other in recipes):
        raise ConfigError(f"{folder} holds a run of another recipe.", hint="Name another folder.")


def _has_run(recipe: Recipe[Any], folder: Path) -> bool:
    return any(folder.glob(recipe.checkpoints))


def check_options(recipe: Recipe[Any], *, start_from: Path | None, tensorboard: bool) -> None:
    """Refuse options that the recipe does not take.

    Raises
    ------
    ConfigError
        Naming all that it does not take.
    """
    given = {"start_from": start_from is not None, "tensorboard": tensorboard}
    if any(on for name, on in given.items() if name in recipe.not_taken):
        options = [f"--{name.replace('_', '-')}" for name in given if name in recipe.not_taken]
        raise ConfigError(
            f"--recipe {recipe.name} does not go with {' or '.join(options)}.",
            hint="Leave them out.",
        )
