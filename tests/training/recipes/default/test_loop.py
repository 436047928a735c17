import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from crystinet.core.errors import ConfigError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.training.groups import Groups
from crystinet.training.recipes.default.loop import Trainer, TrainingConfig
from crystinet.training.recipes.default.rcnet import Attention


def log_of(trainer: Trainer) -> list[dict[str, str]]:
    with (trainer.folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_validates_logs_and_leaves_a_checkpoint(trained: Trainer) -> None:
    rows = log_of(trained)
    assert [int(row["patterns"]) for row in rows] == [128, 256]
    assert 0.0 <= float(rows[-1]["validation_top1"]) <= 1.0
    assert (trained.folder / "checkpoint.pt").exists()


def test_the_loss_falls(trained: Trainer) -> None:
    rows = log_of(trained)
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_resume_goes_on_where_the_run_stopped(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    first = Trainer(dataset, groups, replace(tiny, patterns=64), tmp_path)
    first.run()
    second = Trainer(dataset, groups, replace(tiny, patterns=128), tmp_path)
    assert second.resume()
    assert second.patterns == 64
    for name, value in first.net.state_dict().items():
        torch.testing.assert_close(second.net.state_dict()[name], value)
    second.run()
    assert second.patterns == 128


def test_an_interrupted_run_keeps_its_work(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    trainer = Trainer(dataset, groups, tiny, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        trainer.run(stop)
    again = Trainer(dataset, groups, tiny, tmp_path)
    assert again.resume()
    assert again.patterns == tiny.batch_size


def test_nothing_to_resume(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    assert not Trainer(dataset, groups, tiny, tmp_path).resume()


def test_a_checkpoint_of_other_groups_is_refused(
    trained: Trainer, dataset: Dataset, tiny: TrainingConfig
) -> None:
    other = Trainer(dataset, Groups((3, 5), ((15, 16), (18, 39, 40))), tiny, trained.folder)
    swapped = Trainer(dataset, Groups((3, 5), ((16, 15, 18), (39, 40))), tiny, trained.folder)
    with pytest.raises(ConfigError, match="other groups"):
        swapped.resume()
    with pytest.raises(ConfigError):
        other.resume()


def test_the_same_seed_gives_the_same_weights(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    runs = []
    for name in ("a", "b"):
        trainer = Trainer(dataset, groups, replace(tiny, patterns=64), tmp_path / name)
        trainer.run()
        runs.append(trainer.net.state_dict())
    for name, value in runs[0].items():
        torch.testing.assert_close(runs[1][name], value)


def test_other_settings_are_not_resumed(
    trained: Trainer, dataset: Dataset, groups: Groups, tiny: TrainingConfig
) -> None:
    loss = replace(tiny.loss, budget=0.6)
    other = Trainer(dataset, groups, replace(tiny, loss=loss), trained.folder)
    with pytest.raises(ConfigError, match="settings of loss: budget"):
        other.resume()


def test_a_run_starts_with_the_weights_of_another(
    trained: Trainer, dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    second = Trainer(dataset, groups, replace(tiny, seed=9), tmp_path)
    second.start_from(trained.folder)
    assert second.patterns == 0
    assert second.earlier_patterns == trained.patterns
    for name, value in trained.averaged_net.state_dict().items():
        torch.testing.assert_close(second.net.state_dict()[name], value)
        torch.testing.assert_close(second.averaged_net.state_dict()[name], value)


def test_a_run_with_one_more_channel_starts_with_the_same_answers(
    dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    two = replace(tiny, patterns=64, net=replace(tiny.net, area_bins=0))
    first = Trainer(dataset, groups, two, tmp_path / "two")
    first.run()
    three = replace(two, net=replace(two.net, area_bins=9))
    second = Trainer(dataset, groups, three, tmp_path / "three")
    second.start_from(first.folder)
    x = torch.rand(2, 3, two.net.n_bins)
    with torch.inference_mode():
        before = first.averaged_net.eval()(x[:, :2])
        after = second.averaged_net.eval()(x)
    torch.testing.assert_close(after, before)


def test_a_deeper_run_with_attention_starts_with_the_same_answers(
    trained: Trainer, dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    net = replace(tiny.net, deeper=(0, 2, 1), attention_after=(1, 2))
    grown = Trainer(dataset, groups, replace(tiny, net=net), tmp_path)
    grown.start_from(trained.folder)
    x = torch.rand(2, 3, net.n_bins)
    with torch.inference_mode():
        before = trained.averaged_net.eval()(x)
        after = grown.averaged_net.eval()(x)
    torch.testing.assert_close(after, before)
    new = dict(grown.averaged_net.named_parameters())
    first = {name: value.detach().clone() for name, value in new.items()}
    grown.run()
    for name in ("shared.deeper.1.1.conv2.weight", "shared.attention.2.by_distance"):
        assert not torch.equal(new[name], first[name])


def test_attention_sees_the_whole_axis(tiny: TrainingConfig) -> None:
    torch.manual_seed(0)
    attention = Attention(8, 32, 4).eval()
    x = torch.rand(1, 8, 1, 32)
    torch.testing.assert_close(attention(x), x)
    torch.nn.init.normal_(attention.tell.weight)
    moved = x.clone()
    moved[..., 0] += 1.0
    assert (attention(moved) - attention(x))[..., 31].abs().max() > 1e-4


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"deeper": (1, 0)}, "deeper"),
        ({"attention_after": (3,)}, "attention_after"),
        ({"attention_after": (0,), "attention_heads": 3}, "heads"),
    ],
)
def test_sizes_that_do_not_fit_are_named(
    tiny: TrainingConfig, settings: dict[str, Any], word: str
) -> None:
    with pytest.raises(ConfigError, match=word):
        replace(tiny.net, **settings)


def test_other_networks_lend_no_weights(
    trained: Trainer, dataset: Dataset, groups: Groups, tiny: TrainingConfig, tmp_path: Path
) -> None:
    wider = replace(tiny, net=replace(tiny.net, own_channels=8))
    with pytest.raises(ConfigError, match="other networks"):
        Trainer(dataset, groups, wider, tmp_path).start_from(trained.folder)
    with pytest.raises(ConfigError, match="no checkpoint"):
        Trainer(dataset, groups, tiny, tmp_path).start_from(tmp_path)
