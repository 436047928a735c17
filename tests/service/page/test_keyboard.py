"""By keyboard alone: Tab reaches every control of every screen, in their order, and leaves each."""

from typing import Any

import pytest

SCREENS = {
    "drop": "/",
    "answer": "/results/{result}",
    "why": "/results/{result}/why",
    "compare": "/results/{result}/compare",
    "fit": "/results/{result}/refine",
    "export": "/results/{result}/export",
    "batches": "/batches",
    "unknowns": "/unknowns",
}
#: What a mouse can use and that is shown, each with a number; an own order would confuse people.
CONTROLS = """() => {
    const all = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
    const used = [...document.querySelectorAll(all)].filter((each) =>
        !each.disabled && each.tabIndex === 0 && each.checkVisibility());
    used.forEach((each, n) => { each.dataset.number = n; });
    return {
        count: used.length,
        early: document.querySelectorAll('[tabindex]:not([tabindex="0"], [tabindex="-1"])').length,
    };
}"""
WHERE = "() => document.activeElement.dataset.number ?? null"


@pytest.mark.parametrize("screen", SCREENS)
def test_tab_reaches_all_that_a_mouse_can_use(
    page: Any, laboratory: Any, result: str, strange: bytes, screen: str
) -> None:
    if screen == "unknowns":  # so that there is a group
        with laboratory.client() as client:
            client.post("/api/v1/identify", content=strange)
    page.goto(SCREENS[screen].format(result=result))
    if screen in ("why", "compare", "unknowns"):
        page.locator("main[data-ready]").wait_for(timeout=60_000)
    if screen == "answer":
        page.locator("[data-lane-legend]").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = page.evaluate(CONTROLS)
    assert found["early"] == 0
    assert found["count"] > 5
    reached = []
    for _ in range(found["count"]):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(WHERE))
    assert reached == [str(n) for n in range(found["count"])]
