"""``crystinet.identify_many``: outcomes in order, and a bad source stops nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import crystinet
from crystinet import Failure, Pattern, Success

Write = Callable[..., Path]


def test_files_folders_and_patterns_in_any_mixture(
    pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    first = pattern_file("first.xy")
    for name in ("run/b.xy", "run/a.xy"):
        pattern_file(name)
    pattern = crystinet.read_pattern(first)
    sources = [first, tmp_path / "run", str(first), pattern, replace(pattern, name="")]
    found = crystinet.identify_many(sources, top=2, model=bundle_folder)
    assert [outcome.file for outcome in found] == [
        str(first),
        str(tmp_path / "run/a.xy"),
        str(tmp_path / "run/b.xy"),
        str(first),
        "first.xy",
        "pattern 5",
    ]
    alone = crystinet.identify(first, top=2, model=bundle_folder)
    for outcome in found:
        assert isinstance(outcome, Success)
        assert outcome.ok
        assert outcome.result.candidates == alone.candidates


def test_what_fails_is_said_and_stops_nothing(
    pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    good = pattern_file()
    pattern = crystinet.read_pattern(good)
    short = Pattern(pattern.two_theta_deg[:50], pattern.intensity[:50], pattern.radiation, name="s")
    sources = [tmp_path / "gone.xy", short, 3, "", good, None, tmp_path]
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    found = crystinet.identify_many(sources, model=bundle_folder)  # type: ignore[arg-type]
    assert [outcome.ok for outcome in found] == [False, False, False, False, True, False, True]
    codes = [outcome.error.code for outcome in found if isinstance(outcome, Failure)]
    assert codes == [
        "file-missing",
        "invalid-pattern",
        "invalid-configuration",
        "file-missing",
        "invalid-configuration",
    ]
    assert [outcome.file for outcome in found][1:4] == ["s", "source 3", "source 4"]


def test_the_question_is_the_same_for_all(pattern_file: Write, bundle_folder: Path) -> None:
    files = [pattern_file("a.xy"), pattern_file("b.xy", header="")]
    options = {"wavelength_angstrom": 0.7093, "two_theta_range": (25, 60), "elements": ["Ti", "O"]}
    found = crystinet.identify_many(files, model=bundle_folder, **options)  # type: ignore[arg-type]
    for path, outcome in zip(files, found, strict=True):
        assert isinstance(outcome, Success)
        alone = crystinet.identify(path, model=bundle_folder, **options)  # type: ignore[arg-type]
        assert replace(outcome.result, elapsed_s=0.0) == replace(alone, elapsed_s=0.0)
        assert outcome.result.two_theta_range == (25.0, 60.0)


def test_nothing_is_nothing(bundle_folder: Path) -> None:
    assert crystinet.identify_many([], model=bundle_folder) == []
    assert crystinet.identify_many(iter(()), model=bundle_folder) == []


@pytest.mark.parametrize("sources", ["a.xy", Path("a.xy"), 3, None])
def test_a_single_source_is_no_list(sources: object) -> None:
    with pytest.raises(crystinet.ConfigError, match="not a list"):
        crystinet.identify_many(sources)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"wavelength_angstrom": -1.0}, {"top": 0}, {"elements": ["Xx"]}, {"model": "gone"}]
)
def test_what_is_wrong_for_all_is_an_error(wrong: dict[str, object]) -> None:
    with pytest.raises(crystinet.CrystinetError):
        crystinet.identify_many(["gone.xy"], **wrong)  # type: ignore[arg-type]
