"""Drop: a file, many, a paste or a button; the answer comes, and errors are told."""

import gzip
from pathlib import Path
from typing import Any

DROP = """async ([name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name));
    for (const kind of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true}));
}"""
PASTE = """(text) => {
    const transfer = new DataTransfer();
    transfer.setData('text/plain', text);
    const event = new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true});
    document.body.dispatchEvent(event);
}"""


def test_a_measured_file_is_dropped_anywhere_and_answered(page: Any, measured: Path) -> None:
    page.goto("/")
    page.evaluate(DROP, [measured.name, measured.read_text("latin-1")])
    page.wait_for_url("**/results/*")
    assert "Apatite" in page.locator("h1").inner_text()
    assert measured.name in page.locator("main").inner_text()


def test_the_button_works_by_keyboard_alone(page: Any, unnamed: Path) -> None:
    page.on("filechooser", lambda _: None)  # from here on; asking for it only below may be too late
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "file":
            break
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(unnamed)
    page.wait_for_url("**/results/*")
    assert page.get_by_text("copper was assumed").is_visible()


def test_numbers_are_pasted(page: Any, unnamed: Path) -> None:
    text = "\n".join(unnamed.read_text("utf-8").splitlines()[500:3500:4])
    page.goto("/")
    page.evaluate(PASTE, text)
    page.wait_for_url("**/results/*")
    page.goto("/")
    page.get_by_text("Paste numbers instead").click()
    page.fill("#numbers", text)
    page.click("#send-numbers")
    page.wait_for_url("**/results/*")


def test_what_is_known_goes_with_the_file(page: Any, unnamed: Path) -> None:
    page.goto("/")
    page.get_by_text("Do you know more about the sample?").click()
    page.select_option("#anode", "Co")
    page.fill("#elements", "Ti, O")
    page.set_input_files("#file", unnamed)
    page.wait_for_url("**/results/*")
    assert page.locator("h1").inner_text().startswith("This is Rutile-TiO")
    assert "elements O, Ti" in page.locator("main").inner_text()
    assert page.get_by_text("copper was assumed").count() == 0


def test_the_formula_is_a_lever_and_goes_with_every_further_question(
    page: Any, unnamed: Path
) -> None:
    page.goto("/")
    page.get_by_text("Do you know more about the sample?").click()
    page.fill("#formula", "SnO2")
    page.set_input_files("#file", unnamed)
    page.wait_for_url("**/results/*")
    assumed = page.url
    assert "formula SnO2" in page.locator("main").inner_text()
    page.get_by_role("button", name="Co", exact=True).click()
    page.wait_for_url(lambda url: "/results/" in url and url != assumed)
    said = page.locator("main").inner_text()
    assert "λ = 1.78900 Å (given), formula SnO2" in said
    assert page.locator("h1").inner_text().startswith("This is Rutile-TiO")
    answer = page.url
    page.get_by_text("Ask differently").click()
    assert page.locator("#ask-formula").input_value() == "SnO2"
    assert page.locator("#ask-elements").input_value() == ""
    page.fill("#ask-formula", "")
    page.get_by_role("button", name="Ask again").last.click()
    page.wait_for_url(lambda url: "/results/" in url and url not in (answer, assumed))
    assert "formula" not in page.locator("[aria-label=Answer]").inner_text()
    page.goto(f"{answer}/refine")
    assert page.locator("#formula").input_value() == "SnO2"


def test_a_file_that_is_none_is_told_with_what_to_do(page: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xy"
    bad.write_bytes(b"\x00\x01\x02 no pattern")
    page.goto("/")
    page.set_input_files("#file", bad)
    page.locator("#problem strong").wait_for()
    assert "bad.xy" in page.locator("#problem").inner_text()
    assert page.url.endswith("/")
    page.complaints.clear()  # the browser notes the 422


def test_the_example_and_the_recent_answers(page: Any, measured: Path, result: str) -> None:
    page.goto("/")
    assert page.locator("#recent ~ ul a").first.is_visible()
    page.get_by_text("Try an example").click()
    page.wait_for_url("**/results/*")
    assert "Apatite" in page.locator("h1").inner_text()


def test_no_barriers(page: Any, barriers: Any, result: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/")
        assert barriers(page) == []


def test_the_first_page_and_the_answer_need_little(laboratory: Any, result: str) -> None:
    """All that a browser loads for both, compressed, is below 150 kB."""
    import re

    from crystinet.service.pages.assets import STATIC

    with laboratory.client() as client:
        pages = [client.get(path).text for path in ("/", f"/results/{result}")]
        names = {name for text in pages for name in re.findall(r'"/static/([^"]+)"', text)}
        names |= {path.name for path in STATIC.glob("*.js")}
        contents = [client.get(f"/static/{name}").content for name in sorted(names)]
    assert "vendor/uPlot.iife.min.js" in names
    size = sum(len(gzip.compress(each)) for each in contents)
    assert size + sum(len(gzip.compress(text.encode())) for text in pages) <= 150_000
