"""Answer: the sentence first, candidates, the plot with its axes, scales, cursor and ticks."""

import re
from pathlib import Path
from typing import Any

import pytest

import crystinet
from crystinet.crystals.catalogue import find_type

READ = "[data-plot-readout]"
#: Milliseconds that a search for a lattice may take on a busy machine.
SEARCH_MS = 30_000


def drawn(page: Any, what: str) -> None:
    page.wait_for_function(
        "what => document.querySelector('[data-plot]').dataset.drawn === what", arg=what
    )


@pytest.fixture
def answer(page: Any, result: str) -> Any:
    page.goto(f"/results/{result}")
    page.locator("[data-lane-legend]").wait_for()  # the lines are there, too
    return page


def point_at(page: Any, two_theta: float) -> str:
    """Put the cursor where an angle is in the plot, and give what is said about it."""
    over = page.locator(".u-over").first.bounding_box()
    first, last = 15.0, 130.0
    x = over["x"] + over["width"] * (two_theta - first) / (last - first)
    page.mouse.move(x, over["y"] + over["height"] / 2)
    page.wait_for_function(f"document.querySelector('{READ}').textContent.includes('°')")
    text: str = page.locator(READ).inner_text()
    return text


def test_the_sentence_comes_first_and_one_number_a_candidate(answer: Any) -> None:
    assert answer.locator("h1").inner_text().startswith("This is Apatite")
    text = answer.locator("main").inner_text()
    for jargon in ("network", "RCNet", "softmax", "logit"):
        assert jargon not in text
    numbers = answer.locator(".candidate .chance").all_inner_texts()
    assert len(numbers) == 5
    assert numbers[0] == "99.3 %"  # among all types, as in the sentence
    assert "Probability 99 %." in answer.locator("[aria-label=Answer]").inner_text()
    first = answer.locator(".candidate").first
    assert not first.get_by_text("Reliability").is_visible()
    first.get_by_text("Details").click()
    first.get_by_text("a = 9.37").wait_for()
    assert re.search(r"a = 9\.37\d*\(\d+\), c = 6\.88\d*\(\d+\) Å", first.inner_text())


def test_the_cursor_tells_the_line_it_is_at(answer: Any) -> None:
    said = point_at(answer, 25.9)  # the line 002 of fluorapatite
    assert "(0 0 2)" in said
    angle, d, q = (float(re.search(rf"{name}\s+([\d.]+)", said)[1]) for name in ("2θ", "d", "Q"))
    assert angle == pytest.approx(25.9, abs=0.3)
    assert d == pytest.approx(3.44, abs=0.04)
    assert q * d == pytest.approx(2 * 3.14159265, abs=1e-3)


def test_a_mark_below_the_curve_tells_its_own_line(answer: Any) -> None:
    answer.set_viewport_size({"width": 1200, "height": 1400})
    over = answer.locator(".u-over").first.bounding_box()
    below = over["y"] + over["height"] + 10
    for step in range(int(over["width"] / 4)):
        answer.mouse.move(over["x"] + 4 * step, below)
        said = answer.locator(READ).inner_text()
        if "(0 0 2)" in said:
            break
    else:
        pytest.fail("No mark is 0 0 2.")
    assert float(re.search(r"d\s+([\d.]+)", said)[1]) == pytest.approx(3.44, abs=0.01)
    assert "intensity" not in said  # it is the place of the line, not of a point that was measured


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_is_saved_large_and_on_white(answer: Any, scheme: str) -> None:
    image = pytest.importorskip("PIL.Image")
    answer.emulate_media(color_scheme=scheme)
    answer.get_by_role("button", name="√").click()
    with answer.expect_download() as download:
        answer.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "apatite.png"
    with image.open(download.value.path()) as picture:
        assert picture.format == "PNG"
        assert picture.width == 2700
        colours = picture.convert("RGB").getcolors(2**24)
    count, commonest = max(colours)
    assert commonest == (255, 255, 255)
    assert count > 0.8 * picture.width * picture.height
    drawn = sum(count for count, colour in colours if max(colour) < 80)
    assert drawn > 5000  # the curve, as dark as on the light page
    assert answer.locator(".paper").count() == 0


def test_where_no_type_fits_the_cells_are_shown(page: Any, strange: bytes, barriers: Any) -> None:
    page.goto("/")
    page.set_input_files("#file", {"name": "a.xy", "mimeType": "", "buffer": strange})
    page.wait_for_url("**/results/*")
    assert page.locator("h1").inner_text().startswith("Probably none of the structure types")
    card = page.locator("[data-beyond]")
    card.get_by_role("table").wait_for(timeout=SEARCH_MS)
    first = card.locator("tbody tr").first.inner_text()
    assert "tetragonal primitive" in first
    assert "a = 6.2" in first
    assert "tetragonal primitive cell" in card.locator("[data-beyond-sentence]").inner_text()
    groups = card.locator("[data-beyond-groups]").inner_text()
    assert groups.startswith("Space groups of the first cell, the most probable first: P 4 m m, ")
    assert barriers(page) == []


def test_a_further_type_is_named(page: Any, barriers: Any) -> None:
    reference = find_type("Anatase-TiO2").reference
    assert reference is not None
    pattern = crystinet.simulate(reference, counts=20_000, seed=1)
    rows = zip(pattern.two_theta_deg, pattern.intensity, strict=True)
    buffer = "".join(f"{x:.3f} {y:.1f}\n" for x, y in rows).encode()
    page.goto("/")
    page.set_input_files("#file", {"name": "a.xy", "mimeType": "", "buffer": buffer})
    page.wait_for_url("**/results/*")
    assert page.locator("h1").inner_text() == "This is Anatase-TiO2, a further type."
    head = page.locator("[aria-label=Answer]").inner_text()
    assert "Known further type" in head
    assert "further types: Anatase" in head
    first, second = page.locator("[data-candidate]").all()[:2]
    assert first.inner_text().startswith("Anatase")
    assert "a further type" in first.inner_text()
    assert "no. " in second.inner_text()
    page.locator("[data-lane-legend]").wait_for()  # its lines, not those of the nearest other type
    assert "Anatase" in page.locator("[data-lane-legend]").inner_text()
    assert page.locator("[data-beyond]").count() == 0
    api = f"/api/v1/results/{page.url.rsplit('/', 1)[1]}"
    assert page.request.get(f"{api}/structure").json()["type"] == "Anatase-TiO2"
    assert "lines of Anatase-TiO2 at the lattice" in page.request.get(f"{api}/report.html").text()
    assert barriers(page) == []


def test_another_model_is_asked(page: Any, strange: bytes) -> None:
    page.goto("/")
    page.get_by_text("Do you know more about the sample?").click()
    page.fill("#range", "11, 60")
    page.set_input_files("#file", {"name": "a.xy", "mimeType": "", "buffer": strange})
    page.wait_for_url("**/results/*")
    default = page.url
    assert "model" not in page.locator("[aria-label=Answer] .quiet").first.inner_text()
    page.get_by_text("Ask differently").click()
    page.select_option("#ask-model", "extended")
    page.get_by_role("button", name="Ask again").last.click()
    page.wait_for_url(lambda url: "/results/" in url and url != default)
    said = page.locator("[aria-label=Answer] .quiet").first.inner_text()
    assert said.startswith("11–60° 2θ")
    assert said.endswith("model extended")


def test_of_a_known_type_no_lattice_is_looked_for(answer: Any) -> None:
    assert answer.locator("[data-beyond]").count() == 0


def test_axes_and_scales(answer: Any) -> None:
    drawn(answer, "two_theta linear")
    for button, shown in (("d", "d linear"), ("Q", "q linear"), ("√", "q root"), ("log", "q log")):
        answer.get_by_role("button", name=button, exact=True).click()
        drawn(answer, shown)
        assert (
            answer.get_by_role("button", name=button, exact=True).get_attribute("aria-pressed")
            == "true"
        )


def test_the_plot_works_by_keyboard(answer: Any) -> None:
    answer.locator("[data-plot]").focus()
    answer.keyboard.press("ArrowRight")
    answer.wait_for_function(f"document.querySelector('{READ}').textContent.includes('°')")
    before = answer.locator(READ).inner_text()
    for _ in range(3):
        answer.keyboard.press("+")
    answer.keyboard.press("Shift+ArrowRight")
    answer.wait_for_function(
        f"before => document.querySelector('{READ}').textContent !== before", arg=before
    )
    answer.keyboard.press("Escape")


def test_another_candidate_shows_its_lines(answer: Any) -> None:
    second = answer.locator(".candidate").nth(1)
    name = second.locator(".name").inner_text()
    second.locator(".name").click()
    answer.wait_for_function(
        "name => document.querySelector('[data-lane-legend]').textContent.startsWith(name)",
        arg=name,
    )
    assert second.locator(".name").get_attribute("aria-pressed") == "true"


def test_the_assumed_tube_is_switched_by_one_click(page: Any, unnamed: Path) -> None:
    page.goto("/")
    page.set_input_files("#file", unnamed)
    page.wait_for_url("**/results/*")
    assumed = page.url
    assert "λ = 1.54059 Å (assumed)" in page.locator("main").inner_text()
    page.get_by_role("button", name="Co", exact=True).click()
    page.wait_for_url(lambda url: "/results/" in url and url != assumed)
    assert "λ = 1.78900 Å (given)" in page.locator("main").inner_text()
    assert page.get_by_text("copper was assumed").count() == 0
    page.locator(".candidate").first.get_by_text("Details").click()
    page.get_by_text("a = 4.59").wait_for()  # the lattice of rutile, now that the tube is right
    page.goto(assumed)
    page.fill("#other", "1.7")
    page.get_by_role("button", name="Ask again").first.click()
    page.wait_for_url(lambda url: "/results/" in url and url != assumed)
    assert "λ = 1.70000 Å (given)" in page.locator("main").inner_text()


def test_a_wrong_wavelength_is_told_on_a_page(page: Any, result: str) -> None:
    page.goto(f"/results/{result}")
    page.get_by_text("Ask differently").click()
    page.fill("#ask-wavelength", "minus one")
    page.get_by_role("button", name="Ask again").click()
    page.get_by_role("alert").wait_for()
    assert "minus one" in page.get_by_role("alert").inner_text()
    page.complaints.clear()  # the browser notes the 422


def test_a_name_that_is_a_script_stays_text(page: Any, tmp_path: Path, unnamed: Path) -> None:
    evil = '<script>document.title="evil"</script><img src=x onerror=alert(1)>'
    path = tmp_path / "sample.uxd"
    rows = unnamed.read_text("utf-8")
    path.write_text(
        f"; {evil}\n_FILEVERSION=1\n_SAMPLE='{evil}'\n_WL1=1.5406\n_2THETACOUNTS\n{rows}",
        encoding="utf-8",
    )
    page.goto("/")
    name = f"{evil}.uxd".replace("/", "")
    page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": path.read_bytes()})
    page.wait_for_url("**/results/*")
    page.get_by_text("About this answer").click()
    assert evil in page.locator("main").inner_text()
    assert page.locator("main img, main script").count() == 0
    assert page.title() != "evil"


def test_what_is_not_there_is_told_on_a_page(page: Any) -> None:
    page.goto(f"/results/{'0' * 64}")
    assert "There is no result" in page.get_by_role("alert").inner_text()
    page.complaints.clear()  # the browser notes the 404


def test_no_barriers(answer: Any, barriers: Any) -> None:
    for scheme in ("light", "dark"):
        answer.emulate_media(color_scheme=scheme)
        assert barriers(answer) == []


def test_a_narrow_window_does_not_scroll_sideways(answer: Any) -> None:
    answer.set_viewport_size({"width": 390, "height": 844})
    answer.wait_for_function("document.querySelector('.uplot').clientWidth < 390")
    assert answer.evaluate("document.documentElement.scrollWidth") <= 390
