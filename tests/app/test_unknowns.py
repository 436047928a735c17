"""Collecting unknown patterns: nothing twice, nothing lost, nothing by halves."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_model
from crystinet.app.outcome import Failure, Success
from crystinet.app.unknown_groups import overview
from crystinet.app.unknowns import Collector, pattern_id, read_collected, read_unknowns
from crystinet.core.errors import FileMissingError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.identification import Identification, Verdict
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def measured(name: str, *, seed: int = 0) -> Pattern:
    ideal = crystinet.simulate(load_catalogue().by_name(name).reference)
    rng = np.random.default_rng(seed)
    kept = (ideal.two_theta_deg > 10.0) & (ideal.two_theta_deg < 95.0)
    counts = rng.poisson(40.0 * ideal.intensity[kept] + 60.0) + 0.1  # 0.1: no round numbers
    return Pattern(
        ideal.two_theta_deg[kept] + 1e-4 / 3.0,
        counts,
        Radiation.of_anode("Cu"),
        name=f"{name}, {seed}.xy",
    )


def called(answer: Identification, verdict: Verdict = Verdict.UNKNOWN) -> Identification:
    return replace(answer, verdict=verdict)


@pytest.fixture(scope="module")
def examples(model: Model) -> list[tuple[Sample, Identification]]:
    patterns = [measured("Monazite-CePO4", seed=i) for i in range(2)] + [measured("Gypsum")]
    samples = [model.sample(pattern) for pattern in patterns]
    return [(s, called(a)) for s, a in zip(samples, model.identify(samples), strict=True)]


def test_numbers_come_back_to_the_last_digit(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    sample, answer = examples[0]
    pattern = sample.raw
    mask = np.ones(len(pattern.intensity), dtype=bool)
    mask[1000:1010] = False
    shadowed = replace(pattern, mask=mask)
    collector = Collector(tmp_path / "new" / "folder", model)
    collector(model.sample(shadowed), answer)
    (found,) = read_unknowns(collector.folder)
    assert isinstance(found, Success)
    record = found.result
    assert record.file == pattern.name
    assert record.model_id == model.bundle.id
    assert record.nearest == tuple(each.type for each in answer.ranking[:3])
    again = read_collected(collector.folder, record)
    np.testing.assert_array_equal(again.two_theta_deg, pattern.two_theta_deg[mask])
    np.testing.assert_array_equal(again.intensity, pattern.intensity[mask])
    assert again.radiation == pattern.radiation


def test_the_same_pattern_is_kept_once(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    sample, answer = examples[0]
    collector = Collector(tmp_path, model)
    collector(sample, answer)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    collector(model.sample(replace(sample.raw, name="another name.xy")), answer)
    Collector(tmp_path, model)(sample, answer)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert (collector.added, collector.known_before) == (1, 1)
    assert len(before) == 2


@pytest.mark.parametrize("verdict", [Verdict.KNOWN, Verdict.UNCERTAIN])
def test_only_unknown_patterns_are_kept(
    tmp_path: Path,
    model: Model,
    examples: list[tuple[Sample, Identification]],
    verdict: Verdict,
) -> None:
    sample, answer = examples[0]
    Collector(tmp_path, model)(sample, called(answer, verdict))
    assert not list(tmp_path.iterdir())


def test_many_may_collect_at_a_time(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    collectors = [Collector(tmp_path, model) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(c, *each) for c in collectors for each in examples for _ in range(3)]
        for job in jobs:
            job.result()
    assert sum(c.added for c in collectors) == len(examples)
    names = sorted(path.name for path in tmp_path.iterdir())
    ids = {pattern_id(sample.raw) for sample, _ in examples}
    assert names == sorted(f"{i}{suffix}" for i in ids for suffix in (".json", ".xy"))
    assert all(isinstance(each, Success) for each in read_unknowns(tmp_path))


def test_a_call_that_was_cut_off_is_made_good(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    sample, answer = examples[0]
    (tmp_path / f"{pattern_id(sample.raw)}.xy").write_text("1 2\n")  # the record was never written
    assert not read_unknowns(tmp_path)
    Collector(tmp_path, model)(sample, answer)
    (found,) = read_unknowns(tmp_path)
    assert isinstance(found, Success)
    assert pattern_id(read_collected(tmp_path, found.result)) == found.result.id


def test_folders_that_cannot_be_used(tmp_path: Path, model: Model) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(FileMissingError, match="unknown patterns"):
        Collector(file / "folder", model)
    with pytest.raises(FileMissingError, match="no folder"):
        read_unknowns(tmp_path / "none")


def test_like_patterns_are_one_group(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    collector = Collector(tmp_path, model)
    for each in examples:
        collector(*each)
    found = overview(tmp_path)
    files = [[record.file for record in group.members] for group in found.groups]
    assert [sorted(group) for group in files] == [
        ["Monazite-CePO4, 0.xy", "Monazite-CePO4, 1.xy"],
        ["Gypsum, 0.xy"],
    ]
    assert found.groups[0].likeness > 0.9
    assert found.groups[1].likeness == 1.0
    assert not found.resolved
    assert not found.problems
    apart = overview(tmp_path, least=1.0)
    assert len(apart.groups) == 3


def test_what_another_model_collected_is_judged_anew(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    halite = model.sample(measured("NaCl"))
    (answer,) = model.identify([halite])
    collector = Collector(tmp_path, model)
    for sample, each in (*examples, (halite, called(answer))):
        collector(sample, replace(each, model_id="an older model"))
    found = overview(tmp_path)
    assert sum(len(group.members) for group in found.groups) == 3
    ((record, again),) = found.resolved
    assert record.file == "NaCl, 0.xy"
    assert (again.verdict, again.candidates[0].type) == (Verdict.KNOWN, "NaCl")


def test_damage_is_reported_and_the_rest_is_shown(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    collector = Collector(tmp_path, model)
    for each in examples:
        collector(*each)
    first, second, third = (pattern_id(sample.raw) for sample, _ in examples)
    (tmp_path / f"{first}.json").write_text('{"id": 5}')
    numbers = (tmp_path / f"{second}.xy").read_text().splitlines()
    (tmp_path / f"{second}.xy").write_text("\n".join(numbers[:-1]))
    found = overview(tmp_path)
    assert [record.id for group in found.groups for record in group.members] == [third]
    assert {Path(problem.file).name for problem in found.problems} == {
        f"{first}.json",
        f"{second}.xy",
    }
    for problem in found.problems:
        assert isinstance(problem, Failure)
        assert isinstance(problem.error, UnreadableFileError)
    assert overview(tmp_path / ".").groups
    (tmp_path / f"{third}.xy").unlink()
    assert len(overview(tmp_path).problems) == 3


def test_an_empty_folder_has_no_groups(tmp_path: Path) -> None:
    assert overview(tmp_path).groups == ()


def test_records_are_plain_json(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]]
) -> None:
    Collector(tmp_path, model)(*examples[0])
    (path,) = tmp_path.glob("*.json")
    record = json.loads(path.read_text("utf-8"))
    assert len(record["features"]) == model.bundle.feature_space.whitening.shape[0]
    assert record["collected"].endswith("+00:00")


Damage = Callable[[dict[str, Any]], object]


def put(**values: object) -> Damage:
    return lambda record: record.update(values)


@pytest.mark.parametrize(
    "damage",
    [
        put(id="../../../etc/passwd"),
        put(id="0" * 24),  # that of another file
        put(features=[1.0]),
        put(features=[1e308] * 64),
        put(features=[float("nan")] * 64),
        put(wavelengths_angstrom=[]),
        put(weights=[0.0, 0.0]),
        put(unknown_score=7.0),
        put(collected="tomorrow\n* forged"),
        put(nearest=["NaCl\nforged"]),
        lambda record: [record.pop(key) for key in list(record)],
    ],
)
def test_a_record_that_no_collector_writes_is_a_problem(
    tmp_path: Path, model: Model, examples: list[tuple[Sample, Identification]], damage: Damage
) -> None:
    collector = Collector(tmp_path, model)
    for sample, answer in examples:
        collector(sample, answer)
    path = sorted(tmp_path.glob("*.json"))[0]
    record = json.loads(path.read_text())
    damage(record)
    path.write_text(json.dumps(record))
    found = overview(tmp_path)
    (problem,) = found.problems
    assert problem.error.code == "unreadable-file"
    assert "Delete the file" not in problem.error.hint, "it may be somebody else's"
    assert sum(len(group.members) for group in found.groups) == len(examples) - 1


@pytest.mark.parametrize("content", [b"[" * 100_000, b"9" * 10_000, b"\xff\xfe", b"null", None])
def test_what_is_no_record_is_a_problem_and_never_opened_blindly(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "foreign.json"
    if content is None:
        os.mkfifo(path)  # opening it would wait for ever
    else:
        path.write_bytes(content)
    (problem,) = overview(tmp_path).problems
    assert problem.error.code == "unreadable-file"
