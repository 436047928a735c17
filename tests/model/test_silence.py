"""Nothing leaves the machine: the library that runs networks keeps no book for its makers."""

import os
import subprocess
import sys
from pathlib import Path

import crystinet

_RUN = """
from crystinet.app.models import load_model
load_model().bundle
print("done")
"""


def test_onnx_runtime_notes_nothing_about_its_use(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    source = str(Path(crystinet.__file__).parents[1])
    unset = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        env={**unset, **home, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
