"""``identify --report``: one page of all answers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app

pytest.importorskip("jinja2")

Write = Callable[..., Path]


def identify(*words: object) -> Result:
    return CliRunner().invoke(app, ["identify", *map(str, words)])


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"], ["--lattice"]])
def test_one_page_holds_every_answer(
    form: list[str], pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    good, page = pattern_file("in/good.xy"), tmp_path / "answers.html"
    (tmp_path / "in/a<script>.xy").write_text("no pattern\n")
    bare = identify(tmp_path / "in", *form, "--model", bundle_folder)
    told = identify(tmp_path / "in", *form, "--model", bundle_folder, "--report", page)
    assert told.exit_code == bare.exit_code == 2  # one file is no pattern
    assert f"Report: {page}" in told.stderr
    if form in (["--csv"], []):
        assert told.stdout.splitlines()[0] == bare.stdout.splitlines()[0]
    text = page.read_text("utf-8")
    assert str(good) in text
    assert "<svg" in text
    assert "not read" in text
    assert "<script>" not in text
    assert 'src="http' not in text
    assert 'href="http' not in text
    assert "url(" not in text


def test_where_a_report_cannot_be(pattern_file: Write, bundle_folder: Path, tmp_path: Path) -> None:
    good = pattern_file()
    for words, said in (
        (["--report", tmp_path / "a.pdf"], "does not end in .html"),
        (["--report", tmp_path / "nowhere/a.html"], "nowhere"),
        (["--report", tmp_path / "a.html", "--cluster", "local:1"], "--report draws here"),
    ):
        result = identify(good, "--model", bundle_folder, *words)
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stdout == ""
