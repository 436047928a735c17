"""The examples of the docs run as they stand, with the address of a real service."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/service.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8017"
BLOCKS = re.findall(r"^```(bash|python)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, pattern_file: Callable[..., Path], halite: str) -> Path:
    pattern_file("sample.xy")
    pattern_file("other.xy", header="# other\n")
    (tmp_path / "halite.cif").write_text(halite)
    return tmp_path


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("language", "code"), BLOCKS)
def test_examples_of_the_page_run(service: Any, folder: Path, language: str, code: str) -> None:
    assert ADDRESS in code
    code = code.replace(ADDRESS, service.address)
    if language == "python":
        assert run([sys.executable, "-c", code], folder).strip()
        return
    if shutil.which("curl") is None:
        pytest.skip("There is no curl on this machine.")
    assert '"results":[{' in run(["bash", "-euc", code], folder)


def test_there_are_examples() -> None:
    assert [language for language, _ in BLOCKS].count("bash") == 3
    assert [language for language, _ in BLOCKS].count("python") == 2


@pytest.fixture(scope="module")
def usual(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A service with the bundle of the package."""
    with start(tmp_path_factory.mktemp("usual")) as found:
        yield found


@pytest.mark.slow
def test_the_agent_finds_the_boundary(usual: Any, tmp_path: Path) -> None:
    said = run([sys.executable, str(ROOT / "docs/examples/agent_loop.py"), usual.address], tmp_path)
    low, high = (float(number) for number in re.findall(r"\d\.\d+", said))
    assert low < 0.37 <= high
    assert high - low < 0.02
