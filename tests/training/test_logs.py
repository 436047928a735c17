"""What a run leaves to look at."""

import resource
from dataclasses import replace
from pathlib import Path

import pytest

from crystinet.core.errors import FileMissingError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.training.groups import Groups
from crystinet.training.logs import EVENTS, RunLog, RunState, append_row
from crystinet.training.recipes.default.loop import Trainer, TrainingConfig

# TensorBoard's own modules, which only these tests read events with.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / EVENTS)).Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_tensorboard_shows_the_run(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    trainer = Trainer(dataset, groups, replace(tiny, patterns=96), tmp_path, tensorboard=True)
    trainer.log.every = 32
    seen: list[RunState] = []
    trainer.run(seen.append)
    found = scalars(tmp_path)
    assert [step for step, _ in found["loss/training"]] == [32, 64, 96]
    assert found["loss/training"][-1][1] == pytest.approx(seen[-1].loss, rel=1e-5)
    assert found["top1/validation"] == [(96, pytest.approx(trainer.validation_top1))]
    assert {"top1/training", "rate/learning", "rate/patterns per second"} <= set(found)
    assert (tmp_path / "log.csv").exists()


def test_without_it_nothing_is_written(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    Trainer(dataset, groups, replace(tiny, patterns=32), tmp_path).run()
    assert not (tmp_path / EVENTS).exists()


def test_what_is_trained_again_after_a_crash_is_shown_once(tmp_path: Path) -> None:
    for steps in ((10, 20, 30), (20, 30, 40)):  # the second run resumes at 10
        log = RunLog(tmp_path, tensorboard=True, every=10)
        for patterns in steps:
            state = RunState(patterns, 1.0, patterns / 10.0, 0.5, float("nan"))
            log.step(state, learning_rate=1e-3, confidence_weight=0.1)
        log.close()
    assert [step for step, _ in scalars(tmp_path)["loss/training"]] == [10, 20, 30, 40]


def test_a_run_shorter_than_the_distance_of_validations_is_validated_at_its_end(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    trainer = Trainer(dataset, groups, replace(tiny, patterns=64), tmp_path)
    trainer.run()
    assert 0.0 <= trainer.validation_top1 <= 1.0
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 2


def test_a_line_that_does_not_fit_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    append_row(path, ["n", "text"], [1, "first"])
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 3, hard))
    try:
        with pytest.raises(FileMissingError, match=r"log\.csv") as caught:
            append_row(path, ["n", "text"], [2, "second"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "ulimit" in caught.value.hint
    assert path.read_bytes() == before
    append_row(path, ["n", "text"], [2, "second"])
    assert path.read_text().splitlines() == ["n,text", "1,first", "2,second"]
