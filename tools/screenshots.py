"""Take the pictures of the page for the docs: ``docs/figures/page/*.webp``, by a real browser.

Usage::

    python tools/screenshots.py [--out docs/figures/page] [--data DIR]

A service is started on a free port of this machine, with its state in a new folder. Needs
playwright, Debian's chromium (``apt-get install chromium``), Pillow (it comes with matplotlib)
and the extra ``example``, whose measured pattern is shown.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import crystinet
from crystinet.app.example import fluorapatite_example

OUT = Path(__file__).parents[1] / "docs" / "figures" / "page"
#: Of the window, CSS pixels.
SIZE = {"width": 1200, "height": 1080}
QUALITY = 78
#: Milliseconds: a fit takes its time.
PATIENCE_MS = 240_000
#: Simulated samples of the batch, by their types, and of the group of unknowns.
BATCH = ("NaCl", "Rutile-TiO2", "Fluorite-CaF2", "Wurtzite-ZnS(2H)", "Zircon-ZrSiO4")
STRANGE = "Monazite-CePO4"


@contextmanager
def service(data: Path) -> Iterator[str]:
    """The address of a service with the built-in model."""
    command = [sys.executable, "-m", "crystinet", "serve", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        told = process.stderr.readline() if process.stderr else ""
        found = re.search(r"http://\S+", told)
        if found is None:
            sys.exit(f"The service did not start: {told}")
        yield found[0].rstrip("/")
    finally:
        process.terminate()
        process.communicate(timeout=60)


def write_sample(folder: Path, name: str, **settings: Any) -> Path:
    """A simulated pattern as a laboratory would have it."""
    kind = next(each for each in crystinet.types(extensions=True) if each.name == name)
    pattern = crystinet.simulate(kind.reference, background=0.04, fwhm_deg=0.12, **settings)
    path = folder / f"{name.partition('-')[0]}-{settings['seed']}.xy"
    rows = np.column_stack([pattern.two_theta_deg, pattern.intensity])
    np.savetxt(path, rows, fmt="%.4f", header="wavelength = 1.5406")
    return path


def ready(page: Page, address: str) -> None:
    """Go to a screen and wait until it shows what it has to show."""
    page.goto(address)
    page.locator("main[data-ready]").wait_for()


class Album:
    """Takes the pictures, one a screen."""

    def __init__(self, page: Page, folder: Path, files: Path) -> None:
        self._page, self._folder, self._files = page, folder, files

    def take(self, name: str, *, of: str | None = None) -> None:
        """Keep what the window shows, or one part of it alone."""
        self._page.mouse.move(0, 0)
        shown = self._page if of is None else self._page.locator(of)
        shot = Image.open(BytesIO(shown.screenshot()))
        shot.convert("RGB").save(self._folder / f"{name}.webp", quality=QUALITY, method=6)

    def all(self) -> None:
        """Go through the eight screens."""
        self._page.goto("/")
        self.take("drop")
        example = fluorapatite_example()
        self._page.set_input_files("#file", example.path)
        self._page.wait_for_url("**/results/*")
        self._page.locator("[data-lane-legend]").wait_for()
        self.take("answer")
        self._structure()
        result = self._page.url.partition("?")[0]
        steps: list[Callable[[str], None]] = [self._why, self._compare, self._refine]
        for step in steps:
            step(result)
        self._page.goto(f"{result}/export")
        self.take("export")
        self._batch()
        self._unknowns()

    def _structure(self) -> None:
        self._page.get_by_role("button", name="Show its structure").click()
        self._page.locator("[data-structure][data-drawn]").wait_for()
        self._page.locator("[aria-labelledby=structure-title]").scroll_into_view_if_needed()
        self.take("structure", of="[aria-labelledby=structure-title]")

    def _why(self, result: str) -> None:
        ready(self._page, f"{result}/why")
        self.take("why")

    def _compare(self, result: str) -> None:
        ready(self._page, f"{result}/compare")
        self._page.get_by_role("button", name="Fit each to the whole pattern").click()
        self._page.locator("main[data-ready='3']").wait_for()  # the curve, and a fit of each
        self.take("compare")

    def _refine(self, result: str) -> None:
        self._page.goto(f"{result}/refine")
        self._page.get_by_role("button", name="Fit", exact=True).click()
        self._page.locator("main[data-ready]").wait_for()
        self.take("refine")

    def _batch(self) -> None:
        files = [write_sample(self._files, name, counts=8000, seed=1) for name in BATCH]
        bad = self._files / "notes.xy"
        bad.write_text("No pattern: measured again on Monday.\n", encoding="utf-8")
        self._page.goto("/batches")
        self._page.set_input_files("#file", [*files, bad])
        self._page.wait_for_url("**/batches/*")
        self._page.locator("main[data-ready='done']").wait_for()
        self.take("batch")

    def _unknowns(self) -> None:
        for seed in (1, 2, 3):
            path = write_sample(self._files, STRANGE, counts=20_000, seed=seed)
            self._page.goto("/")
            self._page.set_input_files("#file", path)
            self._page.wait_for_url("**/results/*")
        ready(self._page, "/unknowns")
        self.take("unknowns")


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--data", type=Path, help="folder of the state, a new one unless given")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("There is no chromium: apt-get install chromium")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = Path(folder) / "files"
        files.mkdir()
        with service(options.data or Path(folder) / "data") as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(base_url=address, viewport=SIZE)  # type: ignore[arg-type]
            page.set_default_timeout(PATIENCE_MS)
            Album(page, options.out, files).all()
            browser.close()
    total = 0
    for path in sorted(options.out.glob("*.webp")):
        total += path.stat().st_size
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    print(f"{total / 1000:.0f} kB together")


if __name__ == "__main__":
    main()
