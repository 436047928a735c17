"""Batch: a table filtered by verdict, with a bad file in it, as CSV and as a page."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def batch(page: Any, unnamed: Path, tmp_path: Path) -> Any:
    """Return the page of a finished batch: four patterns, a file that is none, and a flat one."""
    rows = np.loadtxt(unnamed)
    files = []
    for number in range(4):
        path = tmp_path / f"sample-{number}.xy"
        np.savetxt(path, rows[number:], fmt="%.4f", header="wavelength = 1.78897", comments="# ")
        files.append(path)
    bad = tmp_path / "=bad<b>.xy"
    bad.write_bytes(b"\x00\x01 no pattern")
    page.goto("/batches")
    page.set_input_files("#file", [*files[:2], bad, *files[2:]])
    page.wait_for_url("**/batches/*")
    page.locator("main[data-ready='done']").wait_for(timeout=60_000)
    return page


def test_a_bad_file_stops_nothing_and_verdicts_are_filtered(batch: Any) -> None:
    assert "5 of 5 done, 1 not read" in batch.locator("[data-said]").inner_text()
    assert batch.locator("[data-rows] tr").count() == 5
    batch.get_by_role("button", name="Not read 1").click()
    assert batch.locator("[data-rows] tr").count() == 1
    assert "=bad<b>.xy" in batch.locator("[data-rows]").inner_text()
    assert batch.locator("[data-rows] b").count() == 0
    batch.get_by_role("button", name="Known 4").click()
    assert batch.locator("[data-rows] tr").count() == 4
    assert batch.url.endswith("?verdict=known")
    batch.get_by_role("link", name="sample-1.xy").click()
    batch.wait_for_url("**/results/*")
    assert "Rutile" in batch.locator("h1").inner_text()


def test_the_table_and_the_page_are_saved(batch: Any) -> None:
    with batch.expect_download() as download:
        batch.get_by_role("link", name="Table, CSV").click()
    text = Path(download.value.path()).read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["verdict"] for row in rows].count("known") == 4
    (failed,) = (row for row in rows if row["verdict"] == "failed")
    assert failed["file"].startswith("'=")  # a spreadsheet must not take it for a formula
    with batch.expect_download() as download:
        batch.get_by_role("link", name="Report").click()
    page = Path(download.value.path()).read_text("utf-8")
    assert page.count("<svg") == 4
    assert "<b>" not in page


def test_a_batch_is_answered_by_the_model_that_was_chosen(page: Any, unnamed: Path) -> None:
    page.goto("/")
    page.get_by_text("Do you know more about the sample?").click()
    page.select_option("#model", "wide")
    page.select_option("#anode", "Co")
    page.set_input_files("#file", [unnamed, unnamed])
    page.wait_for_url("**/batches/*")
    page.locator("main[data-ready='done']").wait_for(timeout=60_000)
    page.locator("[data-rows] a").first.click()
    page.wait_for_url("**/results/*")
    said = page.locator("[aria-label=Answer] .quiet").first.inner_text()
    assert said.endswith("λ = 1.78900 Å (given), model wide")


def test_batches_are_listed(batch: Any, barriers: Any) -> None:
    assert barriers(batch) == []
    batch.goto("/batches")
    assert batch.get_by_role("link", name="5 files").first.is_visible()
    assert barriers(batch) == []
