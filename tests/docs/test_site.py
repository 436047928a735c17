"""The site builds in strict mode, and a browser that reads it asks nobody else for anything."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("zensical")
ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of the pages in a folder as ``just docs`` does."""
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy pages and settings, so that the build leaves nothing in the checkout."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    return folder


@pytest.fixture(scope="module")
def site(pages: Path) -> Path:
    """Build the site."""
    done = build(pages)
    assert done.returncode == 0, done.stdout + done.stderr
    return pages / "site"


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(site).with_suffix(".md") for path in site.rglob("*.html")}
    assert built - pages == {Path("404.md")}
    assert pages <= built


def test_a_link_to_nowhere_fails_the_build(site: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(site.parent, tmp_path / "pages"))
    with (folder / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[no such heading](reference/cli.md#no-such-heading)\n")
    done = build(folder)
    assert done.returncode != 0
    assert "anchor" in done.stdout + done.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium")
def test_reading_asks_no_other_host(site: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    asked: set[str] = set()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        # A page from a host of its own: what a browser asks of a file may be left out.
        page.route(
            "**/*",
            lambda route: (
                asked.add(route.request.url),
                route.fulfill(path=path)
                if (path := site / route.request.url.removeprefix("http://docs.test/")).is_file()
                else route.abort(),
            ),
        )
        for name in ("index.html", "reference/cli.html", "explanation/augmentation.html"):
            page.goto(f"http://docs.test/{name}")
            page.wait_for_load_state("networkidle")
            assert page.locator("h1").count() == 1
        browser.close()
    assert {url for url in asked if url.endswith((".css", ".js"))}
    assert {url for url in asked if not url.startswith(("http://docs.test/", "data:"))} == set()
