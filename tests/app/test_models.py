"""Loading a bundle once, and anew when it changed."""

import json
import shutil
from pathlib import Path

import pytest

from crystinet.app.models import load_model
from crystinet.core.errors import BundleError
from crystinet.model.manifest import MANIFEST


def test_a_bundle_is_loaded_once(
    bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_model(bundle_folder) is load_model(str(bundle_folder))
    monkeypatch.chdir(bundle_folder.parent)
    assert load_model(bundle_folder.name) is load_model(bundle_folder)


def test_a_bundle_that_was_replaced_is_loaded_anew(bundle_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(bundle_folder, folder)
    before = load_model(folder)
    table = json.loads((folder / MANIFEST).read_text("utf-8"))
    table["version"] = "next"
    (folder / MANIFEST).write_text(json.dumps(table), "utf-8")
    after = load_model(folder)
    assert (before.bundle.version, after.bundle.version) == ("test", "next")
    assert after.bundle.id != before.bundle.id


def test_a_bundle_that_is_gone_is_not_taken_from_memory(
    bundle_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(bundle_folder, folder)
    load_model(folder)
    (folder / MANIFEST).unlink()
    with pytest.raises(BundleError, match=r"manifest\.json in it cannot be read"):
        load_model(folder)
