"""The default recipe: nets on shared stages, taught what is not theirs."""

from crystinet.core.progress import Progress, silent
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import Bundle
from crystinet.training.distributed import leave_workgroup
from crystinet.training.logs import RunState
from crystinet.training.recipes.default.checkpoint import CHECKPOINT
from crystinet.training.recipes.default.export import export_bundle
from crystinet.training.recipes.default.loop import Trainer, TrainingConfig
from crystinet.training.recipes.names import RecipeName
from crystinet.training.recipes.recipe import TrainingJob


class DefaultRecipe:
    """One run, one checkpoint; see `crystinet.training.recipes.recipe.Recipe`."""

    name: str = RecipeName.DEFAULT.value
    checkpoints: str = CHECKPOINT
    not_taken: frozenset[str] = frozenset()
    days_to_wait: float | None = None
    config_type = TrainingConfig

    def train(
        self, job: TrainingJob, config: TrainingConfig, report: Progress = silent
    ) -> Bundle | None:
        """Train in all processes together, and export the moving average of the weights."""
        trainer = Trainer(
            job.dataset,
            job.groups,
            config,
            job.folder,
            workgroup=job.workgroup,
            tensorboard=job.tensorboard,
        )
        if not (job.resume and trainer.resume()) and job.start_from is not None:
            trainer.start_from(job.start_from)

        def show(state: RunState) -> None:
            report("training", state.patterns, config.patterns, note=state.note)

        trainer.run(show)
        leave_workgroup()
        if not job.workgroup.leads:
            return None
        return export_bundle(
            trainer,
            load_catalogue(),
            version=job.version,
            dataset_path=job.dataset_path,
            groups_from=job.groups_from,
            report=report,
        )
