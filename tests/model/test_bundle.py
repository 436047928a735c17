"""The bundle of the package, whole and damaged in every way: it loads, or says what is wrong."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import BundleError, FileMissingError
from crystinet.model import bundle_files
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import bundle_id, default_bundle_folder, load_bundle, save_bundle
from crystinet.model.manifest import AVERAGES, MANIFEST, OLDEST_SCHEMA, SCHEMA, SHARED
from crystinet.model.verified_files import VerifiedFiles

Copy = Callable[..., Path]
Table = dict[str, Any]
Path_ = tuple[str | int, ...]

MANIFEST_TABLE: Table = json.loads((default_bundle_folder() / MANIFEST).read_text("utf-8"))
FILES = sorted(MANIFEST_TABLE["sha256"])


#: Lists of numbers of the calibration.
NUMBERS = ("unknown_weights", "unknown_share_weights")


def settings(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the place of every key that must be right: of lists, the first entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            if (*path, key) != ("training",):  # free facts for reports
                yield from settings(inner, (*path, key))
    elif isinstance(value, list) and value and path[-1] not in NUMBERS:
        yield (*path, 0)
        yield from settings(value[0], (*path, 0))


PLACES = list(settings(MANIFEST_TABLE))
KEYS = [place for place in PLACES if isinstance(place[-1], str)]


def named(place: Path_) -> str:
    return ".".join(map(str, place))


def parent(table: Any, place: Path_) -> Any:
    for key in place[:-1]:
        table = table[key]
    return table


def refusal(folder: Path) -> BundleError:
    """Load and return the error, which must say where and what to do."""
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert folder.name.replace("\0", "\\x00") in caught.value.message
    assert len(caught.value.hint) > 10
    return caught.value


def reseal(folder: Path, name: str, data: bytes) -> None:
    """Replace a file and its SHA-256."""
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_bytes(data)
    table = json.loads((folder / MANIFEST).read_text("utf-8"))
    table["sha256"][name] = hashlib.sha256(data).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(table), "utf-8")


def npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def averages() -> np.ndarray[Any, Any]:
    loaded: np.ndarray[Any, Any] = np.load(default_bundle_folder() / AVERAGES)
    return loaded


def test_an_undamaged_copy_loads(copy_bundle: Copy) -> None:
    folder = copy_bundle()
    assert load_bundle(folder).types == load_bundle().types
    assert bundle_id(folder) == load_bundle(folder).id


def test_the_id_is_that_of_the_manifest() -> None:
    manifest = (default_bundle_folder() / MANIFEST).read_bytes()
    assert bundle_id() == load_bundle().id == hashlib.sha256(manifest).hexdigest()


def test_a_bundle_survives_saving(tmp_path: Path) -> None:
    bundle = load_bundle()
    save_bundle(bundle, tmp_path / "again")
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (default_bundle_folder() / path.name).read_bytes()
    again = load_bundle(tmp_path / "again")
    assert again.id == bundle.id
    assert again.files == bundle.files


def test_a_changed_bundle_is_saved_with_the_id_that_it_had_in_memory(tmp_path: Path) -> None:
    bundle = load_bundle()
    other = bundle.with_calibration(replace(bundle.calibration, alpha=0.25))
    assert other.id not in (bundle.id, bundle.changed().id)
    save_bundle(other, tmp_path)
    again = load_bundle(tmp_path)
    assert again.id == other.id
    for name in ("types", "net_files", "axis", "preprocessing", "similarity", "calibration"):
        assert getattr(again, name) == getattr(other, name)
    assert again.files == bundle.files


def test_a_loaded_bundle_keeps_its_networks_but_not_their_files(copy_bundle: Copy) -> None:
    folder = copy_bundle()
    bundle = load_bundle(folder)
    read = bundle.files[SHARED]
    assert read == (folder / SHARED).read_bytes()
    assert isinstance(bundle.files, VerifiedFiles)
    bundle.files.let_go()
    (folder / SHARED).unlink()  # a link to the package's
    (folder / SHARED).write_bytes(read[:-1] + b"?")
    channels = np.zeros((1, 3, bundle.log_axis.n_bins), dtype=np.float32)
    assert np.isfinite(bundle.shared(channels)[0]).all()
    with pytest.raises(BundleError, match="altered"):
        bundle.files[SHARED]


def test_files_that_are_held_are_not_read_again(copy_bundle: Copy) -> None:
    folder = copy_bundle()
    files = load_bundle(folder).files
    read = files[SHARED]
    (folder / SHARED).unlink()
    assert files[SHARED] is read


def test_a_bundle_that_does_not_fit_is_not_saved(tmp_path: Path) -> None:
    bundle = load_bundle()
    short = bundle.changed(types=bundle.types[:-1])
    with pytest.raises(BundleError):
        save_bundle(short, tmp_path / "short")
    stale = replace(bundle, files={**bundle.files, "further.npy": b""})
    with pytest.raises(BundleError, match="manifest"):
        save_bundle(stale, tmp_path / "stale")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_a_file_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(FileMissingError, match="taken"):
        save_bundle(load_bundle(), tmp_path / "taken" / "bundle")


def rewritten(folder: Path) -> Path:
    """Write the bundle of the package as this version writes it."""
    save_bundle(load_bundle().changed(), folder)
    return folder


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("axis", "kind"),
        ("similarity", "mapped"),
        ("calibration", "winners_of"),
        ("calibration", "r0"),
        ("calibration", "unknown_share_weights"),
        (("nets", 0), "input"),
    ],
)
def test_what_an_older_bundle_cannot_say_is_required_of_a_new_one(
    tmp_path: Path, part: str | tuple[str, int], key: str
) -> None:
    folder = rewritten(tmp_path / "bundle")
    table = json.loads((folder / MANIFEST).read_text("utf-8"))
    assert table["schema"] == SCHEMA > OLDEST_SCHEMA
    inner = table[part] if isinstance(part, str) else table[part[0]][part[1]]
    inner.pop(key)
    (folder / MANIFEST).write_text(json.dumps(table))
    assert key in refusal(folder).message


def test_a_bundle_too_old_is_refused(copy_bundle: Copy) -> None:
    refusal(copy_bundle(lambda table: table.update(schema=OLDEST_SCHEMA - 1)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: t["nets"][0].update(input="nothing"), "reads 'nothing'"),
        (lambda t: t["nets"][0].update(input="pattern"), "no|shapes"),
        (lambda t: t["axis"].update(kind="ln(d)"), "no kind of axis"),
        (lambda t: t["axis"].update(kind="grid"), "n_bins"),
        (lambda t: t["calibration"].update(winners_of=[1, 2]), "winners_of"),
        (lambda t: t["calibration"].update(r0=1.0), "r0 = 1"),
    ],
)
def test_new_entries_that_do_not_fit(
    tmp_path: Path, change: Callable[[Table], object], complaint: str
) -> None:
    folder = rewritten(tmp_path / "bundle")
    table = json.loads((folder / MANIFEST).read_text("utf-8"))
    change(table)
    (folder / MANIFEST).write_text(json.dumps(table))
    with pytest.raises(BundleError, match=complaint):
        load_bundle(folder)


@pytest.mark.parametrize("place", KEYS, ids=named)
def test_no_key_may_be_missing(copy_bundle: Copy, place: Path_) -> None:
    message = refusal(copy_bundle(lambda table: parent(table, place).pop(place[-1]))).message
    assert str(place[-1]) in message


#: Version and names are free text, what is known of the training is free, and a switch may be on.
FREE = {
    ("version", "'abc'"),
    ("types.0.name", "'abc'"),
    ("training", "{'a': 1}"),
    ("similarity.mapped", "True"),
}
WRONG = [
    pytest.param(place, value, id=f"{named(place)}-{value!r}")
    for place in PLACES
    for value in (None, "abc", [[]], {"a": 1}, True, float("nan"))
    if (named(place), repr(value)) not in FREE
]


@pytest.mark.parametrize(("place", "value"), WRONG)
def test_no_value_may_be_of_another_kind(copy_bundle: Copy, place: Path_, value: object) -> None:
    refusal(copy_bundle(lambda table: parent(table, place).__setitem__(place[-1], value)))


@pytest.mark.parametrize("place", [p for p in KEYS if len(p) > 1 and p[0] != "sha256"], ids=named)
def test_an_unknown_key_is_named(copy_bundle: Copy, place: Path_) -> None:
    message = refusal(copy_bundle(lambda table: parent(table, place).update(extra=1))).message
    assert "'extra'" in message


def without_type(table: Table, place: int) -> None:
    table["types"].pop(place)
    table["calibration"]["unknown_share_weights"].pop(place)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: t.update(types=[]), "no types"),
        (lambda t: t.update(nets=[]), "no nets"),
        (lambda t: without_type(t, -1), "has outputs of the shapes"),
        (lambda t: without_type(t, 0), "has outputs of the shapes"),
        (lambda t: t["types"].reverse(), "stand in the order"),
        (lambda t: t["types"][0].update(net=999), "stand in the order"),
        (lambda t: t["types"][0].update(name=" "), "no name"),
        (lambda t: t["types"][0].update(name=t["types"][1]["name"]), "listed twice"),
        (lambda t: t["types"][0].update(merged=[t["types"][1]["name"]]), "listed twice"),
        (lambda t: t["nets"][0].update(groups=[]), "stand in the order"),
        (lambda t: t["nets"][0]["groups"].append(1), "stand in the order"),
        (lambda t: t["nets"].append(t["nets"][0]), "for two purposes"),
        (lambda t: t["nets"][0].update(file="gone.onnx"), "lacks 'gone.onnx'"),
        (lambda t: t["nets"][0].update(file=SHARED), "for two purposes"),
        (lambda t: t["axis"].update(n_bins=17), "n_bins|shapes|max_shift"),
        (lambda t: t["axis"].update(n_bins=0), "0 bins"),
        (lambda t: t["axis"]["grid"].update(step_deg=-1.0), "no axis"),
        (lambda t: t["axis"]["grid"].update(wavelength_angstrom=154.0), "wavelength of 154"),
        (lambda t: t["similarity"].update(coarsen=0), "coarsen = 0"),
        (lambda t: t["similarity"].update(coarsen=3 * t["similarity"]["coarsen"]), "averages.npy"),
        (lambda t: t["similarity"].update(max_shift=-1), "max_shift = -1"),
        (lambda t: t["similarity"].update(max_shift=10**6), "max_shift = 1000000"),
        (lambda t: t["calibration"].update(alpha=1.5), "alpha = 1.5"),
        (lambda t: t["calibration"].update(known_below=0.9, unknown_above=0.8), "known_below"),
        (lambda t: t["calibration"]["unknown_weights"].append(1.0), "unknown_weights"),
        (
            lambda t: t["calibration"].update(unknown_share_weights=[0.0] * 500),
            "500 unknown_share_weights",
        ),
        (lambda t: t["preprocessing"].update(smoothing_window_deg=0.0), "smoothing_window_deg"),
        (lambda t: t["sha256"].update({"../evil": "0" * 64}), "outside the bundle"),
        (lambda t: t["sha256"].update({"a\0b": "0" * 64}), "cannot be read"),
        (lambda t: t["sha256"].update({"": "0" * 64}), "cannot be read"),
        (lambda t: t["sha256"].update({SHARED: "0" * 64}), "altered"),
    ],
)
def test_what_does_not_fit_together_is_named(
    copy_bundle: Copy, change: Callable[[Table], object], complaint: str
) -> None:
    folder = copy_bundle(change)
    with pytest.raises(BundleError, match=complaint):
        load_bundle(folder)


def test_a_newer_bundle_asks_for_an_upgrade(copy_bundle: Copy) -> None:
    error = refusal(copy_bundle(lambda table: table.update(schema=SCHEMA + 1)))
    assert f"schema {SCHEMA + 1}" in error.message
    assert "Upgrade crystinet" in error.hint


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "3", '"text"', "\x00", "[" * 100_000, '{"schema": 1', "\udcff"]
)
def test_a_manifest_that_is_no_table(copy_bundle: Copy, text: str) -> None:
    folder = copy_bundle()
    (folder / MANIFEST).write_bytes(text.encode("utf-8", "surrogateescape"))
    refusal(folder)


@pytest.mark.parametrize("name", ["nowhere", "a.txt", "a\0b", "empty"])
def test_what_is_no_bundle(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "empty").mkdir()
    assert "manifest.json" in refusal(tmp_path / name).message
    with pytest.raises(BundleError):
        bundle_id(tmp_path / name)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(copy_bundle: Copy, name: str) -> None:
    folder = copy_bundle()
    (folder / name).unlink()
    assert name in refusal(folder).message
    (folder / name).mkdir()
    assert name in refusal(folder).message


def test_a_bundle_in_the_package_shares_files_with_the_default(
    copy_bundle: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_bundle()
    packaged = folder.rename(folder.with_name("default"))
    lean = packaged.with_name("lean")
    lean.mkdir()
    (lean / MANIFEST).write_bytes((packaged / MANIFEST).read_bytes())
    name = next(iter(MANIFEST_TABLE["sha256"]))
    assert name in refusal(lean).message
    monkeypatch.setattr(bundle_files, "_packaged", lambda: packaged.parent)
    assert load_bundle(lean).files == load_bundle(packaged).files
    (packaged / name).unlink()
    (packaged / name).write_bytes(b"another release")
    with pytest.raises(BundleError, match="altered"):
        load_bundle(lean)


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file(copy_bundle: Copy, name: str) -> None:
    folder = copy_bundle()
    data = (folder / name).read_bytes()
    (folder / name).unlink()
    (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert "altered" in refusal(folder).message


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9])
def test_a_truncated_file_with_its_own_hash(copy_bundle: Copy, name: str, share: float) -> None:
    folder = copy_bundle()
    data = (folder / name).read_bytes()
    reseal(folder, name, data[: int(share * len(data))])
    assert name in refusal(folder).message


def with_nan() -> np.ndarray[Any, Any]:
    array = averages().copy()
    array[3, 5] = np.nan
    return array


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: npy(averages()[:-1]), "shape"),
        (lambda: npy(averages()[:, :-1]), "shape"),
        (lambda: npy(averages().ravel()), "shape"),
        (lambda: npy(averages()[None]), "shape"),
        (lambda: npy(with_nan()), "NaN or infinity"),
        (lambda: npy(averages().astype(np.int32)), "int32, not real numbers"),
        (lambda: npy(averages().astype(np.complex64)), "complex64, not real numbers"),
        (lambda: npy(np.array([{"a": 1}], dtype=object)), "not real numbers"),
        (lambda: npy(np.array(["a"])), "not real numbers"),
        (lambda: b"PK\x03\x04" + b"\0" * 100, "no NumPy array"),
    ],
)
def test_averages_that_do_not_fit(
    copy_bundle: Copy, make: Callable[[], bytes], complaint: str
) -> None:
    folder = copy_bundle()
    reseal(folder, AVERAGES, make())
    message = refusal(folder).message
    assert AVERAGES in message
    assert complaint in message


def test_networks_in_each_others_place(copy_bundle: Copy) -> None:
    bundle: Bundle = load_bundle()
    folder = copy_bundle()
    reseal(folder, SHARED, bundle.files[bundle.net_files[0].file])
    assert f"{SHARED} has inputs of the shapes" in refusal(folder).message
