"""The structure of a candidate in three dimensions: loaded when asked for, turned by keys."""

from typing import Any

import pytest

PROGRAM = "3Dmol-min.js"
#: Milliseconds: without a graphics card a frame may take seconds on a busy machine.
PATIENCE_MS = 90_000


@pytest.fixture(autouse=True)
def patience(page: Any) -> None:
    """A small window, and time to draw."""
    page.set_default_timeout(PATIENCE_MS)
    page.set_viewport_size({"width": 480, "height": 800})


def view(page: Any) -> str:
    """From where it is looked at: place, distance and turn."""
    found: str = page.locator(".structure").get_attribute("data-view")
    return found


def picture(page: Any) -> bytes:
    found: bytes = page.locator(".structure canvas").first.screenshot(timeout=PATIENCE_MS)
    return found


def show(page: Any) -> None:
    page.get_by_role("button", name="Show its structure").first.click()
    page.locator("[data-structure][data-drawn]").first.wait_for()


def test_it_is_drawn_when_asked_for_and_turned_by_keys(page: Any, result: str) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"/results/{result}")
    page.locator("[data-lane-legend]").wait_for()
    assert not any(PROGRAM in url for url in loaded)
    show(page)
    assert any(PROGRAM in url for url in loaded)
    section = page.locator("[aria-labelledby=structure-title]")
    assert "a = 9.37" in section.inner_text()
    assert {"P", "O", "F"} <= set(section.locator(".legend li").all_inner_texts())

    first, drawn = view(page), picture(page)
    page.get_by_role("application", name="Unit cell").focus()
    views = [first]
    for key in ("ArrowRight", "ArrowUp", "+", "c"):
        page.keyboard.press(key)
        views.append(view(page))
    assert len(set(views)) == 5
    assert picture(page) != drawn
    page.keyboard.press("Escape")
    assert view(page) == first
    section.get_by_role("button", name="along c").click()
    assert view(page).split()[4:] == views[-1].split()[4:]  # the same turn, nearer or not
    section.get_by_role("button", name="as at first").click()
    assert view(page) == first
    page.get_by_role("application", name="Unit cell").focus()
    page.keyboard.press("Tab")  # no trap
    assert page.evaluate("document.activeElement.closest('.structure')") is None


def test_another_candidate_takes_its_place(page: Any, result: str) -> None:
    page.goto(f"/results/{result}")
    page.locator("[data-lane-legend]").wait_for()
    show(page)
    second = page.locator(".candidate").nth(1)
    name = second.get_attribute("data-candidate")
    second.locator(".name").click()
    page.wait_for_function(
        "name => document.querySelector('[data-structure]').dataset.drawn === name",
        arg=name,
    )
    assert page.locator(".structure").count() == 1


def test_compared_structures_stand_in_their_lanes_and_in_the_address(
    page: Any, result: str, barriers: Any
) -> None:
    page.goto(f"/results/{result}/compare")
    page.locator("main[data-ready]").wait_for()
    show(page)
    assert "structures=1" in page.url
    page.goto(page.url)
    page.locator("[data-lane] [data-drawn]").wait_for()
    assert page.locator(".structure").count() == 1
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page) == []


def test_a_browser_without_webgl_is_told_and_shows_the_facts(page: Any, result: str) -> None:
    page.add_init_script(
        "HTMLCanvasElement.prototype.getContext = ((real) => function (kind, ...m)"
        " { return kind === 'webgl2' ? null : real.call(this, kind, ...m); })"
        "(HTMLCanvasElement.prototype.getContext);"
    )
    page.goto(f"/results/{result}")
    page.locator("[data-lane-legend]").wait_for()
    page.get_by_role("button", name="Show its structure").click()
    page.get_by_text("no WebGL").wait_for()
    assert "a = 9.37" in page.locator("[aria-labelledby=structure-title]").inner_text()
