"""The line for the paper, with uncertainties and what to cite; the page of an answer."""

from typing import Any

import pytest

from crystinet.app.reports import METHOD, publication_line, report_page

MODEL = {"id": "5be5fa59a45e" + "0" * 52, "version": "0.4.0"}
ENTRY: dict[str, Any] = {
    "verdict": "known",
    "candidates": [{"type": "Spinel-Al2MgO4", "merged": [], "number": 1, "probability": 0.99}],
    "two_theta_range": [10.0, 90.0],
    "wavelength_angstrom": 1.5406,
    "wavelength_from": "file",
}


def fit(cell: list[float], uncertainty: list[float]) -> dict[str, Any]:
    return {"rwp": 0.081, "phases": [{"cell": cell, "cell_uncertainty": uncertainty}]}


@pytest.mark.parametrize(
    ("cell", "uncertainty", "told"),
    [
        ([8.0806] * 3 + [90.0] * 3, [0.0004] * 3 + [0.0] * 3, "a = 8.0806(4) Å (Rwp"),
        (
            [5.4042, 5.4182, 9.351, 90.0, 125.291, 90.0],
            [0.0012, 0.0009, 0.002, 0.0, 0.013, 0.0],
            "a = 5.4042(12), b = 5.4182(9), c = 9.351(2) Å, β = 125.291(13)° (Rwp",
        ),
        ([4.75, 4.75, 12.99, 90.0, 90.0, 120.0], [0.1, 0.1, 0.2, 0, 0, 0], "a = 4.75(10), c = 13"),
    ],
)
def test_a_fitted_cell_is_told_with_its_uncertainties(
    cell: list[float], uncertainty: list[float], told: str
) -> None:
    line = publication_line(ENTRY, MODEL, fit(cell, uncertainty))
    assert f"A fit of the whole pattern gave {told}" in line
    assert METHOD in line


def test_without_a_fit_no_cell_is_told() -> None:
    line = publication_line(ENTRY, MODEL)
    assert "identified as Spinel-Al2MgO4" in line
    assert "fit" not in line


def test_a_page_tells_when_the_answer_was_given_and_ranks_all_types() -> None:
    pytest.importorskip("jinja2")
    further = {"known": True, "types": [{"type": "Quartz", "merged": [], "probability": 0.9}]}
    first = {**ENTRY["candidates"][0], "probability_of_all": 0.05, "reliability": 0.5}
    entry = {
        **ENTRY,
        "file": "a.xy",
        "ok": True,
        "verdict": "unknown",
        "sentence": "It is quartz.",
        "candidates": [first],
        "further": {**further, "model": {"id": "f" * 64}},
        "notes": [],
        "metadata": {},
    }
    document = {"model": MODEL, "results": [entry]}
    page = report_page(document, [None], made=86_400.0)
    assert "1970-01-02 00:00 UTC" in page
    assert page == report_page(document, [None], made=86_400.0)
    assert page.index("<td>Quartz</td>") < page.index("<td>Spinel-Al2MgO4</td>")
    assert "90.0 %" in page
