"""A copy of the bundle in the package that a test may damage."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crystinet.model.bundle_files import default_bundle_folder
from crystinet.model.manifest import MANIFEST

Table = dict[str, Any]


@pytest.fixture
def copy_bundle(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that copies the bundle with another manifest; its files are links."""

    def copy(change: Callable[[Table], Any] = lambda table: None) -> Path:
        folder = tmp_path / "bundle"
        folder.mkdir()
        for path in default_bundle_folder().iterdir():
            (folder / path.name).symlink_to(path)
        table = json.loads((folder / MANIFEST).read_text("utf-8"))
        change(table)
        (folder / MANIFEST).unlink()
        (folder / MANIFEST).write_text(json.dumps(table), "utf-8")
        return folder

    return copy
