"""Two real training processes on the CPU, started by torch's own launcher."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import torch

from crystinet.corpus.datasets.dataset import Dataset
from crystinet.training.distributed import Workgroup

SCRIPT = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.training.distributed import join_workgroup, leave_workgroup
from crystinet.training.groups import Groups
from crystinet.training.recipes.default.loop import Trainer, TrainingConfig
from crystinet.training.recipes.default.rcnet import RCNetConfig

folder = Path(sys.argv[1])
workgroup = join_workgroup()
groups = Groups(numbers=(3, 5), classes=((15, 16, 18), (39, 40)))
for patterns in (128, 256):  # the second run finds the checkpoint of the first
    config = TrainingConfig(
        patterns=patterns,
        batch_size=16,
        validation_every=64,
        validation_patterns=8,
        net=RCNetConfig(stages=((8, 1), (8, 4), (8, 4)), own_channels=4),
    )
    data = Dataset.load(folder / "data.npz")
    trainer = Trainer(data, groups, config, folder, workgroup=workgroup)
    trainer.resume()
    trainer.run()
    torch.save(trainer.net.state_dict(), folder / f"rank{workgroup.rank}-{patterns}.pt")
assert abs(workgroup.mean(float(workgroup.rank)) - 0.5) < 1e-12
leave_workgroup()
"""


def launch(folder: Path) -> None:
    script = folder / "run.py"
    script.write_text(SCRIPT)
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", str(script), str(folder)),
        ],
        check=True,
        timeout=240,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def test_two_processes_train_one_net_and_resume(dataset: Dataset, tmp_path: Path) -> None:
    dataset.save(tmp_path / "data.npz")
    launch(tmp_path)
    for patterns in (128, 256):
        files = [tmp_path / f"rank{i}-{patterns}.pt" for i in (0, 1)]
        weights = [torch.load(file, weights_only=True) for file in files]
        learned = [name for name in weights[0] if name.endswith((".weight", ".bias", "place"))]
        assert len(learned) > 20
        for name in learned:  # running means of the normalisation are of each one's own batches
            torch.testing.assert_close(weights[0][name], weights[1][name])
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["patterns"] == 256
    with (tmp_path / "log.csv").open(newline="") as file:
        assert [int(row["patterns"]) for row in csv.DictReader(file)] == [64, 128, 192, 256]


def test_alone_there_is_nothing_to_average() -> None:
    alone = Workgroup()
    assert alone.leads
    assert alone.mean(3.5) == 3.5
    alone.wait()
