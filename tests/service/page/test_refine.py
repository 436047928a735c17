"""Refine: a job with progress and a way to stop it, the fit, and its CIF."""

from pathlib import Path
from typing import Any

import gemmi
import pytest

import crystinet

#: Milliseconds that a fit may take on a busy machine.
FIT_MS = 60_000


@pytest.fixture
def simple(laboratory: Any, unnamed: Path) -> str:
    """Return an answer whose fit is short."""
    with laboratory.client() as client:
        answer = client.post(
            "/api/v1/identify",
            params={"filename": "rutile.xy", "anode": "Co"},
            content=unnamed.read_bytes(),
        )
    found: str = answer.json()["results"][0]["id"]
    return found


def test_a_fit_is_shown_and_its_cif_read_by_gemmi(page: Any, simple: str) -> None:
    page.goto(f"/results/{simple}/refine")
    page.get_by_role("button", name="Fit", exact=True).click()
    page.locator("[data-stage] .busy").wait_for()
    page.locator("main[data-ready]").wait_for(timeout=FIT_MS)
    assert page.locator("[data-proof]").inner_text() == "Borne out"
    assert page.locator("[data-rwp]").inner_text().endswith(" %")
    cell = page.locator("[data-phase-rows]").inner_text()
    assert "a = 4.59" in cell
    assert "(" in cell  # its standard uncertainty
    assert page.locator(".uplot").count() == 2  # the pattern, and the difference below it
    with page.expect_download() as download:
        page.get_by_text("Save as CIF").click()
    block = gemmi.cif.read(str(download.value.path()))[0]
    structure = gemmi.make_small_structure_from_block(block)
    assert structure.cell.a == pytest.approx(4.59, abs=0.01)
    assert {site.element.name for site in structure.sites} >= {"Ti", "O"}


def test_the_fitted_structure_is_drawn_and_the_picture_saved(page: Any, simple: str) -> None:
    page.set_viewport_size({"width": 480, "height": 800})
    page.goto(f"/results/{simple}/refine?type=Rutile-TiO2&formula=SnO2")
    page.locator("main[data-ready]").wait_for(timeout=FIT_MS)
    page.get_by_role("button", name="Show its structure").click()
    page.locator("[data-structure][data-drawn]").wait_for(timeout=90_000)
    section = page.locator("[data-structures]")
    assert "As it was fitted to this pattern." in section.inner_text()
    assert set(section.locator(".legend li").all_inner_texts()) == {"Sn", "O"}  # of this very fit
    assert "a = 4.59" in section.inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "rutile.png"


def test_each_of_several_phases_has_a_word_a_colour_and_a_structure(
    page: Any, laboratory: Any
) -> None:
    kinds = {kind.name: kind for kind in crystinet.types()}
    patterns = [
        crystinet.simulate(kinds[name].reference, counts=None, background=0.0, fwhm_deg=0.15)
        for name in ("NaCl", "Fluorite-CaF2")
    ]
    x = patterns[0].two_theta_deg
    y = 30.0 + 3000.0 * sum(p.intensity / p.intensity.max() for p in patterns)
    rows = "\n".join(f"{a:.3f} {b:.2f}" for a, b in zip(x, y, strict=True) if 20.0 < a < 80.0)
    with laboratory.client() as client:
        query = {"filename": "two.xy", "anode": "Cu"}
        answer = client.post("/api/v1/identify", params=query, content=rows.encode())
    page.goto(f"/results/{answer.json()['results'][0]['id']}/refine")
    page.select_option("#phases", "2")
    page.get_by_role("button", name="Fit", exact=True).click()
    page.locator("main[data-ready]").wait_for(timeout=2 * FIT_MS)
    rows = page.locator("[data-phase-rows] tr")
    assert rows.count() == 2
    words = rows.locator(".verdict").all_inner_texts()
    good = words.count("Borne out")
    assert page.locator("[data-outcome]").inner_text() == f"The fit bears out {good} of 2 phases."
    assert (page.locator("[data-proof]").inner_text() == "Borne out") is (good == 2)
    legend = page.locator("[data-phase-lane]").all_inner_texts()
    names = [row.partition("\t")[0].partition(" from")[0] for row in rows.all_inner_texts()]
    assert legend == [f"lines of {name}" for name in names]
    assert page.locator("[data-structure-list] [data-structure]").count() == 2


def test_a_fit_is_cancelled(page: Any, result: str) -> None:
    page.goto(f"/results/{result}/refine")
    page.select_option("#phases", "2")  # this takes a while
    page.get_by_role("button", name="Fit", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled.").wait_for(timeout=FIT_MS)
    assert page.locator("[data-fit-shown]").is_hidden()
    assert page.get_by_role("button", name="Fit", exact=True).is_enabled()


def test_a_formula_that_is_none_is_told(page: Any, simple: str) -> None:
    page.goto(f"/results/{simple}/refine")
    page.fill("#formula", "Xx2Yy3")
    page.get_by_role("button", name="Fit", exact=True).click()
    page.locator("#told strong").wait_for(timeout=FIT_MS)
    page.complaints.clear()  # the browser notes the refusal


def test_no_barriers(page: Any, simple: str, barriers: Any) -> None:
    page.goto(f"/results/{simple}/refine?type=Rutile-TiO2")
    page.locator("main[data-ready]").wait_for(timeout=FIT_MS)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page) == []
