"""What pages, benchmarks and tools name is there: modules and their names, files and folders."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {ROOT / "CHANGELOG.md"})
SCRIPTS = sorted(
    path
    for folder in ("benchmarks", "tools", "docs/figures")
    for path in ROOT.glob(f"{folder}/*.py")
)
#: Names of the same form that are none of Python's: the group of entry points, files of users.
OTHERS = {"crystinet.readers"}
DOTTED = re.compile(r"\bcrystinet(?:\.[A-Za-z_]\w*)+")
FROM = re.compile(r"^from (crystinet[\w.]*) import ([\w, ]+)$", re.MULTILINE)
FILES = re.compile(r"\b(?:src|tests|benchmarks|tools|docs)/[\w/.*-]*\w")
#: Modules, by their place in the package or in the repository.
MODULES = re.compile(r"(?<![\w/.-])[a-z_]+(?:/[\w-]+)+\.py\b")
#: A word in capitals stands for any name: `src/crystinet/model/data/NAME`.
STANDS_FOR = re.compile(r"\b[A-Z]+$")


def names_in_text(text: str) -> Iterator[str]:
    yield from DOTTED.findall(text)
    for module, names in FROM.findall(text):
        yield from (f"{module}.{name.split()[0]}" for name in names.split(","))


def names_in_code(source: str) -> Iterator[str]:
    """Those of all imports, also inside of functions, which --help does not reach."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_there(name: str) -> bool:
    module, attributes = name, []
    while True:
        try:
            found = import_module(module)
            break
        except ModuleNotFoundError:
            module, _, attribute = module.rpartition(".")
            attributes.insert(0, attribute)
    for attribute in attributes:
        if not hasattr(found, attribute):
            return False
        found = getattr(found, attribute)
    return True


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_in_pages_are_there(path: Path) -> None:
    names = set(names_in_text(path.read_text("utf-8"))) - OTHERS
    assert [name for name in sorted(names) if not is_there(name)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_benchmarks_and_tools_import_is_there(path: Path) -> None:
    names = {
        name for name in names_in_code(path.read_text("utf-8")) if name.startswith("crystinet")
    }
    assert [name for name in sorted(names) if not is_there(name)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_pages_name_are_there(path: Path) -> None:
    named = {STANDS_FOR.sub("*", name) for name in FILES.findall(path.read_text("utf-8"))}
    assert [name for name in sorted(named) if not any(ROOT.glob(name))] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_that_pages_name_are_there(path: Path) -> None:
    named = set(MODULES.findall(path.read_text("utf-8")))
    places = (ROOT, ROOT / "src" / "crystinet")
    assert [n for n in sorted(named) if not any((place / n).is_file() for place in places)] == []
