import csv
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.training.distributed import Workgroup
from crystinet.training.groups import Groups
from crystinet.training.recipes.published.loop import PublishedConfig
from crystinet.training.recipes.published.net import PublishedNetConfig
from crystinet.training.recipes.published.run import PublishedRun, PublishedState, share_patterns

SMALL = PublishedConfig(
    patterns=100,
    batch_size=16,
    validations=2,
    validation_patterns=8,
    net=PublishedNetConfig(channels=3, blocks=4, kernel=6),
)
Make = Callable[..., PublishedRun]


@pytest.fixture
def make(dataset: Dataset, groups: Groups, tmp_path: Path) -> Make:
    def make(folder: str = "run", **changes: object) -> PublishedRun:
        return PublishedRun(dataset, groups, replace(SMALL, **changes), tmp_path / folder)

    return make


def weights(run: PublishedRun) -> list[dict[str, torch.Tensor]]:
    return [net.net.state_dict() for net in run.nets]


def log_of(run: PublishedRun, net: int) -> list[dict[str, str]]:
    with run.nets[net].path.with_suffix(".csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_defaults_are_the_published_numbers() -> None:
    config = PublishedConfig()
    assert (config.learning_rate, config.alpha, config.r0) == (1e-3, 0.7, 0.6)
    assert asdict(config.loss) == {
        "budget": 0.6,
        "lambda_start": 0.1,
        "lambda_up": 1.03,
        "lambda_down": 0.8,
        "hint_share": 0.5,
    }
    assert (config.rendering.outside_share, config.rendering.balance) == (0.0, 0.0)


def test_every_type_gets_the_same_number_of_patterns(dataset: Dataset, groups: Groups) -> None:
    assert share_patterns(dataset, groups, 100) == (60, 40)
    assert sum(share_patterns(dataset, groups, 101)) == 101


def test_a_group_without_compounds_is_named(dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match="group 9"):
        share_patterns(dataset, Groups((3, 9), ((15, 16), (86, 87))), 100)


def test_a_net_sees_its_own_group_only(make: Make, dataset: Dataset, groups: Groups) -> None:
    run = make()
    for net, classes in zip(run.nets, groups.classes, strict=True):
        numbers = {dataset.members[i].class_number for i in net.members(Split.TRAIN)}
        assert numbers == set(classes)
        inputs, target, _ = next(iter(net.loader()))
        assert tuple(inputs.shape) == (SMALL.batch_size, 1, 5250)
        np.testing.assert_allclose(inputs.amax(dim=(1, 2)), 1.0)
        assert set(target.tolist()) <= set(range(len(classes)))


def test_a_run_trains_each_net_to_its_share_and_logs(make: Make) -> None:
    run, seen = make(), list[PublishedState]()
    run.run(seen.append)
    assert [net.patterns for net in run.nets] == [60, 40]
    assert run.patterns == 100 == seen[-1].patterns == seen[-1].total
    assert [p.patterns for p in seen] == sorted(p.patterns for p in seen)
    assert {p.net for p in seen} == {3, 5}
    rows = log_of(run, 0)
    assert [int(row["patterns"]) for row in rows] == [32, 60]
    best = min(float(row["validation_loss"]) for row in rows)
    assert run.nets[0].best_loss == pytest.approx(best, abs=1e-5)


def test_the_weights_of_the_least_validation_loss_are_kept(make: Make) -> None:
    net = make().nets[0]
    validation = net.validation_patterns()
    net.validate(validation)
    first, loss = {k: v.clone() for k, v in net.best.items()}, net.best_loss
    torch.nn.init.constant_(net.net.types.bias, 1e3)
    net.net.types.bias.data[0] = 0.0
    net.validate(validation)
    assert net.validation_loss > loss == net.best_loss
    for name, value in first.items():
        assert torch.equal(net.best_net.state_dict()[name], value)


def test_the_same_seed_gives_the_same_weights_and_another_one_others(make: Make) -> None:
    runs = [make("a"), make("b"), make("c", seed=2)]
    for run in runs:
        run.run()
    a, b, c = (weights(run) for run in runs)
    for first, second in zip(a, b, strict=True):
        for name, value in first.items():
            torch.testing.assert_close(second[name], value)
    assert not torch.equal(a[0]["stem.weight"], c[0]["stem.weight"])


@pytest.mark.parametrize("step", [1, 5])
def test_an_interrupted_run_goes_on(make: Make, step: int) -> None:
    steps = 0

    def stop(progress: PublishedState) -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            raise KeyboardInterrupt

    run = make()
    with pytest.raises(KeyboardInterrupt):
        run.run(stop)
    again = make()
    assert again.resume()
    assert again.patterns == run.patterns == (16 if step == 1 else 76)
    for first, second in zip(weights(run), weights(again), strict=True):
        for name, value in first.items():
            torch.testing.assert_close(second[name], value)
    before = again.nets[0].loss.weight_of_confidence
    assert before == run.nets[0].loss.weight_of_confidence
    again.run()
    assert again.patterns == 100
    finished = [net.path.read_bytes() for net in again.nets]
    make_once_more = make()
    assert make_once_more.resume()
    make_once_more.run()
    assert [net.path.read_bytes() for net in again.nets] == finished  # nothing left to do


def test_a_run_may_be_prolonged_but_not_changed(make: Make) -> None:
    make().run()
    longer = make(patterns=150)
    assert longer.resume()
    longer.run()
    assert longer.patterns == 150
    with pytest.raises(ConfigError, match="learning_rate"):
        make(learning_rate=1e-2).resume()


def test_a_checkpoint_of_other_groups_is_refused(make: Make, dataset: Dataset) -> None:
    run = make()
    run.run()
    other = Groups((3, 5), ((16, 15, 18), (39, 40)))
    with pytest.raises(ConfigError, match="groups of types"):
        PublishedRun(dataset, other, SMALL, run.folder).resume()


def test_nothing_to_resume(make: Make) -> None:
    assert not make().resume()


def test_several_processes_share_the_nets(dataset: Dataset, groups: Groups, tmp_path: Path) -> None:
    runs = [
        PublishedRun(dataset, groups, SMALL, tmp_path, workgroup=Workgroup(rank=i, size=2))
        for i in (0, 1)
    ]
    assert [[net.group for net in run.own] for run in runs] == [[3], [5]]
    for run in runs:
        run.run()
    assert runs[0].patterns == 60
    runs[0].collect()
    assert runs[0].patterns == 100


@pytest.mark.parametrize("changes", [{"batch_size": 0}, {"alpha": 1.2}, {"r0": 0.0}])
def test_impossible_settings_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        replace(SMALL, **changes)  # type: ignore[arg-type]
