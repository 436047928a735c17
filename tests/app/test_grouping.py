"""Grouping types, measuring pairs, explaining a type: on a data set with types of its own."""

import json
from pathlib import Path

import pytest

from crystinet.app.evaluate import evaluate
from crystinet.app.explain_type import explain_type
from crystinet.app.grouping import Grouping, group_types
from crystinet.app.pairs import measure_pairs
from crystinet.core.errors import ConfigError, CorpusError, FileMissingError, UnknownTypeError
from crystinet.training.plan import read_plan


@pytest.fixture(scope="module")
def grouping(grouped_dataset: Path) -> Grouping:
    return group_types(
        grouped_dataset,
        groups=2,
        patterns=4,
        output=grouped_dataset.with_name("plan.json"),
        picture=grouped_dataset.with_name("map.png"),
    )


def test_a_plan_with_its_map(grouped_dataset: Path, grouping: Grouping) -> None:
    assert [group.number for group in grouping.plan.groups] == [1, 2]
    names = {kind.name for kind in grouping.plan.types}
    assert names == {"NaCl", "Rutile-TiO2", "AlB2", "Quartz-alpha"}
    assert grouping.left_out == ()
    assert len(grouping.to_dict()["provenance"]["dataset_sha256"]) == 64
    assert read_plan(grouped_dataset.with_name("plan.json")) == grouping.plan
    assert grouped_dataset.with_name("map.png").read_bytes().startswith(b"\x89PNG")
    written = json.loads(grouped_dataset.with_name("plan.json").read_text("utf-8"))
    assert written == json.loads(json.dumps(grouping.to_dict()))


def test_what_cannot_be_grouped(grouped_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="9 groups cannot be made of 4 types"):
        group_types(grouped_dataset, groups=9, patterns=2)
    with pytest.raises(ConfigError, match="published groups do not have"):
        group_types(grouped_dataset, published=True, patterns=2)
    with pytest.raises(ConfigError, match="no picture format"):
        group_types(grouped_dataset, picture=tmp_path / "map.nonsense")
    with pytest.raises(FileMissingError, match="absent"):
        group_types(grouped_dataset, output=tmp_path / "absent" / "plan.json")


def test_pairs_say_where_there_are_too_few(grouped_dataset: Path) -> None:
    found = measure_pairs(grouped_dataset, nearest=1, compounds=4)
    document = found.to_dict()
    assert {"first", "second", "merged", "judgement"} <= set(document["pairs"][0])
    assert all(pair["judgement"] is None for pair in document["pairs"])
    assert document["threshold"] == 0.9


def test_what_is_no_data_set(tmp_path: Path, mapped_bundle: Path) -> None:
    path = tmp_path / "d.npz"
    path.write_text("no data set")
    with pytest.raises(CorpusError, match="not a crystinet data set"):
        group_types(path)
    with pytest.raises(CorpusError, match="not a crystinet data set"):
        measure_pairs(path)
    with pytest.raises(CorpusError, match="not a crystinet data set"):
        explain_type("NaCl", path, model=mapped_bundle)


def test_the_default_bundle_takes_other_types_for_unknown(grouped_dataset: Path) -> None:
    report = evaluate(dataset=grouped_dataset).to_dict()["simulated"]
    assert set(report["per_class"]) == {"NaCl", "Rutile-TiO2", "AlB2"}
    assert report["screening"]["patterns"] == 3


def test_a_type_over_its_compounds(
    grouped_dataset: Path, mapped_bundle: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "type.svg"
    found = explain_type("NaCl", grouped_dataset, model=mapped_bundle, picture=picture)
    assert (found.type, found.compounds) == ("NaCl", 3)
    assert "Grad-CAM over its compounds" in picture.read_text("utf-8")
    with pytest.raises(FileMissingError, match=r"absent\.npz is no file"):
        explain_type("NaCl", tmp_path / "absent.npz", model=mapped_bundle)
    with pytest.raises(UnknownTypeError):
        explain_type("Quartz", tmp_path / "absent.npz", model=mapped_bundle)
    with pytest.raises(ConfigError, match="score is 'other'"):
        explain_type("NaCl", tmp_path / "absent.npz", model=mapped_bundle, score="other")
