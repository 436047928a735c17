"""``crystinet.identify_many``: outcomes in order, and a bad source stops nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
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


def test_outcomes_come_as_they_are_asked_for(
    pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    given: list[str] = []

    def sources() -> Iterator[Path]:
        for name in ("a.xy", "b.xy", "c.xy"):
            given.append(name)
            yield pattern_file(name)

    found = crystinet.identify_many(sources(), model=bundle_folder)
    assert (given, found.done) == ([], ())
    first = next(iter(found))
    assert (given, len(found.done), found[0]) == (["a.xy"], 1, first)
    assert repr(found).splitlines()[0] == "Identifications: 1 worked out so far"
    assert [Path(outcome.file).name for outcome in found] == ["a.xy", "b.xy", "c.xy"]
    assert list(found) == list(found.done) == found[0:3]
    assert (len(found), found[-1]) == (3, found.done[2])
    with pytest.raises(IndexError):
        found[3]


def test_who_interrupts_gets_no_half_list(pattern_file: Write, bundle_folder: Path) -> None:
    def sources() -> Iterator[Path]:
        yield pattern_file("a.xy")
        raise KeyboardInterrupt

    found = crystinet.identify_many(sources(), model=bundle_folder)
    with pytest.raises(KeyboardInterrupt):
        len(found)
    with pytest.raises(crystinet.ConfigError, match="interrupted after 1"):
        found.to_dict()
    assert len(found.done) == 1


def test_processes_give_the_same_in_the_same_order(
    pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    good = pattern_file()
    pattern = crystinet.read_pattern(good)
    pair = (pattern.two_theta_deg, pattern.intensity)
    sources = [
        good,
        tmp_path / "gone.xy",
        pattern,
        pair,
        3,
        *[pattern_file(f"{i}.xy") for i in "abc"],
    ]
    alone = crystinet.identify_many(sources, model=bundle_folder)  # type: ignore[list-item]
    together = crystinet.identify_many(sources, model=bundle_folder, workers=2)  # type: ignore[list-item]
    assert [outcome.file for outcome in together] == [outcome.file for outcome in alone]
    for one, other in zip(alone, together, strict=True):
        assert one.ok is other.ok
        if isinstance(one, Success) and isinstance(other, Success):
            a, b = (
                np.array([c.probability for c in each.result.candidates]) for each in (one, other)
            )
            np.testing.assert_allclose(a, b, atol=1e-6)
        else:
            assert one.to_dict() == other.to_dict()


@pytest.mark.parametrize("workers", [0, -1, "2", 1.5])
def test_an_impossible_number_of_processes(workers: object) -> None:
    with pytest.raises(crystinet.ConfigError, match="workers is"):
        crystinet.identify_many([], workers=workers)  # type: ignore[arg-type]


def test_a_name_with_wildcards_stands_for_files(
    pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    for name in ("b.xy", "a.xy", "[x].xy", "other.dat"):
        pattern_file(name)
    wild = [str(tmp_path / "?.xy"), str(tmp_path / "[x].xy"), str(tmp_path / "*.no")]
    found = crystinet.identify_many(wild, model=bundle_folder)
    names = [Path(outcome.file).name for outcome in found]
    assert names == ["a.xy", "b.xy", "[x].xy", "*.no"]
    assert [outcome.ok for outcome in found] == [True, True, True, False]


def test_one_table_and_one_document(
    pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pandas")
    found = crystinet.identify_many(
        [pattern_file("a.xy", header=""), tmp_path / "gone.xy"], model=bundle_folder
    )
    frame = found.to_dataframe()
    assert list(frame["ok"]) == [True, False]
    assert list(frame["error_code"].fillna("")) == ["", "file-missing"]
    best = found[0].result.candidates[0]  # type: ignore[union-attr]
    assert (frame["type"][0], frame["probability"][0]) == (
        best.type,
        pytest.approx(best.probability, abs=1e-6),
    )
    assert frame["notes"][0] == "assumed-wavelength"
    document = found.to_dict()
    assert len(document["model"]["id"]) == 64
    assert [entry["ok"] for entry in document["results"]] == [True, False]
    assert "model" not in document["results"][0]
    assert document["results"][1]["error"]["code"] == "file-missing"


def test_nothing_is_nothing(bundle_folder: Path) -> None:
    assert list(crystinet.identify_many([], model=bundle_folder)) == []
    assert len(crystinet.identify_many(iter(()), model=bundle_folder)) == 0


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
