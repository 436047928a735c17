"""Links between pages lead somewhere, every page is in the navigation, and src names real pages."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
#: Pages outside the site; the links of the site itself are checked by its strict build.
OUTSIDE = sorted(ROOT.glob("*.md"))
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def targets(page: Path, *, pictures_only: bool = False) -> Iterator[Path]:
    """Give the files that the links and pictures of a page lead to."""
    for picture, target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if "://" not in target and not target.startswith("#") and (picture or not pictures_only):
            yield page.parent / target.partition("#")[0]


@pytest.mark.parametrize("page", OUTSIDE, ids=lambda path: path.name)
def test_links_of_the_pages_outside_the_site_lead_to_files(page: Path) -> None:
    assert [str(target) for target in targets(page) if not target.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_pictures_are_there(page: Path) -> None:
    missing = [target for target in targets(page, pictures_only=True) if not target.is_file()]
    assert missing == []


def leaves(navigation: list[Any]) -> Iterator[str]:
    """Give the pages of the navigation."""
    for entry in navigation:
        for value in entry.values():
            if isinstance(value, str):
                yield value
            else:
                yield from leaves(value)


def test_every_page_is_in_the_navigation_once() -> None:
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    pages = [page.relative_to(DOCS).as_posix() for page in PAGES]
    assert sorted(leaves(navigation)) == pages


def test_pages_that_the_source_names_are_there() -> None:
    named = re.compile(r"\bdocs/[\w/-]+\.(?:md|py|png)")
    sources = [
        path
        for folder in ("src", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".toml", ".txt", ".md"}
    ]
    found = {name for path in sources for name in named.findall(path.read_text("utf-8"))}
    assert len(found) > 10
    assert sorted(name for name in found if not (ROOT / name).is_file()) == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
    for path in (DOCS / "adr").glob("*.md"):
        assert path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. ")
