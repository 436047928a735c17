"""One service with the built-in model and one browser for the tests of all screens."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
_QUICK = """average_patterns = 8
calibration_patterns = 20
[data]
hypothetical = 40
[features]
patterns = 768
[head]
epochs = 8
batch_size = 64
"""
#: Milliseconds that a step may take on a busy machine.
PATIENCE_MS = 10_000


@pytest.fixture(scope="package")
def laboratory(
    start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """Return a service with the built-in model, where types are learned in little time."""
    quick = tmp_path_factory.mktemp("settings") / "quick.toml"
    quick.write_text(_QUICK, encoding="utf-8")
    words = ("--learn-config", quick)
    with start(tmp_path_factory.mktemp("laboratory"), *words) as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return Debian's chromium, for a screen: it holds the event loop, which other tests need."""
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, laboratory: Any) -> Iterator[Any]:
    """Return a page of the service; at the end nothing may have gone wrong or gone elsewhere."""
    context = browser.new_context(
        base_url=laboratory.address, accept_downloads=True, viewport={"width": 1200, "height": 900}
    )
    found = context.new_page()
    found.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    complaints: list[str] = []
    found.on("request", lambda request: asked.append(request.url))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    found.complaints = complaints
    yield found
    context.close()
    foreign = [url for url in asked if not url.startswith((laboratory.address, "blob:", "data:"))]
    assert foreign == []
    assert complaints == []


@pytest.fixture(scope="session")
def barriers() -> Callable[[Any], list[str]]:
    """Return what looks for serious barriers on a page, with all details open."""

    def look(page: Any) -> list[str]:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {each['nodes'][0]['html']}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    return look


@pytest.fixture(scope="session")
def measured() -> Path:
    """Return a measured file: fluorapatite, from a laboratory diffractometer."""
    example = pytest.importorskip("crystinet.app.example")
    pytest.importorskip("rietx", reason="needs the extra example")
    path: Path = example.fluorapatite_example().path
    return path


@pytest.fixture(scope="session")
def unnamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pattern of rutile from a cobalt tube, whose file does not say so."""
    import numpy as np

    import crystinet

    kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    pattern = crystinet.simulate(kind.reference, anode="Co", counts=8000, background=0.03, seed=4)
    path = tmp_path_factory.mktemp("files") / "rutile.xy"
    np.savetxt(path, np.column_stack([pattern.two_theta_deg, pattern.intensity]), fmt="%.4f")
    return path


@pytest.fixture(scope="package")
def result(laboratory: Any, measured: Path) -> str:
    """Return the id of the answer for the measured file."""
    with laboratory.client() as client:
        answer = client.post(
            "/api/v1/identify",
            params={"filename": "apatite.xra", "wavelength": "1.5405"},
            content=measured.read_bytes(),
        )
    found: str = answer.json()["results"][0]["id"]
    return found
