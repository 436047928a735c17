"""The lattice of an unknown compound, worked out by a job; with the bundle of the package."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import crystinet
from crystinet.service.client import Client

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def usual(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with start(tmp_path_factory.mktemp("usual")) as found:
        yield found


def test_where_no_type_fits_the_lattice_is_told(usual: Any, strange: bytes) -> None:
    with usual.client() as client, Client(usual.address) as crystinet_client:
        query = {"filename": "strange.xy"}
        (plain,) = client.post("/api/v1/identify", params=query, content=strange).json()["results"]
        assert plain["verdict"] == "unknown"
        assert "beyond" not in plain
        found = client.get(f"/api/v1/results/{plain['id']}/beyond").json()
        assert found["cells"][0]["name"] == "tetragonal primitive"
        assert found["cells"][0]["cell"][:3] == pytest.approx([6.21, 6.21, 9.87], abs=0.01)
        assert found == client.get(f"/api/v1/results/{plain['id']}/beyond").json()
        asked = crystinet_client.identify(strange, **query, beyond=True)
        (entry,) = asked["results"]
        assert entry["id"] != plain["id"]
        assert entry["beyond"]["cells"][0] == found["cells"][0]
        assert crystinet_client.beyond(entry["id"]) == entry["beyond"]
        kinds = [job["kind"] for job in client.get("/api/v1/jobs").json()["jobs"]]
        assert sorted(kinds) == ["beyond", "identify"]
        page = client.get(f"/api/v1/results/{plain['id']}/report.html").text
        assert "<td>tetragonal primitive</td>" in page


def test_a_batch_may_look_for_lattices(usual: Any, strange: bytes, finished: Any) -> None:
    kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    known = crystinet.simulate(kind.reference, counts=5000, background=0.02, seed=1)
    rows = np.column_stack([known.two_theta_deg, known.intensity])
    text = "\n".join(["# wavelength = 1.5406", *(f"{x:.4f} {y:.1f}" for x, y in rows)])
    with usual.client() as client:
        files = [("f", ("other.xy", strange)), ("f", ("rutile.xy", text.encode()))]
        uploads = client.post("/api/v1/uploads", files=files).json()["uploads"]
        inputs = [{"upload": each["upload"], "file": each["file"]} for each in uploads]
        request = {"kind": "batch", "inputs": inputs, "options": {"beyond": True}}
        job = client.post("/api/v1/jobs", json=request).json()["id"]
        assert finished(client, job, patience_s=120.0)["state"] == "done"
        assert "event: stage" in client.get(f"/api/v1/jobs/{job}/events").text
        with Client(usual.address) as asking:
            first, second = asking.results(job)
    assert first["beyond"]["cells"]
    assert (second["verdict"], "beyond" in second) == ("known", False)
