"""A small but real training run: reference structures of the catalogue, tiny networks."""

from pathlib import Path

import pytest

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.simulation.reflections import compute_reflections
from crystinet.training.groups import Groups
from crystinet.training.recipes.default.loop import Trainer, TrainingConfig
from crystinet.training.recipes.default.rcnet import RCNetConfig

GROUPS = Groups(numbers=(3, 5), classes=((15, 16, 18), (39, 40)))
OUTSIDERS = (62, 81)  # classes that the small union does not have
TINY = TrainingConfig(
    patterns=256,
    batch_size=32,
    workers=0,
    validation_every=128,
    validation_patterns=16,
    net=RCNetConfig(
        stages=((8, 1), (8, 4), (8, 4)),
        own_channels=4,
        stem_stride=6,
    ),
)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    catalogue = load_catalogue()
    members, lines = [], []
    for number in (*GROUPS.columns, *OUTSIDERS):
        kind = catalogue.by_number(number)
        reflections = compute_reflections(kind.reference, d_min_angstrom=0.95)
        for i, split in enumerate((Split.TRAIN, Split.VALIDATION, Split.TEST)):
            members.append(
                Member(
                    row_id=10 * number + i,
                    type_name=kind.name,
                    class_number=OUTSIDE if number in OUTSIDERS else number,
                    split=split,
                    known_experimentally=True,
                    source="catalogue",
                )
            )
            lines.append(reflections)
    return pack(members, lines, d_min_angstrom=0.95)


@pytest.fixture(scope="session")
def trained(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    folder: Path = tmp_path_factory.mktemp("run")
    trainer = Trainer(dataset, GROUPS, TINY, folder)
    trainer.run()
    return trainer


@pytest.fixture(scope="session")
def groups() -> Groups:
    return GROUPS


@pytest.fixture(scope="session")
def tiny() -> TrainingConfig:
    return TINY
