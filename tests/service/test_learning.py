"""Jobs that teach a bundle a type: the old one stays, the new one is served beside it."""

import hashlib
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crystinet
from crystinet.model.bundle_files import default_bundle_folder

MARCASITE = """data_marcasite
_cell_length_a 4.443
_cell_length_b 5.4245
_cell_length_c 3.3871
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P n n m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Fe1 Fe 0 0 0
S1 S 0.2 0.378 0
"""
QUICK = """average_patterns = 8
calibration_patterns = 20
[data]
hypothetical = 40
[features]
patterns = 768
[head]
epochs = 8
batch_size = 64
"""
#: None of the catalogue, so that all that is known of it is what it was learned from.
NAME = "Our-marcasite"


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a bundle."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def request_of(client: Any, **options: Any) -> dict[str, Any]:
    answer = client.post(
        "/api/v1/uploads", params={"filename": "../m.cif"}, content=MARCASITE.encode()
    )
    (upload,) = answer.json()["uploads"]
    entry = {"upload": upload["upload"], "file": upload["file"]}
    return {"kind": "learn", "inputs": [entry], "options": options}


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "quick.toml"
    path.write_text(QUICK, encoding="utf-8")
    return "--learn-config", str(path)


def worker_of(data: Path, job: str) -> int:
    """Process of the worker that holds a job."""
    with closing(sqlite3.connect(f"file:{data}/service.sqlite?mode=ro", uri=True)) as database:
        ((name,),) = database.execute("SELECT worker FROM job WHERE id = ?", (job,)).fetchall()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f'"{name}"'.encode() in (entry / "cmdline").read_bytes():
                return int(entry.name)
        except OSError:
            continue
    raise AssertionError(name)


@pytest.mark.slow
def test_a_learned_type_is_served_beside_the_old_bundle_also_after_a_kill(
    start: Any, tmp_path: Path, words: Any, finished: Any, until: Any
) -> None:
    data = tmp_path / "data"
    before = hashes(default_bundle_folder())
    structure = tmp_path / "m.cif"
    structure.write_text(MARCASITE, encoding="utf-8")
    pattern = crystinet.simulate(crystinet.read_structure(structure), counts=8000, seed=3)
    rows = np.column_stack([pattern.two_theta_deg, pattern.intensity])
    text = "# wavelength = 1.5406\n" + "\n".join(f"{x:.4f} {y:.1f}" for x, y in rows)
    with start(data, *words) as service, service.client() as client:
        answer = client.post("/api/v1/jobs", json=request_of(client, type=NAME, patterns=768))
        assert answer.status_code == 202, answer.text
        job = answer.json()["id"]
        features = data / "models" / f"{job}.partial" / "features"
        until(lambda: len(list(features.glob("*"))) > 1, what="features", patience_s=240.0)
        os.kill(worker_of(data, job), signal.SIGKILL)
        document = finished(client, job, patience_s=400.0)
        assert (document["state"], document["done"], document["error"]) == ("done", 1, None)
        told = client.get(f"/api/v1/jobs/{job}/events").text
        assert told.count('{"state": "running"}') == 2
        assert '"stage": "training"' in told
        result = client.get(f"/api/v1/jobs/{job}/results").json()
        model = result["model"]
        assert model["id"].startswith(model["name"])
        assert result["report"]["extended"] == model["id"]
        assert NAME in result["report"]["new"]
        query = {"filename": "m.xy", "model": model["name"]}
        new = client.post("/api/v1/identify", params=query, content=text.encode()).json()
        assert new["model"] == {"id": model["id"], "version": model["version"]}
        assert new["results"][0]["candidates"][0]["type"] == NAME
        at = f"/api/v1/results/{new['results'][0]['id']}"
        shown = client.get(f"{at}/structure", params={"type": NAME}).json()
        assert (shown["origin"], {each["element"] for each in shown["atoms"]}) == (
            "compound",
            {"Fe", "S"},
        )
        fitted = client.get(f"{at}/fit", params={"type": NAME}, timeout=240.0).json()
        assert [each["type"] for each in fitted["phases"]] == [NAME]
        asked = {"kind": "refine", "inputs": [{"result": new["results"][0]["id"]}]}
        for name, status in ((NAME, 202), ("Nobody's", 400)):
            fit = client.post("/api/v1/jobs", json={**asked, "options": {"type": name}})
            assert fit.status_code == status
            if status == 202:
                assert finished(client, fit.json()["id"], patience_s=240.0)["failed"] == 0
        assert client.get(f"{at}/fit", params={"type": "Nobody's"}).status_code == 400
        old = client.post("/api/v1/identify", content=text.encode()).json()
        assert NAME not in {each["type"] for each in old["results"][0]["candidates"]}
    assert hashes(default_bundle_folder()) == before
    assert [path.name for path in (data / "models").iterdir()] == [job]
    with start(data, *words) as service, service.client() as client:
        models = client.get("/api/v1/models").json()["models"]
        assert [each["name"] for each in models] == ["default", "extended", "wide", model["name"]]
        assert [each["default"] for each in models] == [True, False, False, False]
        again = client.post("/api/v1/identify", params=query, content=text.encode()).json()
        assert again == new
        assert f'<option value="{model["name"]}">' in client.get("/").text


@pytest.mark.slow
def test_a_cancelled_one_leaves_nothing(
    start: Any, tmp_path: Path, words: Any, finished: Any, until: Any
) -> None:
    data = tmp_path / "data"
    with start(data, *words) as service, service.client() as client:
        job = client.post("/api/v1/jobs", json=request_of(client, type=NAME)).json()["id"]
        until(lambda: (data / "models" / f"{job}.cifs").is_dir(), what="work", patience_s=120.0)
        files = [path.name for path in (data / "models" / f"{job}.cifs").iterdir()]
        assert files == ["0000.cif"]
        client.delete(f"/api/v1/jobs/{job}")
        assert finished(client, job)["state"] == "cancelled"
    with start(data, *words) as service, service.client() as client:
        until(lambda: list((data / "models").iterdir()) == [], what="an empty folder")
        assert not any(each["learned"] for each in client.get("/api/v1/models").json()["models"])


def test_what_cannot_be_learned_is_refused(client: Any, ask: Any) -> None:
    pytest.importorskip("torch")  # without the extra all of it is refused, with 409
    for options in ({}, {"type": ""}, {"type": "a\x1b[31m"}, {"type": "A", "model": "../x"}):
        refused = client.post("/api/v1/jobs", json=request_of(client, **options))
        assert refused.status_code == 400, options
    result = ask(client)["id"]
    request = {"kind": "learn", "inputs": [{"result": result}], "options": {"type": "A"}}
    assert client.post("/api/v1/jobs", json=request).status_code == 400


def test_what_is_not_complete_is_not_offered(tmp_path: Path) -> None:
    from crystinet.service.learned import learned_models

    folder = tmp_path / "models" / "job"
    folder.mkdir(parents=True)
    assert learned_models(tmp_path) == {}
    manifest = (default_bundle_folder() / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(manifest)
    assert list(learned_models(tmp_path).values()) == [folder]
    folder.rename(folder.with_suffix(".partial"))
    assert learned_models(tmp_path) == {}
