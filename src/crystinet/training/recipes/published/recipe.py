"""The published recipe: separate nets, each trained on the types of its own group."""

from crystinet.core.progress import Progress, silent
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import Bundle
from crystinet.training.distributed import leave_workgroup
from crystinet.training.recipes.names import RecipeName
from crystinet.training.recipes.published.export import export_published
from crystinet.training.recipes.published.loop import CHECKPOINTS, PublishedConfig
from crystinet.training.recipes.published.run import PublishedRun, PublishedState
from crystinet.training.recipes.recipe import TrainingJob


class PublishedRecipe:
    """One checkpoint for each net; see `crystinet.training.recipes.recipe.Recipe`."""

    name: str = RecipeName.PAPER.value
    checkpoints: str = CHECKPOINTS
    not_taken: frozenset[str] = frozenset({"start_from", "tensorboard"})
    #: A process whose nets are done waits for the others until the last net is.
    days_to_wait: float | None = 30.0
    config_type = PublishedConfig

    def train(
        self, job: TrainingJob, config: PublishedConfig, report: Progress = silent
    ) -> Bundle | None:
        """Train; several processes share the nets among themselves."""
        run = PublishedRun(job.dataset, job.groups, config, job.folder, workgroup=job.workgroup)
        if job.resume:
            run.resume()

        def show(state: PublishedState) -> None:
            report("training", state.patterns, state.total, note=state.note)

        run.run(show)
        job.workgroup.wait()
        leave_workgroup()
        if not job.workgroup.leads:
            return None
        run.collect()
        return export_published(
            run,
            load_catalogue(),
            version=job.version,
            dataset_path=job.dataset_path,
            groups_from=job.groups_from,
            report=report,
        )
