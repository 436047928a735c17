"""Use case: train the networks of a data set, and write the model bundle."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystinet.core.config import read_settings
from crystinet.core.errors import ConfigError
from crystinet.core.extras import TRAINING, need_extra
from crystinet.core.progress import Progress, silent
from crystinet.training.recipes.names import RecipeName as RecipeName  # for the commands

if TYPE_CHECKING:
    from crystinet.model.bundle import Bundle
    from crystinet.training.recipes.recipe import Recipe

#: Folder of the bundle in the folder of a run.
BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class Trained:
    """What a process of a training run made.

    Attributes
    ----------
    bundle
        The bundle; None where this process does not lead those of the run.
    folder
        Where it is written.
    warnings
        What is to be said of the groups: types that are left out, for instance.
    """

    bundle: "Bundle | None"
    folder: Path
    warnings: tuple[str, ...] = ()


def _unheard(warning: str) -> None:
    """Leave a warning to `Trained.warnings`."""


def train(
    dataset: Path,
    run: Path,
    *,
    recipe: RecipeName | str = RecipeName.DEFAULT,
    settings: object | Path | None = None,
    patterns: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    groups: str = "published",
    start_from: Path | None = None,
    threads: int = 1,
    resume: bool = False,
    tensorboard: bool = False,
    version: str = "0",
    report: Progress = silent,
    warn: Callable[[str], None] = _unheard,
) -> Trained:
    """Train the RCNets, then write the bundle into the folder `BUNDLE` of the run.

    An interrupt leaves a checkpoint; the same call with ``resume`` goes on from it. Where torch's
    launcher started several processes, each of them makes this call, and they train together.

    Parameters
    ----------
    dataset
        File of `crystinet.app.datasets.build_dataset`.
    run
        Folder of checkpoints, log and bundle.
    recipe
        How to train.
    settings
        Those of the recipe (``TrainingConfig``, ``PublishedConfig``), or a TOML file of their
        fields; None takes the default ones.
    patterns, seed, workers
        Patterns to train on in all, seed of all that is random, and further processes that draw
        patterns; they win over a file.
    groups
        Which types share a network: "published", or a plan of `crystinet.app.grouping.group_types`.
    start_from
        Another run with the same networks and types, whose weights are the first ones; or a bundle
        (a folder, or a name in the package) with the same networks, whose shared stages are, and
        its RCNets of the groups that both have.
    threads
        Of the networks.
    resume
        Whether to go on from the checkpoint in ``run``.
    tensorboard
        Whether to write events for TensorBoard too.
    version
        To write into the bundle.
    report
        Told what is done, in the process that leads.
    warn
        Told each warning before the work begins, in the process that leads.

    Raises
    ------
    MissingExtraError
        The extra ``train``, or ``tensorboard``, is not installed.
    ConfigError
        A setting is wrong, the recipe does not take it, ``run`` holds another run, or the groups do
        not fit the data set.
    CorpusError
        The data set cannot be used.
    """
    need_extra("train", *TRAINING, what="Training")
    if tensorboard:
        need_extra("tensorboard", "tensorboard", what="--tensorboard")
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.model.bundle_files import save_bundle
    from crystinet.training.distributed import join_workgroup, limited_threads
    from crystinet.training.plan import fit_plan, load_plan
    from crystinet.training.recipes.recipe import TrainingJob, check_options, check_run_folder
    from crystinet.training.recipes.table import RECIPES, recipe_of

    chosen = recipe_of(_recipe_name(recipe))
    check_run_folder(chosen, run, resume=resume, recipes=RECIPES)
    check_options(chosen, start_from=start_from, tensorboard=tensorboard)
    plan, groups_from = load_plan(groups)
    given = {"patterns": patterns, "seed": seed, "workers": workers}
    config = _settings(chosen, settings, {k: v for k, v in given.items() if v is not None})
    fitted, data, warnings = fit_plan(plan, Dataset.load(dataset))
    workgroup = join_workgroup(days_to_wait=chosen.days_to_wait)
    for warning in warnings if workgroup.leads else ():
        warn(warning)
    job = TrainingJob(
        dataset=data,
        groups=fitted,
        folder=run,
        dataset_path=dataset,
        workgroup=workgroup,
        groups_from=groups_from,
        version=version,
        resume=resume,
        start_from=start_from,
        tensorboard=tensorboard,
    )
    with limited_threads(threads):
        bundle = chosen.train(job, config, report if workgroup.leads else silent)
    if bundle is not None:
        save_bundle(bundle, run / BUNDLE)
    return Trained(bundle, run / BUNDLE, tuple(warnings))


def _recipe_name(word: str) -> RecipeName:
    try:
        return RecipeName(word)
    except ValueError as error:
        raise ConfigError(
            f"There is no recipe {word!r}.", hint=f"Recipes: {', '.join(RecipeName)}."
        ) from error


def _settings(recipe: "Recipe[Any]", given: object, options: dict[str, int]) -> Any:
    """Settings of a recipe: those that are given, or of a file with the options."""
    if given is None or isinstance(given, Path):
        return read_settings(recipe.config_type, given, options)
    if not isinstance(given, recipe.config_type):
        raise ConfigError(
            f"{type(given).__name__} has no settings of the recipe {recipe.name!r}.",
            hint=f"Give a {recipe.config_type.__name__}, or a TOML file of its fields.",
        )
    if options:
        raise ConfigError(
            f"{' and '.join(options)} are given beside settings that have them.",
            hint="Put them into the settings.",
        )
    return given
