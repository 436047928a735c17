"""``two_theta_range``: the answer as if only a part had been measured."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.app.cluster import identify_files_on
from crystinet.app.outcome import Success
from crystinet.app.question import Question
from crystinet.cli import app
from crystinet.core.errors import ConfigError, InvalidPatternError
from crystinet.patterns import read_pattern

Write = Callable[..., Path]


def test_it_is_the_answer_of_a_file_that_ends_there(
    pattern_file: Write, tmp_path: Path, bundle_folder: Path
) -> None:
    path = pattern_file()
    lines = path.read_text("utf-8").splitlines()
    kept = [line for line in lines if line.startswith("#") or 25 <= float(line.split()[0]) <= 60]
    short = tmp_path / "short.xy"
    short.write_text("\n".join(kept) + "\n", "utf-8")
    a = crystinet.identify(short, model=bundle_folder)
    b = crystinet.identify(path, model=bundle_folder, two_theta_range=(25, 60))
    assert a.candidates == b.candidates
    assert a.two_theta_range == b.two_theta_range
    assert a.candidates != crystinet.identify(path, model=bundle_folder).candidates


def test_what_is_outside_is_masked_and_said(pattern_file: Write) -> None:
    whole = read_pattern(pattern_file())
    part = whole.within((30, 50))
    np.testing.assert_array_equal(part.intensity, whole.intensity)
    assert part.measured_range_deg == pytest.approx((30.0, 50.0), abs=0.06)
    assert part.steps[-1] == "only 30 to 50 degrees 2theta, the rest masked"
    assert part.within((40, 90)).measured_range_deg == pytest.approx((40.0, 50.0), abs=0.06)


def test_a_range_that_was_not_measured_is_refused(pattern_file: Write) -> None:
    whole = read_pattern(pattern_file())
    with pytest.raises(InvalidPatternError, match="Nothing was measured from 90 to 110") as caught:
        whole.within((90, 110))
    assert "20 to 79.95 degrees" in caught.value.hint
    with pytest.raises(ConfigError, match="two_theta_range is 50 to 30"):
        whole.within((50, 30))


def test_the_command_line_and_the_workers_take_it(pattern_file: Write, bundle_folder: Path) -> None:
    path = pattern_file()
    expected = crystinet.identify(path, model=bundle_folder, two_theta_range=(25, 60), top=5)
    words = ["identify", str(path), "--range", "25,60", "--json", "--model", str(bundle_folder)]
    (answer,) = json.loads(CliRunner().invoke(app, words).stdout)["results"]
    assert answer["two_theta_range"] == [25.0, 60.0]
    assert [c["type"] for c in answer["candidates"]] == [c.type for c in expected.candidates]
    question = Question(model=bundle_folder, two_theta_range=(25, 60), top=5)
    (outcome,) = identify_files_on(1, [path], question)
    assert isinstance(outcome, Success)
    assert outcome.result.identification.candidates == expected.candidates


def test_one_file_without_the_range_does_not_stop_the_others(
    pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    good, far = pattern_file(), tmp_path / "far.xy"
    x = np.arange(100.0, 130.0, 0.02)
    far.write_text("\n".join(f"{a:.2f} {50 + 40 * np.sin(a) ** 8:.3f}" for a in x) + "\n", "utf-8")
    words = ["identify", str(far), str(good), "--range", "25,60", "--json"]
    result = CliRunner().invoke(app, [*words, "--model", str(bundle_folder)])
    assert result.exit_code == 2
    first, second = json.loads(result.stdout)["results"]
    assert first["error"]["code"] == "invalid-pattern"
    assert second["ok"]
