"""Refine: a job with progress and a way to stop it, the fit, and its CIF."""

from pathlib import Path
from typing import Any

import gemmi
import pytest

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
