"""Training as a program would: a data set, tiny networks, a bundle."""

import json
from pathlib import Path

import pytest

from crystinet.app.train import BUNDLE, RecipeName, train
from crystinet.core.errors import ConfigError
from crystinet.corpus.datasets.dataset import Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle_files import load_bundle
from crystinet.simulation.reflections import compute_reflections
from crystinet.training.plan import GroupPlan, PlannedGroup, PlannedType
from crystinet.training.recipes.default.loop import TrainingConfig
from crystinet.training.recipes.default.rcnet import RCNetConfig
from crystinet.training.recipes.published.loop import PublishedConfig

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TINY = TrainingConfig(
    patterns=32,
    batch_size=16,
    validation_patterns=8,
    net=RCNetConfig(stages=((8, 1), (8, 4), (8, 4)), own_channels=4),
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    members, lines = [], []
    for number in (15, 39):
        kind = load_catalogue().by_number(number)
        for split in Split:
            members.append(Member(len(members), kind.name, number, split, True, "catalogue"))
            lines.append(compute_reflections(kind.reference, d_min_angstrom=0.95))
    path = tmp_path_factory.mktemp("data") / "dataset.npz"
    pack(members, lines, d_min_angstrom=0.95).save(path)
    return path


def test_from_a_data_set_to_a_bundle(dataset: Path, tmp_path: Path) -> None:
    plan = GroupPlan(
        (
            PlannedGroup(1, (PlannedType(15, "NaCl"),)),
            PlannedGroup(2, (PlannedType(39, "AlB2"), PlannedType(40, "Wurtzite-ZnS(2H)"))),
        )
    )
    (tmp_path / "plan.json").write_text(plan.to_json())
    heard: list[str] = []
    notes: list[str] = []

    def listen(stage: str, done: int, total: int, *, note: str = "") -> None:
        if stage == "training":
            assert heard  # warnings come before the work
            notes.append(note)

    run = tmp_path / "run"
    words = {"settings": TINY, "groups": str(tmp_path / "plan.json"), "version": "7"}
    trained = train(dataset, run, report=listen, warn=heard.append, **words)
    assert trained.bundle is not None
    assert trained.folder == run / BUNDLE
    assert load_bundle(trained.folder).id == trained.bundle.id
    assert trained.bundle.version == "7"
    assert trained.bundle.group_sizes == {1: 1, 2: 1}
    assert list(trained.warnings) == heard
    assert "Wurtzite-ZnS(2H)" in heard[0]
    assert "loss" in notes[-1]

    with pytest.raises(ConfigError, match="holds a checkpoint"):
        train(dataset, run, **words)
    with pytest.raises(ConfigError, match="another recipe"):
        train(dataset, run, recipe=RecipeName.PAPER, resume=True)
    again = train(dataset, run, resume=True, **words)
    assert again.bundle is not None
    assert again.bundle.id == trained.bundle.id  # nothing was left to do


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"settings": PublishedConfig()}, "no settings of the recipe 'default'"),
        ({"settings": TINY, "seed": 3}, "seed are given beside settings"),
        ({"settings": Path("absent.toml")}, "absent.toml"),
        ({"recipe": "papers"}, "no recipe 'papers'"),
        ({"recipe": "paper", "tensorboard": True}, "does not go with"),
        ({"groups": "absent.json"}, "absent.json"),
    ],
    ids=lambda words: str(words)[:30],
)
def test_what_is_refused_starts_nothing(
    dataset: Path, tmp_path: Path, words: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        train(dataset, tmp_path / "run", **words)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_the_settings_of_a_file_and_of_the_call(dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("warmup = 0.1\n[net]\nchannels = 3\n")
    with pytest.raises(ConfigError, match="channels"):
        train(dataset, tmp_path / "run", settings=path)
    path.write_text(json.dumps("text"))
    with pytest.raises(ConfigError, match="cannot be read"):
        train(dataset, tmp_path / "run", settings=path)
