"""Training and extending where files may not grow: what is said, what is left, and going on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crystinet.app.train import BUNDLE
from crystinet.corpus.datasets.dataset import Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle_files import load_bundle
from crystinet.simulation.reflections import compute_reflections

pytest.importorskip("torch")

TRAIN = """
import json, resource, sys
from pathlib import Path
from crystinet.app.train import train
from crystinet.core.errors import CrystinetError
from crystinet.training.recipes.default.loop import TrainingConfig
from crystinet.training.recipes.default.rcnet import RCNetConfig
dataset, run, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
settings = TrainingConfig(
    patterns=32, batch_size=16, validation_patterns=8,
    net=RCNetConfig(stages=((8, 1), (8, 4), (8, 4)), own_channels=4),
)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    train(dataset, run, settings=settings, resume=run.exists() and any(run.iterdir()))
except CrystinetError as error:
    print(json.dumps({"message": error.message, "hint": error.hint}))
"""
EXTEND = """
import json, resource, sys
from pathlib import Path
from crystinet.app.extend import extend
from crystinet.core.errors import CrystinetError
from crystinet.training.extension.extend import ExtensionConfig
from crystinet.training.extension.features import CHUNK, FeatureConfig
from crystinet.training.extension.head import HeadConfig
from crystinet.training.extension.sources import DataConfig
cif, output, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
settings = ExtensionConfig(
    data=DataConfig(hypothetical=20, workers=1), features=FeatureConfig(patterns=CHUNK),
    head=HeadConfig(epochs=2, batch_size=64), average_patterns=4, calibration_patterns=8,
)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    extend("default", output, cifs=[("Marcasite-FeS2", cif)], settings=settings, test_patterns=10)
except CrystinetError as error:
    print(json.dumps({"message": error.message, "hint": error.hint}))
"""
MARCASITE = """data_marcasite
_cell_length_a 4.443
_cell_length_b 5.4245
_cell_length_c 3.3871
_symmetry_space_group_name_H-M 'P n n m'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Fe 0 0 0
S 0.2 0.378 0
"""


def run(code: str, *words: Path | int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *(str(word) for word in words)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


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


@pytest.mark.parametrize("limit", [512, 20_000])
def test_a_training_says_what_to_do_and_goes_on(dataset: Path, tmp_path: Path, limit: int) -> None:
    folder = tmp_path / "run"
    told = json.loads(run(TRAIN, dataset, folder, limit))
    assert "ulimit" in told["hint"]
    assert not (folder / BUNDLE).exists()
    assert run(TRAIN, dataset, folder, 0) == ""
    assert load_bundle(folder / BUNDLE).types


@pytest.mark.slow
@pytest.mark.parametrize("limit", [512, 100_000])
def test_an_extension_says_what_to_do_and_goes_on(tmp_path: Path, limit: int) -> None:
    cif, output = tmp_path / "marcasite.cif", tmp_path / "larger"
    cif.write_text(MARCASITE)
    told = json.loads(run(EXTEND, cif, output, limit))
    assert "ulimit" in told["hint"]
    assert not output.exists()
    assert run(EXTEND, cif, output, 0) == ""
    assert "Marcasite-FeS2" in {entry.name for entry in load_bundle(output).types}
