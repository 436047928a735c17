"""Compare: up to three candidates in lanes; the address reproduces the view."""

from typing import Any
from urllib.parse import parse_qs, urlsplit


def test_three_candidates_are_chosen_and_the_address_shows_them_again(
    page: Any, result: str
) -> None:
    page.goto(f"/results/{result}")
    boxes = page.locator("#compare input[type=checkbox]")
    boxes.nth(2).check()
    assert boxes.nth(3).is_disabled()  # three at most
    page.get_by_role("button", name="Compare the chosen ones").click()
    page.locator("main[data-ready]").wait_for()
    lanes = page.locator("[data-lane]")
    assert lanes.count() == 3
    assert "a = 9.37" in lanes.first.inner_text()
    assert lanes.first.locator("[data-explained]").inner_text().endswith("% of their height")

    page.get_by_role("button", name="Q", exact=True).click()
    page.get_by_role("button", name="√").click()
    page.locator("[data-plot]").focus()
    page.keyboard.press("+")
    page.wait_for_function("new URLSearchParams(location.search).has('from')")
    view = parse_qs(urlsplit(page.url).query)
    assert (view["x"], view["y"], len(view["type"])) == (["q"], ["root"], 3)
    page.goto(page.url)
    page.locator("main[data-ready]").wait_for()
    assert page.locator("[data-plot]").get_attribute("data-drawn") == "q root"
    again = parse_qs(urlsplit(page.url).query)
    for end in ("from", "to"):
        assert abs(float(again[end][0]) - float(view[end][0])) < 0.5


def test_fits_are_laid_over_the_pattern(page: Any, result: str) -> None:
    page.goto(f"/results/{result}/compare")
    page.locator("main[data-ready='1']").wait_for()
    page.get_by_role("button", name="Fit each to the whole pattern").click()
    page.locator("main[data-ready='3']").wait_for(timeout=240_000)
    assert "Rwp" in page.locator("[data-fitted]").first.inner_text()
    assert "bears it out" in page.locator("[data-fitted]").first.inner_text()
    assert "fit=1" in page.url
    lane = page.locator("[data-fitted]").first
    assert "a = 9.37" in lane.inner_text()
    assert "explain all but" in lane.inner_text()
    assert page.locator(".uplot").count() == 3  # what each fit leaves over stands below
    scales = page.evaluate(
        "[...document.querySelectorAll('.uplot')].slice(1)"
        ".map(chart => chart.querySelector('.u-over').getBoundingClientRect().height)"
    )
    assert scales[0] == scales[1]  # the last has the axis besides


def test_no_barriers(page: Any, result: str, barriers: Any) -> None:
    page.goto(f"/results/{result}/compare")
    page.locator("main[data-ready]").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page) == []
