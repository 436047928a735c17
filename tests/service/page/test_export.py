"""Export: CIF, JSON, CSV, report, notebook archive, NeXus, and the line for the paper."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

import crystinet

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def export(page: Any, result: str) -> Any:
    page.goto(f"/results/{result}/export")
    return page


@pytest.fixture
def fresh(page: Any, laboratory: Any, measured: Path) -> Any:
    """The export of an answer that no other test has fitted anything to."""
    with laboratory.client() as client:
        query = {"filename": "a.xra", "wavelength": "1.5405", "top": "6"}
        found = client.post("/api/v1/identify", params=query, content=measured.read_bytes())
    page.goto(f"/results/{found.json()['results'][0]['id']}/export")
    return page


def saved(page: Any, name: str) -> bytes:
    with page.expect_download(timeout=120_000) as download:
        page.get_by_role("link", name=name).click()
    return Path(download.value.path()).read_bytes()


def test_the_line_for_the_paper_cites_the_method(export: Any) -> None:
    line = export.locator("#citation").inner_text()
    assert "Apatite#-(HE,P63/m)" in line
    assert "probability 99 %" in line
    assert "10.1021/jacs.3c11852" in line
    assert "λ = 1.54059 Å" in line
    export.get_by_role("button", name="Copy").click()
    export.wait_for_function("document.querySelector('[data-copied]').textContent.length > 5")


def test_files_are_what_they_say(fresh: Any, measured: Path, tmp_path: Path) -> None:
    answer = json.loads(saved(fresh, "Answer, JSON"))
    assert answer["result"]["candidates"][0]["number"] == 71
    rows = np.genfromtxt(io.BytesIO(saved(fresh, "Curves, CSV")), delimiter=",", names=True)
    pattern = crystinet.read_pattern(measured, wavelength_angstrom=1.5405)
    assert np.allclose(rows["two_theta_deg"], pattern.two_theta_deg[pattern.mask])
    nexus = tmp_path / "pattern.nxs"
    nexus.write_bytes(saved(fresh, "Pattern, NeXus"))
    again = crystinet.read_pattern(nexus)
    assert np.allclose(again.intensity[again.mask], pattern.intensity[pattern.mask])
    assert again.radiation.wavelength_angstrom == pytest.approx(1.5405, abs=2e-4)


def test_the_cif_is_read_by_gemmi(fresh: Any) -> None:
    block = gemmi.cif.read_string(saved(fresh, "Structure, CIF").decode())[0]
    structure = gemmi.make_small_structure_from_block(block)
    assert structure.cell.a == pytest.approx(9.37, abs=0.02)


def test_the_report_opens_offline_and_asks_for_nothing(
    export: Any, browser: Any, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_bytes(saved(export, "Report"))
    context = browser.new_context(offline=True)
    asked: list[str] = []
    shown = context.new_page()
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(page.as_uri())
    assert "Apatite" in shown.locator("body").inner_text()
    assert shown.locator("svg polyline").count() >= 1
    assert shown.locator("svg .ticks").count() == 1
    assert len(shown.pdf()) > 10_000
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


def test_the_notebook_archive_is_a_crate(export: Any, measured: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(saved(export, "Notebook, .eln"))) as archive:
        names = archive.namelist()
        (folder,) = {name.partition("/")[0] for name in names}
        crate = json.loads(archive.read(f"{folder}/ro-crate-metadata.json"))
        nodes = {node["@id"]: node for node in crate["@graph"]}
        assert len(nodes) == len(crate["@graph"])
        assert nodes["ro-crate-metadata.json"]["about"] == {"@id": "./"}
        assert nodes["./"]["hasPart"] == [{"@id": "./pattern/"}]
        files = [node for node in nodes.values() if node["@type"] == "File"]
        assert {part["@id"] for part in nodes["./pattern/"]["hasPart"]} == {
            node["@id"] for node in files
        }
        for node in files:
            content = archive.read(f"{folder}/{node['@id'].removeprefix('./')}")
            assert str(len(content)) == node["contentSize"]
        assert archive.read(f"{folder}/pattern/apatite.xra") == measured.read_bytes()

        def references(value: Any) -> list[str]:
            if isinstance(value, dict):
                if set(value) == {"@id"}:
                    return [value["@id"]]
                return [each for part in value.values() for each in references(part)]
            return (
                [each for part in value for each in references(part)]
                if isinstance(value, list)
                else []
            )

        assert [
            each
            for each in references(crate["@graph"])
            if each not in nodes and not each.startswith("https://w3id.org/")
        ] == []


def test_names_of_strangers_go_nowhere(laboratory: Any, unnamed: Path) -> None:
    name = f"../../{EVIL}=1+1.xy".replace("</", "<")
    with laboratory.client() as client:
        answer = client.post(
            "/api/v1/identify",
            params={"filename": name, "anode": "Co"},
            content=unnamed.read_bytes(),
        )
        id = answer.json()["results"][0]["id"]
        report = client.get(f"/api/v1/results/{id}/report.html")
        archive = client.get(f"/api/v1/results/{id}/export.eln")
    assert "<script" not in report.text
    assert "script" in report.text
    assert "script-src" not in report.headers["content-security-policy"]
    assert report.headers["content-disposition"].startswith("attachment")
    for path in zipfile.ZipFile(io.BytesIO(archive.content)).namelist():
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert "<" not in path


def test_no_barriers(export: Any, barriers: Any) -> None:
    for scheme in ("light", "dark"):
        export.emulate_media(color_scheme=scheme)
        assert barriers(export) == []
