"""An evaluation with its report, on a small data set with small bundles nobody has trained."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crystinet.app.evaluate import SCORES, Evaluation, evaluate
from crystinet.core.errors import ConfigError, FileMissingError


@pytest.fixture(scope="module")
def run(
    judged_dataset: Path,
    measured_folder: Path,
    bundle_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], Evaluation]:
    folder = tmp_path_factory.mktemp("report")

    def run() -> Evaluation:
        return evaluate(
            dataset=judged_dataset,
            measured=measured_folder,
            model=bundle_folder,
            folder=folder,
            pattern_split=bundle_folder,
            command="the same call",
        )

    return run


@pytest.fixture(scope="module")
def report(run: Callable[[], Evaluation]) -> Path:
    page = run().page
    assert page is not None
    return page.parent


def document_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return found


def test_every_figure_says_what_of_and_has_its_numbers(report: Path) -> None:
    document = document_of(report)
    assert len(document["figures"]) == 18  # three nets, so three figures of average patterns
    page = (report / "report.html").read_text("utf-8")
    for figure in document["figures"]:
        assert document["model"]["id"][:12] in figure["computed_on"]
        assert f'id="{figure["key"]}"' in page
        assert f'href="#{figure["key"]}"' in page
        for name, table in zip(figure["csv"], figure["tables"].values(), strict=True):
            with (report / name).open(newline="", encoding="utf-8") as file:
                heading, *rows = csv.reader(file)
            assert heading == table["columns"]
            assert len(rows) == len(table["rows"]) > 0
    assert document["provenance"]["data set"].startswith("SHA-256 ")
    assert document["provenance"]["command"] == "the same call"
    assert document["simulated"]["accuracy"]["patterns"] == 6  # a test compound of each type
    assert "salt &lt;1&gt; &amp; co" in page
    assert "http" not in page.replace("http://www.w3.org/", "")  # readable without a network


def test_a_second_run_takes_the_scores_and_gives_the_same(
    report: Path, run: Callable[[], Evaluation]
) -> None:
    before = document_of(report)
    kept = {p: p.stat().st_mtime_ns for p in (report / SCORES).rglob("*.npz")}
    assert kept
    assert run().to_dict()["simulated"] == before["simulated"]
    assert document_of(report) == before
    assert {p: p.stat().st_mtime_ns for p in (report / SCORES).rglob("*.npz")} == kept


def test_a_bundle_with_one_net(judged_dataset: Path, one_net_folder: Path, tmp_path: Path) -> None:
    evaluate(dataset=judged_dataset, model=one_net_folder, folder=tmp_path)
    assert "there is nothing to remove" in (tmp_path / "report.html").read_text("utf-8")
    # The three types that the bundle lacks count as unknown, besides the two of no class.
    assert document_of(tmp_path)["simulated"]["screening"]["patterns"] == 5


def test_measured_patterns_alone(
    measured_folder: Path, bundle_folder: Path, tmp_path: Path
) -> None:
    folder, card = tmp_path / "new" / "folder", tmp_path / "CARD.md"
    found = evaluate(measured=measured_folder, model=bundle_folder, folder=folder, card=card)
    assert set(found.to_dict()) == {"model", "measured"}
    keys = [figure["key"] for figure in document_of(folder)["figures"]]
    assert keys[:3] == ["summary", "measured", "measured-verdicts"]
    assert found.model_id in card.read_text("utf-8")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pattern_split": "bundle", "measured": Path("m")}, "needs a data set and a report"),
        ({"folder": Path("r")}, "nothing to evaluate on"),
    ],
)
def test_what_does_not_go_together(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        evaluate(**given)


def test_a_folder_that_is_a_file_is_refused_at_once(judged_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileMissingError, match="Cannot write the report"):
        evaluate(dataset=judged_dataset, folder=tmp_path / "file")


def test_a_card_that_cannot_be_written_is_refused_at_once(
    measured_folder: Path, tmp_path: Path
) -> None:
    done: list[str] = []

    def listen(stage: str, done_now: int, total: int, *, note: str = "") -> None:
        done.append(stage)

    with pytest.raises(FileMissingError, match="there is no folder"):
        evaluate(measured=measured_folder, card=tmp_path / "gone" / "CARD.md", report=listen)
    assert done == []


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_in_a_browser(report: Path, scheme: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(color_scheme=scheme, offline=True)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto((report / "report.html").as_uri())
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        sizes = page.evaluate(
            "[...document.querySelectorAll('figure svg')].map(s => {"
            " const box = s.getBoundingClientRect(); return [box.width, box.height]; })"
        )
        pictures = sum(f["key"] != "summary" for f in document_of(report)["figures"])
        assert len(sizes) == pictures
        assert min(min(size) for size in sizes) > 50.0
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(set(ids)) == len(ids)
        # Text is light on a dark page and dark on a light one, in pictures too.
        colours = page.evaluate(
            "['body', 'figure svg text'].map(q => {"
            " const s = getComputedStyle(document.querySelector(q));"
            " return q === 'body' ? s.backgroundColor : s.fill; })"
        )
        ground, ink = (sum(map(int, c[4:-1].split(","))) for c in colours)
        assert (ground < ink) == (scheme == "dark")
        links = page.locator("nav a")
        assert links.count() == len(document_of(report)["figures"]) + 1
        for i in range(links.count()):
            links.nth(i).click()
            anchor = links.nth(i).get_attribute("href")
            assert anchor is not None
            page.wait_for_function(
                "id => { const top = document.getElementById(id).getBoundingClientRect().top;"
                " const end = scrollY + innerHeight >= document.body.scrollHeight - 2;"
                " return Math.abs(top) < 2 || (end && top >= 0 && top < innerHeight); }",
                arg=anchor[1:],
            )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()
    assert not complaints
