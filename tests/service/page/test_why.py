"""Why: the heat, the lines that match and those that do not, and what the answer hangs on."""

from typing import Any

import pytest


@pytest.fixture
def why(page: Any, result: str) -> Any:
    page.goto(f"/results/{result}/why")
    page.locator("main[data-ready]").wait_for(timeout=60_000)
    return page


def test_lines_and_windows_are_told_in_words(why: Any) -> None:
    assert why.locator("h1").inner_text().startswith("What speaks for Apatite")
    said = why.locator("[data-lines-said]").inner_text()
    assert " lines belong to this type" in said
    assert why.locator("[data-windows] tr").count() > 3
    assert "for it" in why.locator("[data-windows]").inner_text()


def test_another_candidate_is_explained(why: Any) -> None:
    name = why.locator("#type option").nth(1).inner_text()
    why.select_option("#type", name)
    why.get_by_role("button", name="Show").click()
    why.wait_for_url("**/why?type=*")
    why.locator("main[data-ready]").wait_for(timeout=60_000)
    assert why.locator("main").get_attribute("data-type") == name
    assert why.locator("[data-unexplained] tr").count() > 0


def test_no_barriers(why: Any, barriers: Any) -> None:
    for scheme in ("light", "dark"):
        why.emulate_media(color_scheme=scheme)
        assert barriers(why) == []
