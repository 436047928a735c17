"""The whole pattern fitted, as a job and while the client waits; with the bundle of the package."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gemmi
import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.cli import app
from crystinet.core.grid import TwoThetaGrid

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def usual(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with start(tmp_path_factory.mktemp("usual")) as found:
        yield found


@pytest.fixture(scope="module")
def rutile() -> bytes:
    kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    grid = TwoThetaGrid(start_deg=20.0, step_deg=0.03, n_points=2000)
    pattern = crystinet.simulate(kind.reference, counts=5000, background=0.02, grid=grid, seed=1)
    rows = zip(pattern.two_theta_deg, pattern.intensity, strict=True)
    text = "\n".join(["# wavelength = 1.5406", *(f"{a:.4f} {b:.1f}" for a, b in rows)])
    return text.encode()


def test_a_fit_is_the_document_of_refine_with_curves_and_a_cif(
    usual: Any, rutile: bytes, finished: Any
) -> None:
    with usual.client() as client:
        found = client.post("/api/v1/identify", params={"filename": "r.xy"}, content=rutile).json()[
            "results"
        ][0]
        request = {"kind": "refine", "inputs": [{"result": found["id"]}]}
        job = client.post("/api/v1/jobs", json=request).json()["id"]
        assert finished(client, job, patience_s=120.0)["state"] == "done"
        told = client.get(f"/api/v1/jobs/{job}/events").text
        assert "event: stage" in told
        fit = client.get(f"/api/v1/results/{found['id']}/fit", params={"points": 300}).json()
        assert fit["phases"][0]["type"] == "Rutile-TiO2"
        assert fit["phases"][0]["cell"][0] == pytest.approx(4.594, abs=0.01)
        assert {len(curve) for curve in fit["curves"].values()} == {len(fit["curves"]["observed"])}
        assert len(fit["curves"]["observed"]) <= 300
        curves = {name: np.array(curve) for name, curve in fit["curves"].items()}
        assert np.allclose(
            curves["difference"], curves["observed"] - curves["calculated"], atol=1e-3
        )
        cif = client.get(f"/api/v1/results/{found['id']}/structure.cif")
        assert cif.headers["content-type"].startswith("chemical/x-cif")
        block = gemmi.cif.read_string(cif.text)[0]
        shown = client.get(f"/api/v1/results/{found['id']}/structure").json()
        assert (shown["origin"], shown["type"]) == ("fit", "Rutile-TiO2")
        assert shown["cell"] == pytest.approx(fit["phases"][0]["cell"], abs=1e-3)
        other = found["candidates"][1]["type"]
        seen = client.get(f"/api/v1/results/{found['id']}/structure", params={"type": other})
        assert seen.json()["origin"] in ("compound", "reference")
        assert float(block.find_value("_cell_length_a").partition("(")[0]) == pytest.approx(
            4.594, abs=0.01
        )


def test_a_formula_of_the_question_is_that_of_the_fit_and_its_cif_is_offered(
    usual: Any, rutile: bytes
) -> None:
    def elements(phase: dict[str, Any]) -> set[str]:
        assert all(site["determined"] for site in phase["sites"])
        return {name for site in phase["sites"] for name, _ in site["species"]}

    with usual.client() as client:
        query = {"filename": "r.xy", "formula": "SnO2"}
        found = client.post("/api/v1/identify", params=query, content=rutile).json()["results"][0]
        address = f"/api/v1/results/{found['id']}"
        fit = client.get(f"{address}/fit", params={"type": "Rutile-TiO2"}).json()
        assert elements(fit["phases"][0]) == {"Sn", "O"}
        given = {"type": "Rutile-TiO2", "formula": "RuO2"}
        fit = client.get(f"{address}/fit", params=given).json()
        assert elements(fit["phases"][0]) == {"Ru", "O"}
        for formula, metal in ((None, "Sn"), ("RuO2", "Ru")):
            query = {"type": "Rutile-TiO2", "phase": 1} | ({"formula": formula} if formula else {})
            shown = client.get(f"{address}/structure", params=query).json()
            assert shown["origin"] == "fit"
            assert {atom["element"] for atom in shown["atoms"]} == {metal, "O"}
        for other in ({"formula": "GeO2", "phase": 1}, {**given, "phase": 2}):
            refused = client.get(f"{address}/structure", params=other)
            assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
        page = client.get(f"/results/{found['id']}/export").text
        links = [html.unescape(each) for each in re.findall(r'href="(/[^"]+\.cif[^"]*)"', page)]
        texts = [client.get(link).text for link in links]
        metals = [re.search(r"\b(Sn|Ru)\d* ", text)[1] for text in texts]  # type: ignore[index]
        assert metals == ["Ru", "Sn"]  # the one whose formula was given for it comes first
        assert client.get(f"/api/v1/results/{found['id']}/report.html").text.count("<h3>Fit") == 1


def test_identify_with_fits_is_the_document_of_the_command_line(
    usual: Any, rutile: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "r.xy"
    path.write_bytes(rutile)
    command = ["identify", str(path), "--fit", "--formula", "TiO2", "--json"]
    (wanted,) = json.loads(CliRunner().invoke(app, command).stdout)["results"]
    with usual.client() as client:
        query = {"filename": "r.xy", "fit": True, "formula": "TiO2"}
        answer = client.post("/api/v1/identify", params=query, content=rutile)
        assert answer.status_code == 200, answer.text
        (entry,) = answer.json()["results"]
        assert answer.json()["index"]["id"]
        assert entry["candidates"][0]["fit"]["phases"][0]["verified"] == "yes"
        assert entry["candidates"] == wanted["candidates"]
        assert "input" not in entry
        kept = client.get(f"/api/v1/results/{entry['id']}").json()
        assert kept["result"]["candidates"][0]["fit"] == entry["candidates"][0]["fit"]
        (job, *_) = client.get("/api/v1/jobs").json()["jobs"]
        assert (job["kind"], job["state"], job["options"]["formula"]) == (
            "identify",
            "done",
            "TiO2",
        )
        files = [("f", ("bad.xy", b"no pattern")), ("f", ("r.xy", rutile))]
        entries = client.post("/api/v1/identify?fit=true&formula=TiO2", files=files).json()
        assert [each["ok"] for each in entries["results"]] == [False, True]
        assert entries["results"][1] == entry
        wrong = client.post("/api/v1/identify?fit=true", content=b"no pattern")
        assert (wrong.status_code, wrong.json()["code"]) == (422, "unreadable-file")


def test_what_cannot_be_fitted_is_told(usual: Any, rutile: bytes) -> None:
    with usual.client() as client:
        found = client.post("/api/v1/identify", params={"filename": "r.xy"}, content=rutile).json()[
            "results"
        ][0]
        address = f"/api/v1/results/{found['id']}/fit"
        wrong: httpx.Response = client.get(address, params={"type": "Nonsense"})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "unknown-type")
        wrong = client.get(address, params={"formula": "Xx2"})
        assert wrong.status_code == 400
