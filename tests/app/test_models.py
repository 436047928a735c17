"""Loading a bundle once, and anew when it changed."""

import json
import shutil
from pathlib import Path

import pytest

from crystinet.app.models import line_check, load_model
from crystinet.core.errors import BundleError
from crystinet.corpus.index.index import default_index_path
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


def test_a_bundle_is_pinned_by_its_id(bundle_folder: Path) -> None:
    default, own = load_model("published"), load_model(bundle_folder)
    pin = default.bundle.id[:12]
    assert pin == load_model().bundle.id[:12]
    for named in (f"default@{pin}", pin, pin.upper(), default.bundle.id):
        assert load_model(named) is default
    assert load_model(f"{bundle_folder}@{own.bundle.id[:8]}").bundle.id == own.bundle.id


def test_an_id_that_is_not_here_is_an_error(bundle_folder: Path) -> None:
    here = load_model().bundle.id[:12]
    for named in ("default@0123456789ab", "0123456789ab"):
        with pytest.raises(BundleError, match=f"id 0123456789ab is here: .*default is {here}"):
            load_model(named)
    with pytest.raises(BundleError, match="No bundle with the id"):
        load_model(f"{bundle_folder}@{here}")


def test_an_id_of_fewer_than_eight_digits_is_too_short(bundle_folder: Path) -> None:
    for named in ("default@1234567", f"{bundle_folder}@a"):
        with pytest.raises(BundleError, match="too short for the id of a bundle") as raised:
            load_model(named)
        assert named.partition("@")[0] in (raised.value.hint or "")


def test_what_is_no_id_is_a_folder(bundle_folder: Path, tmp_path: Path) -> None:
    for name in ("bundle@01234567", "bundle@01"):
        folder = tmp_path / name
        shutil.copytree(bundle_folder, folder)
        assert load_model(folder).bundle.id == load_model(bundle_folder).bundle.id
    with pytest.raises(BundleError, match=r"There is no model bundle .*default@new"):
        load_model("default@new")


def test_what_checks_answers_is_kept_until_the_index_changes(
    bundle_folder: Path, tmp_path: Path
) -> None:
    model, index = load_model(bundle_folder), tmp_path / "compounds.npz"
    shutil.copy(default_index_path(), index)
    before = line_check(model, index)
    assert line_check(model, str(index)) is before
    assert line_check(load_model(), index) is not before
    index.write_bytes(index.read_bytes() + b"\0")
    assert line_check(model, index) is not before
