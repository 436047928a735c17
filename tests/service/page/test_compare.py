"""Compare: up to three candidates in lanes; the address reproduces the view."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest


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


def range_of(page: Any) -> list[float] | None:
    """Return the zoom that the address holds, degrees."""
    query = parse_qs(urlsplit(page.url).query)
    return [float(query[end][0]) for end in ("from", "to")] if "from" in query else None


@pytest.mark.parametrize("axis", ["two_theta", "d", "q"])
def test_the_zoom_stays_on_every_axis(page: Any, result: str, axis: str) -> None:
    page.goto(f"/results/{result}/compare?x={axis}&from=30.5&to=52.5")
    page.locator("main[data-ready]").wait_for()
    page.locator("[data-plot-y] button[value=log]").click()  # it is drawn anew
    page.wait_for_url(lambda url: "y=log" in url)
    assert range_of(page) == pytest.approx([30.5, 52.5], abs=0.1)
    for other in ("d", "two_theta"):
        page.locator(f"[data-plot-x] button[value={other}]").click()
        page.locator(f"[data-drawn='{other} log']").wait_for()
        page.wait_for_timeout(100)  # the chart tells its range a moment later
        assert range_of(page) == pytest.approx([30.5, 52.5], abs=0.1)


@pytest.mark.parametrize("asked", ["from=-20&to=500", "from=200&to=300"])
def test_no_range_is_beyond_the_pattern(page: Any, result: str, asked: str) -> None:
    page.goto(f"/results/{result}/compare?x=d&{asked}")
    page.locator("main[data-ready]").wait_for()
    page.locator("[data-plot]").focus()
    page.keyboard.press("-")
    page.wait_for_url(lambda url: "from=" not in url)  # the whole pattern
    page.keyboard.press("+")  # so the first step nearer shows less
    page.wait_for_url(lambda url: "from=" in url)


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
